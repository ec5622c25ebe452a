import { LocalMedia } from './media.js';
import { Peer } from './peer.js';
import { qualitySample, qualitySummary } from './quality.js';
import { safetyPhrase } from './safety.js';

const STATES = ['inviting', 'ringing', 'connecting', 'active', 'ended'];
const HISTORY_SECONDS = 300;
const REPORT_SECONDS = 30;
export const rank = ({ state }) => STATES.indexOf(state);

/** One call of this device. The types and what they mean stand in ringback.d.ts. */
export class Call extends EventTarget {
  reason = null;
  remoteStream = null;
  remoteScreen = null;
  remoteMedia = null;
  remoteConnection = 'online';
  isInterrupted = false;
  isReturning = false;
  since = null;
  safety = null;
  quality = null;
  history = [];
  #ringback;
  #media;
  #peer = null;
  #summary = null;
  #told = '';
  #isTelling = false;
  #measuring = 0;

  constructor(ringback, { role, peerId, info = null }) {
    super();
    this.#ringback = ringback;
    Object.assign(this, { role, peerId, info, state: info ? STATES[Math.min(rank(info), 2)] : 'inviting' });
    this.#media = new LocalMedia(ringback.devices, () => this.#mediaChanged());
  }

  get id() { return this.info?.callId ?? null; }
  get isIncoming() { return this.role === 'callee' && this.isRinging; }
  get isRinging() { return this.state === 'inviting' || this.state === 'ringing'; }
  get localStream() { return this.#media.stream; }
  get localScreen() { return this.#media.screen; }
  get isMuted() { return this.#media.isMuted; }
  get isCameraOff() { return this.#media.isCameraOff || !this.#media.track('camera'); }
  get isAcquiring() { return this.#media.isAcquiring; }
  get trouble() { return this.#media.trouble; }
  get devices() { return this.#media.devices; }
  get connectionState() { return this.#peer?.connectionState ?? 'new'; }
  get negotiation() { return this.#peer?.negotiation ?? 0; }
  get generation() { return this.#peer?.generation ?? 0; }

  // What the user does

  async accept({ audio = true, video = this.info.media.video } = {}) {
    if (!this.isIncoming) return;
    this.#ringback.hangUpOthers(this);
    const wanted = { audio, video };
    this.#ringback.remember({ callId: this.id, since: null, isMuted: null, isCameraOff: null, wanted });
    this.#set('connecting');
    this.#media.acquire(wanted);
    this.#start(false);
    try {
      const info = await this.#post('accept', {}, 30_000);
      if (this.state === 'ended') this.#ringback.leave(info);
      else this.apply(info);
    } catch (error) {
      if (error.code === 'already_accepted') return this.finish('accepted_elsewhere');
      const info = await this.#ringback.request('GET', `calls/${this.id}`).catch(() => null);
      if (info?.state === 'ended') this.apply(info);
      else this.finish(error.status ? 'failed' : 'unanswered');
    }
  }

  async decline(message) {
    if (!this.isIncoming) return;
    const { info } = this;
    this.finish('declined', { endedBy: this.#ringback.device });
    await this.#ringback.leave(info, { message });
  }

  async hangUp(reason = 'completed') {
    if (this.state === 'ended') return;
    if (this.isIncoming) return this.decline();
    const { info } = this;
    this.finish(this.isRinging ? 'canceled' : reason, { endedBy: this.#ringback.device });
    if (info) await this.#ringback.leave(info, { reason });
  }

  mute(isMuted = true) {
    this.#media.setMuted(isMuted);
    this.#ringback.remember({ isMuted });
  }

  async setCamera(isOn) {
    if (isOn && !this.#media.track('camera')) await this.#media.replace('camera', this.devices.camera);
    this.#media.setCameraOff(!isOn);
    this.#ringback.remember({ isCameraOff: !isOn });
  }

  async shareScreen(isOn = true) {
    if (isOn) await this.#media.share();
    else this.#media.unshare();
  }

  replaceDevice(device, deviceId) {
    return this.#media.replace(device, deviceId);
  }

  restartIce() {
    this.#peer?.restartIce();
  }

  getStats() {
    return this.#peer?.getStats() ?? new Map();
  }

  // What Ringback tells it

  /** Rings the other side; the camera comes first, so that nobody picks up a call that waits for a permission. */
  async invite({ audio = true, video = true, ringSeconds, custom }) {
    await this.#media.acquire({ audio, video });
    if (this.state === 'ended') return;
    const body = { callee: this.peerId, media: { audio, video }, ringSeconds, custom };
    try {
      const info = await this.#ringback.request('POST', 'calls', body);
      if (this.state === 'ended') return this.#ringback.leave(info);
      this.#ringback.remember({ callId: info.callId, since: null, wanted: body.media });
      // Both called each other: this was an accept of the other one's call.
      if (info.merged) Object.assign(this, { role: 'callee', state: 'connecting' });
      this.#ringback.adopted(this, info);
    } catch (error) {
      this.finish(error.code);
      throw error;
    }
  }

  /** Answers and events may overtake each other: an older state changes nothing. */
  apply(info) {
    if (this.state === 'ended' || (this.info && rank(info) < rank(this.info))) return;
    this.info = { ...this.info, ...info };
    if (info.state === 'ended') return this.finish(info.reason);
    if (this.isIncoming) {
      const isHere = info.callee.deviceId === this.#ringback.device.deviceId;
      if (rank(info) >= 2) this.finish(isHere ? 'merged' : 'accepted_elsewhere');
      return;
    }
    if (rank(info) >= 2) this.#start(this.role === 'caller');
    const other = info.participants?.find(({ deviceId }) => deviceId !== this.#ringback.device.deviceId);
    if (other) this.#update({ remoteConnection: other.connection, remoteMedia: this.remoteMedia ?? other.media });
    if (this.isRinging) this.#set(info.state);
  }

  receive({ type, data }) {
    switch (type) {
      case 'call.offer': return this.#peer?.receiveOffer(data);
      case 'call.answer': return this.#peer?.receiveAnswer(data);
      case 'call.candidates': return this.#peer?.receiveCandidates(data.candidates);
      case 'call.media': return this.#update({ remoteMedia: data.media });
      case 'call.participant': return this.#update({ remoteConnection: data.connection });
      case 'call.incoming': case 'call.stopped': return;
      default: return this.apply(data.call);
    }
  }

  /** Into a call of this very device, from a snapshot: after a reload, or when the cursor was lost. */
  rejoin(info) {
    const isTheirs = (description) => description && description.from.deviceId !== this.#ringback.device.deviceId;
    const isOfferOpen = isTheirs(info.offer) && !(info.answer?.negotiation >= info.offer.negotiation);
    this.remoteMedia = null;
    // A negotiation took place with the RTCPeerConnection that the reload destroyed: this one offers itself instead.
    if (rank(info) >= 2) this.#start(!isOfferOpen && (this.role === 'caller' || info.negotiation > 0));
    this.apply(info);
    if (isOfferOpen) this.#peer?.receiveOffer(info.offer);
    if (isTheirs(info.answer)) this.#peer?.receiveAnswer(info.answer);
    if (info.candidates?.length) this.#peer?.receiveCandidates(info.candidates.map(({ candidate }) => candidate));
  }

  /** The page was loaded anew: what the user did not give before is not taken now. */
  returned({ since, isMuted, isCameraOff, wanted }) {
    const { audio, video } = wanted ?? this.info.media;
    this.#ringback.remember({ callId: this.id, since, isMuted, isCameraOff, wanted });
    Object.assign(this, { since, isReturning: rank(this.info) >= 2 });
    this.#media.setMuted(Boolean(isMuted));
    this.#media.setCameraOff(Boolean(isCameraOff));
    this.#media.acquire({ audio, video: video || isCameraOff === false });
  }

  /** It is over on this side: the devices are released, nothing is sent to the server but the last summary. */
  finish(reason, more = {}) {
    if (this.state === 'ended') return;
    clearInterval(this.#measuring);
    if (this.#summary) this.#report(true);
    this.#peer?.close();
    this.#media.stop();
    // A merged call goes on under the same id.
    if (reason !== 'merged') this.#ringback.forget(this.id);
    const talkSeconds = this.since ? (Date.now() - this.since) / 1_000 : undefined;
    this.info = { talkSeconds, ...this.info, ...more, reason, state: 'ended' };
    this.reason = reason;
    this.#set('ended');
  }

  // Inside

  #emit(type) {
    this.dispatchEvent(new Event(type));
    this.#ringback.emit('change', { call: this });
  }

  #update(changes) {
    Object.assign(this, changes);
    this.#emit('change');
  }

  #set(state) {
    if (this.state !== state) {
      this.state = state;
      this.#emit('statechange');
    }
    this.#emit('change');
  }

  #post(operation, data, patienceMs) {
    return this.#ringback.request('POST', `calls/${this.id}/${operation}`, data, { patienceMs });
  }

  #start(isOffering) {
    if (this.#peer) return;
    if (!globalThis.RTCPeerConnection) return this.hangUp('unsupported');
    this.#peer = new Peer({
      isPolite: this.role === 'callee', media: this.#media, post: (...what) => this.#post(...what),
      iceServers: () => this.#ringback.iceServers(), iceTransportPolicy: this.#ringback.iceTransportPolicy,
    }, {
      streams: (remoteStream, remoteScreen) => this.#update({ remoteStream, remoteScreen }),
      stable: () => this.#learnSafety(),
      connected: () => this.#connected(),
      interrupted: () => this.#update({ isInterrupted: true }),
      failed: (reason) => this.hangUp(reason),
      mayGiveUp: () => this.remoteConnection === 'online' && this.#ringback.connection === 'online',
    });
    this.#set('connecting');
    if (isOffering) this.#peer.offer();
    let seconds = 0;
    this.#measuring = setInterval(() => this.#measure(++seconds % REPORT_SECONDS === 0), 1_000);
  }

  #connected() {
    this.since ??= Date.now();
    this.isInterrupted = this.isReturning = false;
    this.#ringback.remember({ callId: this.id, since: this.since });
    this.#set('active');
    this.#mediaChanged();
    this.#learnSafety();
    if (this.info.state !== 'active') {
      const told = this.#post('connected', {}, 60_000);
      told.then((info) => this.apply(info), (error) => console.debug('ringback:', error));
    }
  }

  async #learnSafety() {
    const safety = await safetyPhrase(this.#peer.localDescription, this.#peer.remoteDescription);
    const isNew = safety?.emoji.join() !== this.safety?.emoji.join();
    if (isNew && this.state !== 'ended') this.#update({ safety });
  }

  /** Tells the other side what is muted and shared, the newest state last. */
  async #mediaChanged() {
    this.#peer?.mediaChanged();
    this.#emit('change');
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let state; this.state === 'active' && (state = JSON.stringify(this.#media.state)) !== this.#told;) {
      const isTold = await this.#ringback.request('PUT', `calls/${this.id}/media`, JSON.parse(state))
        .then(() => true, (error) => console.debug('ringback: media', error));
      if (!isTold) break;
      this.#told = state;
    }
    this.#isTelling = false;
  }

  async #measure(isReporting) {
    if (this.connectionState !== 'connected') return;
    const now = { at: Date.now(), ...qualitySummary(await this.getStats()) };
    if (this.#summary && now.at > this.#summary.at) {
      this.quality = qualitySample(this.#summary, now);
      this.history = [...this.history, this.quality].slice(-HISTORY_SECONDS);
      this.dispatchEvent(new Event('quality'));
    }
    this.#summary = now;
    if (isReporting) this.#report(false);
  }

  /** For those who look into the call later. */
  #report(final) {
    const { at, ...summary } = this.#summary;
    this.#post('quality', { ...summary, final }, 10_000).catch((error) => console.debug('ringback: quality', error));
  }
}
