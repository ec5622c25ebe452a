/**
 * The media of one call: an RTCPeerConnection, and its replacement when one of the two pages was reloaded.
 *
 * Perfect negotiation as in the W3C specification, with the server as the referee: it numbers the negotiations and
 * keeps one open at a time. The callee is polite. Remote messages are handled one after the other. A description with
 * another DTLS fingerprint comes from a new RTCPeerConnection, which an old one cannot talk to: then this side makes a
 * new one too.
 */

import { jittered, RequestError, sleep } from './api.js';
import { fingerprints } from './safety.js';

/** Candidates are gathered for so long before they go out together. */
const BATCH_MS = 40;
/** Without media for so long, while both sides can signal: ICE has failed for good. */
const GIVE_UP_SECONDS = 25;
/** An offer without an answer lapses on the server after 30 s; then it is made again. */
const LAPSE_MS = 31_000;

/** Every ICE user name fragment of a description. */
const usernameFragments = (description) =>
  Array.from((description?.sdp ?? '').matchAll(/^a=ice-ufrag:(.+?)\s*$/gm), ([, fragment]) => fragment);

export class Peer {
  /** How many RTCPeerConnections there have been. */
  generation = 0;
  /** The number of the newest negotiation that this side takes part in. */
  negotiation = 0;
  #pc = null;
  #configuration = { bundlePolicy: 'max-bundle' };
  #closed = false;
  /** Remote messages and local offers, one after the other. */
  #chain = Promise.resolve();
  /** The newest offer of the other side. */
  #remoteOffer = 0;
  /** The attempt to post an offer that is under way: an answer may overtake its acknowledgment. */
  #posting = null;
  #posted = false;
  #restarting = false;
  #remoteCandidates = [];
  #localCandidates = [];
  #mayTrickle = false;
  #flushing = false;
  #batchTimer = 0;
  #recoveryTimer = 0;
  #watchdog = 0;
  #seconds = 0;
  #withoutMedia = 0;
  #errors = 0;

  /**
   * `iceServers()`: with credentials that are good for a while. `post(operation, data, patienceMs)`: to the call.
   * `on`: streams(stream, screen), stable(), connected(), interrupted(), failed(reason), mayGiveUp().
   */
  constructor({ isPolite, iceServers, iceTransportPolicy = 'all', media, post }, on) {
    Object.assign(this, { isPolite, iceServers, media, post, on });
    this.#configuration.iceTransportPolicy = iceTransportPolicy;
    this.#enqueue(async () => {
      this.#configuration.iceServers = await iceServers();
      if (!this.#closed) this.#replace();
    });
    this.#watchdog = setInterval(() => this.#watch(), 1_000);
  }

  /** Becomes the side that offers; `negotiationneeded` does the rest. */
  offer() {
    this.#enqueue(() => this.#addTransceivers());
  }

  receiveOffer(offer) {
    this.#enqueue(() => this.#handleOffer(offer));
  }

  receiveAnswer(answer) {
    this.#enqueue(() => this.#handleAnswer(answer));
  }

  /** Candidates in order; they may come before their description. */
  receiveCandidates(candidates) {
    this.#enqueue(() => {
      this.#remoteCandidates.push(...candidates);
      this.#remoteCandidates.splice(0, this.#remoteCandidates.length - 256);
      return this.#addRemoteCandidates();
    });
  }

  /** A local track came or went: the senders follow. Only a first screen needs a negotiation. */
  mediaChanged() {
    this.#enqueue(() => this.#attachMedia());
  }

  /** Looks for a new path: ICE has failed, or the network has changed. */
  async restartIce() {
    const pc = this.#pc;
    if (!pc?.currentRemoteDescription) return;
    await this.#renewServers();
    if (pc !== this.#pc) return;
    this.#restarting = true;
    pc.restartIce();
  }

  close() {
    this.#closed = true;
    clearInterval(this.#watchdog);
    this.#dispose();
  }

  get connectionState() { return this.#pc?.connectionState ?? 'new'; }
  get localDescription() { return this.#pc?.currentLocalDescription; }
  get remoteDescription() { return this.#pc?.currentRemoteDescription; }

  async getStats() {
    return await this.#pc?.getStats() ?? new Map();
  }

  // The RTCPeerConnection and its replacement

  #enqueue(work) {
    this.#chain = this.#chain.then(() => this.#closed ? undefined : work()).catch((error) => this.#failed(error));
  }

  /** A description that the browser refuses: a new RTCPeerConnection, twice; after that the call has no media. */
  #failed(error) {
    if (this.#closed) return;
    console.warn('ringback: negotiation', error);
    if (error instanceof RequestError) return;
    if (this.#errors++ < 2) this.#enqueue(() => { this.#replace(); return this.#addTransceivers(); });
    else this.on.failed('media_failed');
  }

  #dispose() {
    const pc = this.#pc;
    clearTimeout(this.#batchTimer);
    clearTimeout(this.#recoveryTimer);
    this.#pc = null;
    if (!pc) return;
    pc.onnegotiationneeded = pc.onicecandidate = pc.ontrack = pc.onconnectionstatechange = null;
    pc.close();
  }

  #replace() {
    this.#dispose();
    this.generation += 1;
    this.#localCandidates = [];
    this.#mayTrickle = this.#posted = this.#restarting = false;
    this.#withoutMedia = 0;
    const pc = this.#pc = new RTCPeerConnection(this.#configuration);
    const stream = new MediaStream();
    const screen = new MediaStream();
    pc.onnegotiationneeded = () => this.#enqueue(() => this.#makeOffer(pc));
    pc.onicecandidate = ({ candidate }) => this.#gathered(pc, candidate);
    pc.onconnectionstatechange = () => this.#connectionChanged(pc);
    pc.ontrack = ({ track, transceiver }) => {
      (this.#source(transceiver) === 'screen' ? screen : stream).addTrack(track);
      this.on.streams(stream, screen);
    };
  }

  /** What a transceiver carries, both ways: sound, the first picture is the camera's, the second a screen. */
  #source(transceiver) {
    const { kind } = transceiver.receiver.track;
    if (kind === 'audio') return 'mic';
    return this.#pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind) === transceiver
      ? 'camera' : 'screen';
  }

  /** Sound and picture both ways, with or without tracks: a track that comes later needs no negotiation. */
  #addTransceivers() {
    if (this.#pc.getTransceivers().length) return;
    const init = { direction: 'sendrecv', streams: [this.media.stream] };
    for (const kind of ['audio', 'video']) this.#pc.addTransceiver(kind, init);
    return this.#attachMedia();
  }

  async #attachMedia() {
    const pc = this.#pc;
    const carried = new Set();
    for (const transceiver of pc.getTransceivers()) {
      const source = this.#source(transceiver);
      const track = this.media.track(source);
      carried.add(source);
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    }
    // `addTrack`, not `addTransceiver`: when both sides share at once, this transceiver and the offered one become one.
    if (this.media.track('screen') && carried.has('camera') && !carried.has('screen')) {
      pc.addTrack(this.media.track('screen'), this.media.screen);
    }
  }

  // Offers and answers

  async #makeOffer(pc) {
    if (pc !== this.#pc || pc.signalingState !== 'stable') return;
    this.#mayTrickle = this.#posted = false;
    await pc.setLocalDescription();
    this.#postOffer(pc, pc.localDescription).catch((error) => this.#postFailed(error));
  }

  /**
   * Posts an offer until it is taken or overtaken. `negotiation_pending`: the other side's offer is on its way here, or
   * one from before a reload is still open; it lapses, and then this one is posted again.
   */
  async #postOffer(pc, { type, sdp }) {
    const fragments = usernameFragments({ sdp }).join();
    const isStanding = () => !this.#closed && pc === this.#pc && pc.signalingState === 'have-local-offer'
      && usernameFragments(pc.localDescription).join() === fragments;
    while (isStanding()) {
      this.#posting = this.post('offer', { description: { type, sdp }, iceRestart: this.#restarting }, 60_000);
      try {
        const { negotiation } = await this.#posting;
        if (!isStanding()) return;
        this.negotiation = negotiation;
        this.#posted = this.#mayTrickle = true;
        this.#flush();
        await sleep(LAPSE_MS);
      } catch (problem) {
        if (problem.code !== 'negotiation_pending') throw problem;
        await sleep(jittered(400));
      }
    }
  }

  /** The call may be over (409, 404): its event tells. A description that the server refuses ends the media. */
  #postFailed(error) {
    if (this.#closed) return;
    console.debug('ringback:', error);
    if ([413, 422].includes(error.status)) this.on.failed('media_failed');
  }

  async #handleOffer({ negotiation, description }) {
    if (negotiation <= this.#remoteOffer) return;
    const isCollision = this.#pc.signalingState !== 'stable';
    // Mine supersedes it, unless mine is the older one and has lapsed.
    if (isCollision && !this.isPolite && !(this.#posted && negotiation > this.negotiation)) return;
    this.#remoteOffer = this.negotiation = negotiation;
    // A first offer of one's own cannot be rolled back without leaving its transceivers behind: begin afresh.
    if (this.#isAnother(description) || (isCollision && !this.remoteDescription)) this.#replace();
    const pc = this.#pc;
    await pc.setRemoteDescription(description);
    for (const transceiver of pc.getTransceivers()) {
      if (['recvonly', 'inactive'].includes(transceiver.direction)) transceiver.direction = 'sendrecv';
      if (this.#source(transceiver) !== 'screen') transceiver.sender.setStreams?.(this.media.stream);
    }
    await this.#attachMedia();
    await this.#addRemoteCandidates();
    this.#mayTrickle = true;
    await pc.setLocalDescription();
    const { type, sdp } = pc.localDescription;
    this.post('answer', { negotiation, description: { type, sdp } }, 30_000).catch((error) => this.#postFailed(error));
    this.#flush();
    this.on.stable();
  }

  async #handleAnswer({ negotiation, description }) {
    await this.#posting?.catch(() => {});
    const pc = this.#pc;
    if (!this.#posted || pc.signalingState !== 'have-local-offer' || negotiation !== this.negotiation) return;
    if (this.#isAnother(description)) {
      this.#replace();
      return this.#addTransceivers();
    }
    await pc.setRemoteDescription(description);
    this.#restarting = false;
    await this.#addRemoteCandidates();
    this.on.stable();
  }

  /** Does this description come from another RTCPeerConnection than the one before? */
  #isAnother(description) {
    return Boolean(this.remoteDescription) && fingerprints(this.remoteDescription) !== fingerprints(description);
  }

  // Candidates

  #gathered(pc, candidate) {
    if (pc !== this.#pc) return;
    const isEnded = this.#localCandidates.at(-1)?.candidate === '';
    if (candidate) this.#localCandidates.push(candidate.toJSON());
    else if (!isEnded) this.#localCandidates.push(endOfCandidates(pc.localDescription));
    clearTimeout(this.#batchTimer);
    this.#batchTimer = setTimeout(() => this.#flush(), candidate ? BATCH_MS : 0);
  }

  /** Sends what was gathered, in order, at most 64 at once, and never ahead of the offer. */
  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#mayTrickle && this.#localCandidates.length && !this.#closed) {
      const candidates = this.#localCandidates.splice(0, 64);
      await this.post('candidates', { negotiation: this.negotiation, candidates }, 30_000)
        .catch((error) => console.debug('ringback: candidates', error));
    }
    this.#flushing = false;
  }

  /** Adds the candidates that belong to the remote description; others wait for theirs. */
  async #addRemoteCandidates() {
    const pc = this.#pc;
    if (!pc.remoteDescription) return;
    const fragments = usernameFragments(pc.remoteDescription);
    const belongs = ({ usernameFragment }) => !usernameFragment || fragments.includes(usernameFragment);
    const ready = this.#remoteCandidates.filter(belongs);
    this.#remoteCandidates = this.#remoteCandidates.filter((candidate) => !belongs(candidate));
    for (const candidate of ready) {
      await pc.addIceCandidate(candidate).catch((error) => console.debug('ringback: candidate', error));
    }
  }

  // The state of the connection

  #connectionChanged(pc) {
    if (pc !== this.#pc) return;
    clearTimeout(this.#recoveryTimer);
    if (pc.connectionState === 'connected') {
      this.#withoutMedia = this.#errors = 0;
      this.on.connected();
    } else if (pc.connectionState === 'disconnected') {
      this.on.interrupted();
      this.#recoverIn(this.isPolite ? 5_000 : 2_500);
    } else if (pc.connectionState === 'failed') {
      this.on.interrupted();
      this.#recoverIn(this.isPolite ? 1_500 : 0);
    }
  }

  /** ICE restarts until it is connected again; the caller tries a little earlier, so that the two do not collide. */
  #recoverIn(ms) {
    this.#recoveryTimer = setTimeout(() => {
      if (this.connectionState === 'connected') return;
      this.restartIce();
      this.#recoverIn(6_000);
    }, ms);
  }

  /** Once a second. Time without media counts only while the other side could do something about it. */
  #watch() {
    if (++this.#seconds % 10 === 0) this.#renewServers();
    const isCounted = this.connectionState !== 'connected' && this.on.mayGiveUp();
    this.#withoutMedia = isCounted ? this.#withoutMedia + 1 : 0;
    if (this.#withoutMedia === GIVE_UP_SECONDS) this.on.failed('ice_failed');
  }

  /** A long call outlives its TURN credentials; the next restart needs fresh ones. */
  async #renewServers() {
    const iceServers = await this.iceServers();
    if (iceServers === this.#configuration.iceServers || this.#closed) return;
    this.#configuration.iceServers = iceServers;
    try {
      this.#pc?.setConfiguration(this.#configuration);
    } catch (error) {
      console.debug('ringback: servers', error);
    }
  }
}

function endOfCandidates({ sdp }) {
  const sdpMid = /^a=mid:(.+?)\s*$/m.exec(sdp)?.[1] ?? '0';
  return { candidate: '', sdpMid, sdpMLineIndex: 0, usernameFragment: usernameFragments({ sdp })[0] ?? null };
}
