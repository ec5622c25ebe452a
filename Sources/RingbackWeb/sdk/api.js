/** Requests to the server, repeated until they are answered. */

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts. */
export const sleep = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
});

/** Half to one and a half times `ms`, so that many pages do not come back in the same instant. */
export const jittered = (ms) => ms * (0.5 + Math.random());

export const backoff = (attempt, most = 5_000) => jittered(Math.min(most, 250 * 2 ** Math.min(attempt, 10)));

export function parseJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The server said no (RFC 9457), or did not answer at all: then `status` is 0 and `code` is `unanswered`. */
export class RequestError extends Error {
  constructor(status, problem, retryAfterSeconds = 0) {
    super(problem?.detail || problem?.title || `HTTP ${status}`);
    const { code = 'internal', callState } = problem ?? {};
    Object.assign(this, { status, code, callState, retryAfterSeconds });
    this.retryable = problem?.retryable ?? status >= 500;
  }
}

export class Api {
  #renewal = null;
  #waking = new AbortController();

  /** `renewToken(refused)` gives another token after a 401, or null. */
  constructor(url, token = null, renewToken = async () => null) {
    Object.assign(this, { url: new URL(url), token, renewToken });
  }

  /** Repeats after no answer, 503 and 429, with one idempotency key, for `patienceMs`. @throws {RequestError} */
  async request(method, path, data, { patienceMs = 15_000 } = {}) {
    const key = method === 'GET' ? null : crypto.getRandomValues(new Uint32Array(4)).join('.');
    const deadline = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      const used = this.token;
      try {
        return await this.once(method, path, data, { key });
      } catch (error) {
        if (error.status === 401 && used && attempt === 0 && await this.renew(used)) continue;
        const pause = pauseBefore(error, attempt);
        if (pause === null || performance.now() + pause > deadline) throw error;
        await sleep(pause, this.#waking.signal);
      }
    }
  }

  /** The server is back: whoever waits to try again tries now. */
  wakeUp() {
    this.#waking.abort();
    this.#waking = new AbortController();
  }

  /** Gets another token in place of `used`, once for all who ask; false if there is none. */
  renew(used) {
    if (used !== this.token) return Promise.resolve(Boolean(this.token));
    this.#renewal ??= this.renewToken(used)
      .then((token) => {
        if (!token || token === used) return false;
        this.token = token;
        return true;
      })
      .finally(() => { this.#renewal = null; });
    return this.#renewal;
  }

  /** `data` is the query of a GET, else the body. */
  async once(method, path, data = {}, { key, signal, timeoutMs = 12_000 } = {}) {
    const url = new URL(`v1/${path}`, this.url);
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    if (key) headers['Idempotency-Key'] = key;
    if (method === 'GET') url.search = new URLSearchParams(data);
    else headers['Content-Type'] = 'application/json';
    const body = method === 'GET' || method === 'DELETE' ? undefined : JSON.stringify(data);
    const timeout = AbortSignal.timeout(timeoutMs);
    let response, text;
    try {
      const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
      response = await fetch(url, { method, headers, body, cache: 'no-store', signal: stop });
      text = await response.text();
    } catch (error) {
      throw new RequestError(0, { code: 'unanswered', detail: error.message, retryable: true });
    }
    if (response.ok) return parseJSON(text);
    throw new RequestError(response.status, parseJSON(text), Number(response.headers.get('Retry-After')) || 0);
  }
}

/** How long to wait before the next attempt; null if there is no use in one. */
function pauseBefore({ status, retryable, retryAfterSeconds }, attempt) {
  if (status === 429) return Math.max(500, retryAfterSeconds * 1_000);
  return retryable && (status === 0 || status >= 500) ? backoff(attempt, 2_000) : null;
}
