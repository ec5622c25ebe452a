/** `signal` ends it early. */
export const sleep = (ms, signal) => new Promise((resolve) => {
  setTimeout(resolve, ms);
  signal?.addEventListener('abort', resolve);
});

/** With jitter, so that many pages do not come back in the same instant. */
export const backoff = (attempt) => Math.min(5_000, 250 * 2 ** attempt) * (0.5 + Math.random());

export const note = (error) => console.debug('ringback:', error);

export function parseJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The server said no (RFC 9457), or did not answer: then `status` is 0. */
export class RequestError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    Object.assign(this, { code: 'internal', retryable: status >= 500, retryAfterSeconds: 0 }, problem, { status });
  }
}

export class Api {
  #renewal = null;

  /** `token`: one, or a function that gets another in place of a refused one. */
  constructor(url, token = null) {
    const isFunction = typeof token === 'function';
    this.url = new URL(url);
    this.token = isFunction ? null : token;
    this.renewToken = async (refused) => isFunction && token(refused);
  }

  /** Repeated with one idempotency key, for `patienceMs`. @throws {RequestError} */
  async request(method, path, data, { patienceMs = 15_000 } = {}) {
    const key = method === 'GET' ? null : crypto.getRandomValues(new Uint32Array(4)).join('.');
    const deadline = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      const { token } = this;
      try {
        return await this.once(method, path, data, { key });
      } catch (error) {
        const { status, retryable, retryAfterSeconds } = error;
        if (status === 401 && token && !attempt && await this.renew(token)) continue;
        const isBusy = status === 429;
        const isRepeated = isBusy || (retryable && (!status || status >= 500));
        const pause = isBusy ? Math.max(500, retryAfterSeconds * 1_000) : backoff(Math.min(attempt, 3));
        if (!isRepeated || performance.now() + pause > deadline) throw error;
        await sleep(pause);
      }
    }
  }

  /** Gets another token, once for all who ask; false if there is none. */
  async renew(used) {
    if (used !== this.token) return true;
    this.#renewal ??= this.renewToken(used).finally(() => { this.#renewal = null; });
    const token = await this.#renewal;
    if (!token || token === used) return false;
    this.token = token;
    return true;
  }

  /** `data` is the query of a GET, else the body. `isStream`: resolves with a reader of the answer's text. */
  async once(method, path, data = {}, { key, signal, timeoutMs = 12_000, isStream = false } = {}) {
    const url = new URL(`v1/${path}`, this.url);
    const headers = { 'Content-Type': 'application/json' };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (key) headers['Idempotency-Key'] = key;
    if (method === 'GET') url.search = new URLSearchParams(data);
    const body = ['GET', 'DELETE'].includes(method) ? undefined : JSON.stringify(data);
    let response, text;
    const signals = [signal, !isStream && AbortSignal.timeout(timeoutMs)].filter(Boolean);
    try {
      response = await fetch(url, { method, headers, body, cache: 'no-store', signal: AbortSignal.any(signals) });
      if (response.ok && isStream) return response.body.pipeThrough(new TextDecoderStream()).getReader();
      text = await response.text();
    } catch (error) {
      throw new RequestError(0, { code: 'unanswered', detail: error.message, retryable: true });
    }
    if (response.ok) return parseJSON(text);
    const retryAfterSeconds = Number(response.headers.get('Retry-After')) || 0;
    throw new RequestError(response.status, { ...parseJSON(text), retryAfterSeconds });
  }
}
