/** Calls for a page that has none: `new Ringback({ token }).invite('petya', { video: true })`. Types: ringback.d.ts. */

import { Api, note, RequestError } from './api.js';
import { Call, rank } from './call.js';
import { openFeed } from './feed.js';
import { DeviceTrouble, LocalMedia } from './media.js';

export { Api, DeviceTrouble, LocalMedia, RequestError };

const KEPT = 'ringback.call';

export class Ringback extends EventTarget {
  static version = '0.1.0';
  presence = new Map();
  device = {};
  connection = 'reconnecting';
  transport = null;
  #feed;
  #calls = [];
  #order = Promise.resolve();
  #servers = [];
  #renewServersAt = 0;
  #watched = [];
  #left = new Set();
  #listening = new AbortController();

  constructor({ url = new URL('../', import.meta.url), token, transport = 'auto', iceTransportPolicy, devices = {} }) {
    super();
    this.api = new Api(new URL(url, document.baseURI), token);
    Object.assign(this, { iceTransportPolicy, devices });
    this.#feed = openFeed(this, transport, {
      welcome: (calls) => {
        this.iceServers();
        if (this.#watched.length) this.watch(this.#watched).catch(note);
        if (calls) this.#inOrder(() => this.#snapshot(calls));
      },
      event: (event) => this.#inOrder(() => this.#receive(event)),
    });
    const { signal } = this.#listening;
    const networkChanged = () => { this.#feed.nudge(true); this.current?.restartIce(); };
    addEventListener('online', networkChanged, { signal });
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.#feed.nudge(); }, { signal });
    const network = navigator.connection;
    let type = network?.type;
    network?.addEventListener('change', () => {
      // Other changes are new estimates of the same network.
      if (type !== network.type) networkChanged();
      type = network.type;
    }, { signal });
  }

  /** Calls that ring or are under way. */
  get calls() { return this.#calls.filter(({ state }) => state !== 'ended'); }
  /** The call that this device takes part in. */
  get current() { return this.calls.find(({ isIncoming }) => !isIncoming); }

  /** Calls somebody. How it goes on, the call's state tells. @throws {RequestError} */
  async invite(userId, options = {}) {
    if (this.current) throw new RequestError(0, { code: 'in_a_call' });
    const call = this.#add(null, userId);
    await call.invite(options);
    return call;
  }

  /** Whose presence is told from now on, at most 200. */
  async watch(userIds) {
    this.#watched = userIds;
    const { items } = await this.request('PUT', 'users/me/watching', { userIds });
    this.presence = new Map(items.map((presence) => [presence.userId, presence]));
    this.emit('presence');
    return items;
  }

  /** Any operation of the API: `request('GET', 'calls', {limit: 20})`. @throws {RequestError} */
  request(method, path, data, options) {
    return this.api.request(method, path, data, options);
  }

  /** Hangs up, and stops listening. Resolves when the server knows. */
  async close() {
    const left = this.current?.hangUp();
    this.calls.forEach((call) => call.finish('closed'));
    this.#listening.abort();
    await left;
    this.#feed.stop();
  }

  emit(type, fields) {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }

  find(callId) {
    return this.calls.find(({ id }) => id === callId);
  }

  /** Events wait for the answer: they may be about this call. */
  ring(body) {
    return this.#inOrder(() => this.request('POST', 'calls', body));
  }

  async leave(info, how = {}) {
    const { callId, caller } = info;
    const say = (what, data) => this.request('POST', `calls/${callId}/${what}`, data, { patienceMs: 120_000 });
    const early = caller.deviceId === this.device.deviceId ? 'cancel' : 'decline';
    this.#left.add(callId);
    await say(rank(info) < 2 ? early : 'hangup', how)
      // An accept may have come in between, or one's own may have got lost.
      .catch((error) => { if (error.status === 409) return say('hangup', {}); throw error; })
      .catch(note);
  }

  /** What a reload finds; storage may be forbidden, or full. */
  get kept() {
    try {
      return JSON.parse(sessionStorage[KEPT]);
    } catch {
      return {};
    }
  }

  keep(kept) {
    try {
      sessionStorage[KEPT] = JSON.stringify(kept);
    } catch (error) {
      note(error);
    }
  }

  async ended(callId) {
    const info = await this.request('GET', `calls/${callId}`).catch(note);
    return info?.state === 'ended' && info;
  }

  async iceServers() {
    if (Date.now() > this.#renewServersAt) {
      this.#renewServersAt = Infinity;
      const before = this.#servers;
      this.#servers = this.request('GET', 'ice-servers', {}, { patienceMs: 8_000 })
        .catch(() => ({ iceServers: before, ttlSeconds: 10 }))
        .then(({ iceServers, ttlSeconds }) => {
          // Half of their time is left.
          this.#renewServersAt = Date.now() + ttlSeconds * 500;
          return iceServers;
        });
    }
    return this.#servers;
  }

  #inOrder(work) {
    const done = this.#order.then(work);
    this.#order = done.catch(() => {});
    return done;
  }

  #add(info, peerId) {
    const call = new Call(this, info, peerId);
    this.#calls = [...this.calls, call];
    this.emit('call', { call });
    return call;
  }

  #snapshot(calls) {
    const { kept } = this;
    for (const info of calls) {
      if (this.#takesPart(info)) this.#rejoin(info, kept);
      else if (rank(info) < 2) this.#incoming(info);
    }
    const known = new Set([...this.calls.map(({ id }) => id), kept.callId]);
    for (const callId of known) {
      if (callId && !calls.some((info) => info.callId === callId)) this.#learnEnd(callId);
    }
  }

  async #learnEnd(callId) {
    const info = await this.ended(callId);
    if (info) (this.find(callId) ?? this.#add({ ...info, state: 'connecting' })).apply(info);
  }

  #receive({ type, callId, data }) {
    const call = this.find(callId);
    if (type === 'presence') {
      this.presence.set(data.userId, data);
      this.emit('presence');
    } else if (type === 'call.incoming') {
      this.#incoming(data.call);
    } else if (type !== 'call.stopped') {
      call?.receive({ type, data });
    } else if (call?.isIncoming || !this.#takesPart(data.call)) {
      call?.finish(data.reason ?? 'accepted_elsewhere');
    }
  }

  #incoming(info) {
    const { callId, callee } = info;
    if (callee.userId !== this.device.userId || this.#left.has(callId) || this.find(callId)) return;
    const call = this.#add(info);
    this.request('POST', `calls/${callId}/alerting`, {}, { patienceMs: 30_000 }).catch(({ status }) => {
      if (call.isIncoming && [404, 409].includes(status)) call.finish('canceled');
    });
  }

  #rejoin(info, kept) {
    let call = this.find(info.callId);
    if (!call) {
      // This tab has left it, or begun another one meanwhile.
      if (this.current || kept.callId !== info.callId) return this.leave(info);
      call = this.#add(info);
      call.returned(kept);
    }
    call.rejoin(info);
  }

  #takesPart({ caller, callee }) {
    const { userId, deviceId } = this.device;
    return [caller, callee].some((party) => party.userId === userId && party.deviceId === deviceId);
  }
}
