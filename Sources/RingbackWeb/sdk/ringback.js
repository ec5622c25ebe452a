/**
 * Ringback in the browser: calls for a page that has none. No dependencies, no build step; types in ringback.d.ts.
 *
 *     const ringback = new Ringback({ token });
 *     ringback.addEventListener('call', ({ call }) => { if (call.isIncoming) ring(call); });
 *     const call = await ringback.invite('petya', { video: true });
 */

import { Api, RequestError } from './api.js';
import { Call, rank } from './call.js';
import { Feed } from './feed.js';

export { Api, RequestError } from './api.js';
export { DeviceTrouble, LocalMedia } from './media.js';

export class Ringback extends EventTarget {
  static version = '0.1.0';
  presence = new Map();
  connection = 'reconnecting';
  device = {};
  #feed;
  #calls = [];
  /** Events that came while an invite was not answered yet. */
  #early = [];
  #servers = null;
  #watched = [];
  #listening = new AbortController();

  constructor({ url = new URL('../', import.meta.url), token, transport = 'auto', iceTransportPolicy, devices = {} }) {
    super();
    const isGiven = typeof token === 'string';
    const renew = isGiven ? undefined : async (refused) => token(refused);
    this.api = new Api(new URL(url, document.baseURI), isGiven ? token : null, renew);
    Object.assign(this, { iceTransportPolicy, devices });
    this.#feed = new Feed(this.api, transport, {
      welcome: (device) => { this.device = device; },
      snapshot: (calls) => this.#snapshot(calls),
      event: (event) => this.#receive(event),
      changed: () => this.#connectionChanged(),
      over: (reason) => { this.connection = 'over'; this.emit('signedout', { reason }); },
    });
    const listen = (target, type, listener) =>
      target?.addEventListener(type, listener, { signal: this.#listening.signal });
    const networkChanged = () => { this.#feed.nudge(true); this.api.wakeUp(); this.#current?.restartIce(); };
    listen(globalThis, 'online', networkChanged);
    // A change of the type is another network; the other changes are new estimates of the same one.
    let type = navigator.connection?.type;
    if (type) listen(navigator.connection, 'change', () => {
      const isSame = type === navigator.connection.type;
      type = navigator.connection.type;
      if (!isSame) networkChanged();
    });
    listen(document, 'visibilitychange', () => { if (!document.hidden) this.#feed.nudge(); });
    if (isGiven) this.#feed.run();
    else this.api.renew(null).catch(() => true).then(() => this.#feed.run());
  }

  /** Calls that ring or are under way. */
  get calls() { return this.#calls.filter(({ state }) => state !== 'ended'); }
  get transport() { return this.#feed.transport; }

  /** Calls somebody. Rejects when the call does not come about; how it goes on, the call's state tells. */
  async invite(userId, options = {}) {
    if (this.#current) throw new RequestError(0, { code: 'in_a_call', detail: 'There is a call already.' });
    const call = this.#add(new Call(this, { role: 'caller', peerId: userId }));
    await call.invite(options);
    return call;
  }

  /** Whose presence is told from now on, at most 200; resolves with what it is at this moment. */
  async watch(userIds) {
    this.#watched = userIds;
    const { items } = await this.request('PUT', 'users/me/watching', { userIds });
    this.presence = new Map(items.map((presence) => [presence.userId, presence]));
    this.emit('presence');
    return items;
  }

  /** Any other operation of the API: `request('GET', 'calls', {limit: 20})`. @throws {RequestError} */
  request(method, path, data, options) {
    return this.api.request(method, path, data, options);
  }

  /** Hangs up, and stops listening. Resolves when the server knows. */
  async close() {
    const left = this.#current?.hangUp();
    this.calls.filter(({ isIncoming }) => isIncoming).forEach((call) => call.finish('closed'));
    this.#listening.abort();
    await left;
    this.#feed.stop();
  }

  // For Call

  emit(type, fields) {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }

  hangUpOthers(call) {
    if (this.#current !== call) this.#current?.hangUp();
  }

  /** The invite was answered, perhaps after the events that followed it. */
  adopted(call, info) {
    this.calls.find((other) => other !== call && other.id === info.callId)?.finish('merged');
    call.apply(info);
    this.#early.splice(0).filter(({ callId }) => callId === info.callId).forEach((event) => call.receive(event));
  }

  /** Tells the server that this device leaves a call, for two minutes if need be, and over a reload. */
  async leave(info, how = {}) {
    const { callId, caller } = info;
    const isCaller = caller.deviceId === this.device.deviceId;
    // An accept may have come in between, or one's own may have got lost.
    const [first, second] = rank(info) >= 2 ? ['hangup'] : isCaller ? ['cancel', 'hangup'] : ['decline', 'hangup'];
    const say = (operation, data) =>
      this.request('POST', `calls/${callId}/${operation}`, data, { patienceMs: 120_000 });
    this.forget(callId);
    this.remember({ leaving: { ...this.memory.leaving, [callId]: how } });
    await say(first, how)
      .catch((error) => { if (error.status === 409 && second) return say(second, {}); throw error; })
      .catch((error) => console.debug('ringback: leave', error));
    const { [callId]: _, ...leaving } = this.memory.leaving ?? {};
    this.remember({ leaving });
    this.emit('change', {});
  }

  /** What is kept of a call over a reload; storage that is forbidden is the same as empty. */
  get memory() {
    try {
      return JSON.parse(sessionStorage[`ringback.${this.device.deviceId}`]);
    } catch {
      return {};
    }
  }

  remember(changes) {
    try {
      sessionStorage[`ringback.${this.device.deviceId}`] = JSON.stringify({ ...this.memory, ...changes });
    } catch { /* forbidden, or full */ }
  }

  /** This call is over: a reload finds nothing of it. */
  forget(callId) {
    if ((this.memory.callId ?? null) !== callId) return;
    this.remember({ callId: null, since: null, isMuted: null, isCameraOff: null, wanted: null });
  }

  /** Servers with time-limited credentials, fetched again when half of their time is over. */
  async iceServers() {
    if (!this.#servers || Date.now() > this.#servers.until) {
      const held = this.#servers = { until: Date.now() + 60_000, iceServers: [] };
      const answer = this.request('GET', 'ice-servers', {}, { patienceMs: 8_000 });
      held.fetched = answer.then(({ iceServers, ttlSeconds }) => {
        Object.assign(held, { iceServers, until: Date.now() + ttlSeconds * 500 });
      }, () => { held.until = 0; });
    }
    const held = this.#servers;
    await held.fetched;
    return held.iceServers;
  }

  // Inside

  /** The call that this device takes part in. */
  get #current() {
    return this.calls.find(({ isIncoming }) => !isIncoming);
  }

  #add(call) {
    this.#calls = [...this.calls, call];
    this.emit('call', { call });
    this.emit('change', { call });
    return call;
  }

  #connectionChanged() {
    const wasOnline = this.connection === 'online';
    this.connection = this.#feed.connection;
    this.emit('connection');
    if (this.connection !== 'online' || wasOnline) return;
    this.iceServers();
    if (this.#watched.length) this.watch(this.#watched).catch(() => {});
  }

  /** The calls that are live, at the start or after a lost cursor: rejoin, ring, or learn that it is over. */
  async #snapshot(calls) {
    const { memory } = this;
    const isLive = (callId) => calls.some((info) => info.callId === callId);
    for (const info of calls) {
      if (memory.leaving?.[info.callId]) this.leave(info, memory.leaving[info.callId]);
      else if (this.#takesPart(info)) this.#rejoin(info, memory);
      else if (rank(info) < 2) this.#incoming(info);
    }
    // How did those end that are not there any more?
    const gone = this.calls.filter(({ id }) => id && !isLive(id));
    const lost = memory.callId && !isLive(memory.callId) && !gone.some(({ id }) => id === memory.callId);
    for (const callId of [...gone.map(({ id }) => id), ...lost ? [memory.callId] : []]) {
      const info = await this.request('GET', `calls/${callId}`).catch(() => null);
      let call = gone.find(({ id }) => id === callId);
      if (!call && info) call = this.#add(this.#callFor({ ...info, state: 'connecting' }));
      if (info?.state === 'ended') call?.apply(info);
    }
    if (lost) this.forget(memory.callId);
  }

  #receive(event) {
    const { type, callId, data } = event;
    if (type === 'presence') {
      this.presence.set(data.userId, data);
      return this.emit('presence');
    }
    const call = this.calls.find(({ id }) => id === callId);
    if (this.#current && !this.#current.id) this.#early.push(event);
    if (type === 'call.incoming') return this.#incoming(data.call);
    if (type !== 'call.stopped') return call?.receive(event);
    if (call?.isIncoming || !this.#takesPart(data.call)) call?.finish(data.reason ?? 'accepted_elsewhere');
  }

  #incoming(info) {
    if (info.callee.userId !== this.device.userId || this.memory.leaving?.[info.callId]) return;
    if (this.calls.some(({ id }) => id === info.callId)) return;
    const call = this.#add(this.#callFor(info));
    this.request('POST', `calls/${info.callId}/alerting`, {}, { patienceMs: 30_000 }).catch(({ status }) => {
      if (call.isIncoming && (status === 409 || status === 404)) call.finish('canceled');
    });
  }

  #rejoin(info, memory) {
    let call = this.calls.find(({ id }) => id === info.callId);
    if (!call) {
      // A call that this page began before it knew of this one goes on; the other is given up.
      if (this.#current) return this.leave(info);
      call = this.#add(this.#callFor(info));
      call.returned(memory.callId === info.callId ? memory : {});
    }
    call.rejoin(info);
  }

  #callFor(info) {
    const isMine = info.caller.userId === this.device.userId;
    const peerId = (isMine ? info.callee : info.caller).userId;
    return new Call(this, { role: isMine ? 'caller' : 'callee', peerId, info });
  }

  #takesPart({ caller, callee }) {
    const isThis = ({ userId, deviceId }) => userId === this.device.userId && deviceId === this.device.deviceId;
    return isThis(caller) || isThis(callee);
  }
}
