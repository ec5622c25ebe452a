import { note } from './api.js';
import { LocalMedia } from './media.js';
import { connectPeer } from './peer.js';

const STATES = ['inviting', 'ringing', 'connecting', 'active', 'ended'];
export const rank = ({ state }) => STATES.indexOf(state);

/** One call; see ringback.d.ts. */
export class Call extends LocalMedia {
  reason = null;
  remoteStream = null;
  remoteScreen = null;
  remoteMedia = null;
  remoteConnection = 'online';
  isInterrupted = false;
  isReturning = false;
  since = null;
  peerConnection = null;
  negotiation = 0;
  #peer = null;
  #told = '';
  #accept;
  accepted = new Promise((resolve) => { this.#accept = resolve; });

  constructor(ringback, info, peerId) {
    super(ringback.devices);
    const isMine = !info || info.caller.userId === ringback.device.userId;
    Object.assign(this, { ringback, info, role: isMine ? 'caller' : 'callee' });
    this.peerId = peerId ?? (isMine ? info.callee : info.caller).userId;
    this.state = STATES[Math.min(info ? rank(info) : 0, 2)];
  }

  get id() { return this.info?.callId ?? null; }
  get isRinging() { return rank(this) < 2; }
  get isIncoming() { return this.role === 'callee' && this.isRinging; }

  async accept({ audio = true, video = this.info.media.video } = {}) {
    if (!this.isIncoming) return;
    this.ringback.current?.hangUp();
    const accepted = this.post('accept', {}, 30_000);
    this.start(false);
    this.acquire({ audio, video });
    try {
      const info = await accepted;
      if (this.state === 'ended') this.ringback.leave(info);
      else this.apply(info);
    } catch ({ code, status }) {
      if (code === 'already_accepted') return this.finish('accepted_elsewhere');
      this.apply(await this.ringback.read(this.id));
      this.finish(status ? 'failed' : 'unanswered');
    }
  }

  async decline(message) {
    if (this.isIncoming) await this.hangUp('declined', { message });
  }

  async hangUp(reason = 'completed', how = { reason }) {
    const { info, state } = this;
    if (state === 'ended') return;
    const early = this.isIncoming ? 'declined' : 'canceled';
    this.finish(this.isRinging && reason === 'completed' ? early : reason, { endedBy: this.ringback.device });
    if (info) this.update({ info: { ...this.info, ...await this.ringback.leave(info, how) } });
  }

  restartIce() {
    this.#peer?.restartIce().catch(note);
  }

  /** Devices first, so that an accepted call need not wait for a permission. */
  async invite({ audio = true, video = true, ...more }) {
    const media = { audio, video };
    await this.acquire(media);
    if (this.state === 'ended') return;
    this.#connect(true);
    try {
      const info = await this.ringback.ring({ callee: this.peerId, media, ...more });
      if (this.state === 'ended') return this.ringback.leave(info);
      if (info.merged) {
        // Glare: the invitation was an accept.
        this.#peer.close();
        this.#peer = null;
        this.ringback.find(info.callId)?.finish('merged');
        Object.assign(this, { role: 'callee', state: 'connecting' });
      }
      this.apply(info);
    } catch (error) {
      this.finish(error.code);
      throw error;
    }
  }

  /** Ignores older states. */
  apply(info) {
    if (!info || this.state === 'ended' || (this.info && rank(info) < rank(this.info))) return;
    this.info = { ...this.info, ...info };
    const { deviceId } = this.ringback.device;
    if (info.state === 'ended') return this.finish(info.reason);
    const { connection = 'online', media } = info.participants?.find(({ deviceId: id }) => id !== deviceId) ?? {};
    this.update({ remoteConnection: connection, remoteMedia: this.remoteMedia ?? media ?? null });
    const isAccepted = rank(info) >= 2;
    if (this.isIncoming) {
      if (isAccepted) this.finish(info.callee.deviceId === deviceId ? 'merged' : 'accepted_elsewhere');
      return;
    }
    if (isAccepted) this.start(this.role === 'caller');
    if (this.isRinging) this.#set(info.state);
  }

  receive({ type, data }) {
    if (type === 'call.media') this.update({ remoteMedia: data.media });
    else if (type === 'call.participant') this.update({ remoteConnection: data.connection });
    else if (data.call) this.apply(data.call);
    else this.#peer?.receive(type, data);
  }

  finish(reason, more = {}) {
    if (this.state === 'ended') return;
    this.#peer?.close();
    this.stop();
    // A merged call continues under the same id.
    if (reason !== 'merged' && this.ringback.kept.callId === this.id) this.ringback.keep({});
    const talkSeconds = this.since ? (Date.now() - this.since) / 1_000 : undefined;
    this.info = { talkSeconds, ...this.info, ...more, reason, state: 'ended' };
    this.reason = reason;
    this.#set('ended');
  }

  post(operation, data, patienceMs) {
    return this.ringback.request('POST', `calls/${this.id}/${operation}`, data, { patienceMs });
  }

  /** Updates the page, senders, other side, and storage for a reload. */
  update(changes) {
    super.update(changes);
    this.ringback.emit('change', { call: this });
    this.#peer?.mediaChanged();
    if (this.state === 'active') this.#tell();
    if (!this.id || this.isIncoming || this.state === 'ended') return;
    const { id: callId, since, isMuted, isHidden, wanted } = this;
    this.ringback.keep({ callId, since, isMuted, isHidden, wanted });
  }

  connected() {
    this.since ??= Date.now();
    Object.assign(this, { isInterrupted: false, isReturning: false });
    this.#set('active');
    if (this.info.state !== 'active') this.post('connected', {}, 60_000).then((info) => this.apply(info)).catch(note);
  }

  #set(state) {
    const isNew = this.state !== state;
    this.update({ state });
    if (isNew) this.dispatchEvent(new Event('statechange'));
  }

  #tell() {
    const { mediaState } = this;
    const text = JSON.stringify(mediaState);
    if (text === this.#told) return;
    this.#told = text;
    this.ringback.request('PUT', `calls/${this.id}/media`, mediaState).catch(() => { this.#told = ''; });
  }

  #connect(isOffering) {
    if (this.#peer) return;
    this.#peer = connectPeer(this);
    if (isOffering) this.#peer.offer();
  }

  start(isOffering) {
    this.#connect(isOffering);
    this.#accept();
    if (this.state !== 'active') this.#set('connecting');
  }
}
