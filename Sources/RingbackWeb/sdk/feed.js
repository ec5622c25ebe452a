import { backoff, sleep } from './api.js';
import { Interrupted, TRANSPORTS } from './transports.js';

/**
 * The events of this user, over whichever transport works, each once and in order.
 *
 * `auto` begins with the WebSocket and goes one rung down whenever a transport does not open although the server is
 * well; from time to time it tries to go up again. The cursor goes with it, so nothing is lost on the way.
 */
export class Feed {
  connection = 'reconnecting';
  #cursor = null;
  #seen = new Set();
  #rung = 0;
  #climbMs = 15_000;
  #attempt = new AbortController();
  #stopped = false;

  /** `on`: welcome(device), snapshot(calls), event(event), changed(), over(verdict). */
  constructor(api, preference, on) {
    Object.assign(this, { api, on, ladder: TRANSPORTS[preference] ? [preference] : Object.keys(TRANSPORTS) });
    this.transport = this.ladder[0];
  }

  stop() {
    this.#stopped = true;
    this.#attempt.abort();
  }

  /** Proves the connection, or makes a new one at once. A stream can't be proved: `anew` replaces it. */
  nudge(anew = false) {
    if (this.connection === 'online' && this.api.probe) this.api.probe();
    else if (anew || this.connection !== 'online') this.#attempt.abort();
  }

  async run() {
    for (let failures = 0; !this.#stopped;) {
      const attempt = this.#attempt = new AbortController();
      let opened = false;
      const climb = this.#rung > 0 ? setTimeout(() => this.#climb(attempt), this.#climbMs) : 0;
      const interrupted = await this.#connect(attempt.signal, () => { opened = true; failures = 0; });
      clearTimeout(climb);
      if (this.#stopped) return;
      if (attempt.climbing) continue;
      console.debug('ringback:', this.transport, interrupted.message);
      if (await this.#isOver(interrupted)) return;
      if (!opened && await this.#stepDown(interrupted)) continue;
      this.#setConnection('reconnecting');
      // A nudge breaks the pause off as well.
      const pause = this.#attempt = new AbortController();
      if (interrupted.verdict !== 'expired') await sleep(backoff(failures++), pause.signal);
    }
  }

  async #connect(signal, opened) {
    const transport = this.ladder[this.#rung];
    const welcome = ({ device, cursor, calls }) => {
      opened();
      this.transport = transport;
      this.#cursor = cursor;
      if (this.#rung === 0) this.#climbMs = 15_000;
      this.on.welcome(device);
      this.#setConnection('online');
      this.api.wakeUp();
      if (calls) this.on.snapshot(calls);
    };
    const event = (event) => this.#deliver(event);
    return TRANSPORTS[transport](this.api, { cursor: this.#cursor, signal, welcome, event }).catch(Interrupted.by);
  }

  /** Delivery is at least once: an event that was here before is left out. */
  #deliver(event) {
    if (event.cursor) this.#cursor = event.cursor;
    if (this.#seen.has(event.id)) return;
    this.#seen.add(event.id);
    if (this.#seen.size > 1_000) this.#seen.delete(this.#seen.values().next().value);
    this.on.event(event);
  }

  /** Up to the WebSocket again; if it still does not open, one failure leads back down. */
  #climb(attempt) {
    attempt.climbing = true;
    this.#rung = 0;
    this.#climbMs = Math.min(this.#climbMs * 2, 300_000);
    attempt.abort();
  }

  /** One rung down if the server is well and only this transport is not. */
  async #stepDown({ verdict }) {
    if (verdict !== 'retry' || this.#rung + 1 >= this.ladder.length) return false;
    const health = fetch(new URL('healthz', this.api.url), { cache: 'no-store', signal: AbortSignal.timeout(5_000) });
    const isWell = await health.then(({ ok }) => ok, () => false);
    if (isWell) this.#rung += 1;
    return isWell;
  }

  /** Deals with what only a new token or a new snapshot mends; true if there is nothing more to do. */
  async #isOver({ verdict }) {
    if (verdict === 'expired') this.#cursor = null;
    const { token } = this.api;
    if (verdict === 'superseded') {
      // The page's own new sign-in supersedes its old socket, and a dying page its heir's. Does the token still count?
      const isRefused = await this.api.once('GET', 'users/me').then(() => false, ({ status }) => status === 401);
      if (!isRefused || token !== this.api.token) return false;
    } else if (verdict !== 'unauthenticated' || await this.api.renew(token).catch(() => true)) {
      return false;
    }
    this.on.over(verdict);
    return true;
  }

  #setConnection(connection) {
    this.connection = connection;
    this.on.changed();
  }
}
