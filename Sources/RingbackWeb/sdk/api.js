import { socketRequest } from './operations.js';

export const sleep = (ms, signal) => new Promise((resolve) => {
  setTimeout(resolve, ms);
  signal?.addEventListener('abort', resolve);
});

/** With jitter: pages must not all reconnect at once. */
export const backoff = (attempt) => Math.min(5_000, 250 * 2 ** attempt) * (0.5 + Math.random());

export const note = (error) => console.debug('ringback:', error);

export function parseJSON(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export class RequestError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    Object.assign(this, { code: 'internal', retryable: status >= 500, retryAfterSeconds: 0 }, problem, { status });
  }
}

export const unanswered = (detail) => new RequestError(0, { code: 'unanswered', detail, retryable: true });

export class Api {
  socket = null;
  #renewal = null;
  #queue = [];
  #http = { send: ({ method, path, data, ...options }) => this.once(method, path, data, options) };

  constructor(url, token = null) {
    const isFunction = typeof token === 'function';
    this.url = new URL(url);
    this.token = isFunction ? null : token;
    this.renewToken = async (refused) => isFunction && token(refused);
  }

  /** Over the socket, else over HTTP, in order; see docs/browser-sdk.md. */
  async request(method, path, data = {}, { patienceMs = 15_000 } = {}) {
    const key = method === 'GET' || data.password ? undefined : crypto.getRandomValues(new Uint32Array(4)).join('.');
    const deadline = performance.now() + patienceMs;
    const entry = { method, path, data, key, deadline, attempts: 0, ...socketRequest(method, path, data, key) };
    const answer = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    const timer = setTimeout(entry.reject, patienceMs, unanswered());
    this.#queue.push(entry);
    this.#flush();
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      entry.stop?.abort();
      this.#queue.splice(this.#queue.indexOf(entry), 1);
      this.#flush();
    }
  }

  /** `socket`: `{send, probe}` of the open one, or null. */
  use(socket) {
    this.socket = socket;
    // A write that hangs over HTTP would block later ones.
    for (const { key, way, stop } of this.#queue) if (socket && key && way === this.#http) stop.abort();
    this.#flush();
  }

  /** A write waits for the answers to those before it, unless all go over one socket, which keeps their order. */
  #flush() {
    let before = null;
    for (const entry of this.#queue) {
      const way = entry.frame && this.socket || this.#http;
      if (!entry.way && (!entry.key || !before || (before === way && way !== this.#http))) this.#attempt(entry, way);
      if (entry.key) before = entry.way && [null, entry.way].includes(before) ? entry.way : 'none';
    }
  }

  async #attempt(entry, way) {
    const { attempts } = entry;
    const { token } = this;
    Object.assign(entry, { way, attempts: attempts + 1, stop: new AbortController() });
    try {
      entry.resolve(await way.send(entry));
    } catch (error) {
      const { status, retryable, retryAfterSeconds } = error;
      let isRepeated = retryable && status !== 409;
      let pause = Math.max(retryAfterSeconds * 1_000, backoff(attempts));
      // A new connection may work.
      if (!status && (this.socket || way !== this.#http)) pause = 0;
      if (status === 401 && token && !attempts) [isRepeated, pause] = [await this.renew(token).catch(note), 0];
      if (!isRepeated || performance.now() + pause > entry.deadline) return entry.reject(error);
      entry.way = 'none';
      await sleep(pause);
      entry.way = null;
      this.#flush();
    }
  }

  /** Gets a new token, once for all; false if there is none. */
  async renew(used) {
    if (used !== this.token) return true;
    this.#renewal ??= this.renewToken(used)
      .catch((error) => { console.error('ringback: no token:', error); throw error; })
      .finally(() => { this.#renewal = null; });
    const token = await this.#renewal;
    if (!token || token === used) return false;
    this.token = token;
    return true;
  }

  /** Always over HTTP. `data` is the query of a GET, else the body. */
  async once(method, path, data = {}, { key, stop = new AbortController(), timeoutMs = 12_000 } = {}) {
    const url = new URL(`v1/${path}`, this.url);
    const headers = { 'Content-Type': 'application/json' };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (key) headers['Idempotency-Key'] = key;
    if (method === 'GET') url.search = new URLSearchParams(data);
    const body = ['GET', 'DELETE'].includes(method) ? undefined : JSON.stringify(data);
    const timer = setTimeout(() => stop.abort(), timeoutMs);
    let response, text;
    try {
      response = await fetch(url, { method, headers, body, cache: 'no-store', signal: stop.signal });
      text = await response.text();
      // Chromium accepts an incomplete head.
      if (!text && response.status !== 204) throw new Error('cut off');
    } catch (error) {
      throw unanswered(error.message);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return parseJSON(text);
    const retryAfterSeconds = Number(response.headers.get('Retry-After')) || 0;
    throw new RequestError(response.status, { ...parseJSON(text), retryAfterSeconds });
  }
}
