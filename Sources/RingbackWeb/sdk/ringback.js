/** The browser SDK; ringback.d.ts documents it. */

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
      over: (reason) => {
        this.api.request = async () => { throw new RequestError(0, { code: reason }); };
        if (reason === 'origin_not_allowed') this.calls.forEach((call) => call.finish(reason));
        this.emit('signedout', { reason });
      },
    });
    const on = (target, type, listener) => target?.addEventListener(type, listener, { signal: this.#listening.signal });
    const networkChanged = () => { this.#feed.nudge(true); this.current?.restartIce(); };
    on(window, 'online', networkChanged);
    on(window, 'offline', () => this.#feed.renew());
    on(document, 'visibilitychange', () => { if (!document.hidden) this.#feed.nudge(); });
    const network = navigator.connection;
    let type = network?.type;
    // Other changes are estimates of the same network.
    on(network, 'change', () => { if (type !== (type = network.type)) networkChanged(); });
  }

  get calls() { return this.#calls.filter(({ state }) => state !== 'ended'); }
  get current() { return this.calls.find(({ isIncoming }) => !isIncoming); }

  async invite(userId, options = {}) {
    if (this.current) throw new RequestError(0, { code: 'in_a_call' });
    const call = this.#add(null, userId);
    await call.invite(options);
    return call;
  }

  async watch(userIds) {
    this.#watched = userIds;
    const { items } = await this.request('PUT', 'users/me/watching', { userIds });
    this.presence = new Map(items.map((presence) => [presence.userId, presence]));
    this.emit('presence');
    return items;
  }

  request(...request) {
    return this.api.request(...request);
  }

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

  /** Events wait for the answer, which may be about their call. */
  ring(body) {
    return this.#inOrder(() => this.request('POST', 'calls', body));
  }

  leave(info, how = {}) {
    const { callId, caller } = info;
    const say = (what, data) => this.request('POST', `calls/${callId}/${what}`, data, { patienceMs: 120_000 });
    const early = caller.deviceId === this.device.deviceId ? 'cancel' : 'decline';
    this.#left.add(callId);
    return say(rank(info) < 2 ? early : 'hangup', how)
      // Another accept may have been first, or the answer was lost.
      .catch((error) => { if (error.status === 409) return say('hangup', {}); throw error; })
      .catch(note);
  }

  /** For a reload; storage may be disabled or full. */
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

  read(callId) {
    return this.request('GET', `calls/${callId}`).catch(note);
  }

  async iceServers() {
    if (Date.now() > this.#renewServersAt) {
      this.#renewServersAt = Infinity;
      const before = this.#servers;
      this.#servers = this.request('GET', 'ice-servers', {}, { patienceMs: 8_000 })
        .catch(() => ({ iceServers: before, ttlSeconds: 10 }))
        .then(({ iceServers, ttlSeconds }) => {
          // Half of their lifetime is left.
          this.#renewServersAt = Date.now() + ttlSeconds * 500;
          return iceServers;
        });
    }
    return this.#servers;
  }

  #inOrder(work) {
    const done = this.#order.then(work);
    this.#order = done.catch(note);
    return done;
  }

  #add(info, peerId) {
    const call = new Call(this, info, peerId);
    this.#calls = [...this.calls, call];
    this.emit('call', { call });
    return call;
  }

  async #snapshot(calls) {
    const { kept } = this;
    for (const info of calls) {
      if (this.#takesPart(info)) await this.#rejoin(info, kept);
      else if (rank(info) < 2) this.#incoming(info);
    }
    const known = new Set([...this.calls.map(({ id }) => id), kept.callId]);
    for (const callId of known) {
      if (callId && !calls.some((info) => info.callId === callId)) this.#learnEnd(callId);
    }
  }

  async #learnEnd(callId) {
    const info = await this.read(callId);
    if (info?.state === 'ended') (this.find(callId) ?? this.#add({ ...info, state: 'connecting' })).apply(info);
  }

  async #receive({ type, callId, data, ageMs }) {
    const call = this.find(callId);
    if (type === 'call.seen') this.emit('seen');
    if (type === 'presence') {
      this.presence.set(data.userId, data);
      this.emit('presence');
    } else if (type === 'call.incoming' && !data.mutedDevices?.includes(this.device.deviceId)) {
      // It may have ended in the meantime.
      const info = ageMs > 1_500 && await this.read(callId);
      if (rank(info || data.call) < 2) this.#incoming(data.call);
    } else if (type !== 'call.stopped') {
      call?.receive({ type, data });
    } else if (call?.isIncoming || !this.#takesPart(data.call)) {
      call?.finish(data.reason ?? 'accepted_elsewhere');
    }
  }

  #incoming(info) {
    const { callId, callee } = info;
    if (callee.userId !== this.device.userId || this.#left.has(callId)) return;
    const known = this.find(callId);
    if (known) return known.apply(info);
    const call = this.#add(info);
    call.apply(info);
    this.request('POST', `calls/${callId}/alerting`, {}, { patienceMs: 30_000 }).catch(({ status }) => {
      if (call.isIncoming && [404, 409].includes(status)) call.finish('canceled');
    });
  }

  async #rejoin(info, kept) {
    const call = this.find(info.callId);
    // This tab has left it or begun another one.
    if (!call && (this.current || kept.callId !== info.callId)) return void this.leave(info);
    const { rejoin } = await import('./rejoin.js');
    rejoin(call ?? this.#add(info), info, call ? null : kept);
  }

  #takesPart({ caller, callee }) {
    const { userId, deviceId } = this.device;
    return [caller, callee].some((party) => party.userId === userId && party.deviceId === deviceId);
  }
}
