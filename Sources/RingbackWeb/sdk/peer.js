/**
 * The media of one call, with perfect negotiation: the callee is polite, the server numbers negotiations. After a
 * reload of one page (another fingerprint), both begin with a new RTCPeerConnection.
 */

import { backoff, note, sleep } from './api.js';

const GIVE_UP_SECONDS = 25;
const RESTART_SECONDS = 6;
/** The server expires an unanswered offer after 30 s. */
const LAPSE_MS = 31_000;

/** Identifies the RTCPeerConnection of a description. */
export function fingerprints({ sdp }) {
  const found = sdp.toLowerCase().matchAll(/^a=fingerprint:(\S+ \S+)/gm);
  return [...new Set(Array.from(found, ([, value]) => value))].sort().join(' ');
}

export function connectPeer(call) {
  const configuration = { bundlePolicy: 'max-bundle', iceTransportPolicy: call.ringback.iceTransportPolicy };
  let pc = null;
  let isClosed = false;
  let chain = Promise.resolve();
  let ourOffer = 0;
  let theirOffer = 0;
  let posting = null;
  let isPosted = false;
  let localCandidates = [];
  let remoteCandidates = [];
  let mayTrickle = false;
  let isSending = false;
  let lostSeconds = 0;
  let errors = 0;

  const isPolite = () => call.role === 'callee';

  /** Sequential; a failure is retried with a new RTCPeerConnection, twice. */
  function enqueue(work) {
    chain = chain.then(() => isClosed || work()).catch((error) => {
      if (isClosed) return;
      console.warn('ringback: negotiation', error);
      if (errors++ < 2) enqueue(() => { replace(); return offer(); });
      else call.hangUp('media_failed');
    });
  }

  function replace() {
    pc?.close();
    localCandidates = [];
    mayTrickle = isPosted = false;
    const own = pc = new RTCPeerConnection(configuration);
    const on = (type, listener) => { own[`on${type}`] = (event) => { if (own === pc) listener(event); }; };
    const remoteStream = new MediaStream();
    const remoteScreen = new MediaStream();
    on('negotiationneeded', () => enqueue(() => makeOffer(own)));
    on('icecandidate', gathered);
    on('connectionstatechange', connectionChanged);
    on('track', ({ track, transceiver }) => {
      (sourceOf(transceiver) === 'screen' ? remoteScreen : remoteStream).addTrack(track);
      call.update({ remoteStream, remoteScreen });
    });
    call.update({ peerConnection: pc });
  }

  /** The first video is the camera, the second a screen, both ways. */
  function sourceOf(transceiver) {
    const { kind } = transceiver.receiver.track;
    return transceiver === pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind) ? kind : 'screen';
  }

  /** With or without tracks: adding one needs no negotiation. */
  function offer() {
    if (pc.getTransceivers().length) return;
    for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { streams: [call.localStream] });
    return attachMedia();
  }

  async function attachMedia() {
    for (const transceiver of pc.getTransceivers()) {
      const track = call.track(sourceOf(transceiver)) ?? null;
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    }
    // `addTransceiver` would add a third if both share at once.
    const pictures = pc.getTransceivers().filter(({ receiver }) => receiver.track.kind === 'video');
    if (call.localScreen && pictures.length === 1) pc.addTrack(call.track('screen'), call.localScreen);
  }

  async function makeOffer(own) {
    if (own !== pc || pc.signalingState !== 'stable') return;
    mayTrickle = isPosted = false;
    await pc.setLocalDescription();
    postOffer(own).catch(refused);
  }

  /** After accept; repeated until delivered or superseded. */
  async function postOffer(own) {
    const number = ++ourOffer;
    const isStanding = () => own === pc && number === ourOffer && pc.signalingState === 'have-local-offer';
    await call.accepted;
    while (isStanding()) {
      const description = pc.localDescription.toJSON();
      posting = call.post('offer', { description, iceRestart: call.isInterrupted }, 60_000);
      try {
        const { negotiation } = await posting;
        if (!isStanding()) return;
        call.negotiation = negotiation;
        isPosted = mayTrickle = true;
        send();
        await sleep(LAPSE_MS);
      } catch (error) {
        if (error.code !== 'negotiation_pending') throw error;
        await sleep(backoff(1));
      }
    }
  }

  function refused(error) {
    note(error);
    if (![413, 422].includes(error.status)) return;
    if (!pc.currentRemoteDescription) return call.hangUp('media_failed');
    // The call continues unchanged.
    pc.onnegotiationneeded = null;
    pc.setLocalDescription({ type: 'rollback' }).catch(note);
  }

  async function handleOffer({ negotiation, description }) {
    if (negotiation <= theirOffer) return;
    const isCollision = pc.signalingState !== 'stable';
    // Ours supersedes it, unless expired.
    if (isCollision && !isPolite() && !(isPosted && negotiation > call.negotiation)) return;
    theirOffer = call.negotiation = negotiation;
    // Rolling back a first offer leaves its transceivers.
    if (isAnother(description) || (isCollision && !pc.currentRemoteDescription)) replace();
    await pc.setRemoteDescription(description);
    for (const transceiver of pc.getTransceivers()) {
      transceiver.direction = 'sendrecv';
      if (sourceOf(transceiver) !== 'screen') transceiver.sender.setStreams?.(call.localStream);
    }
    await attachMedia();
    await addCandidates();
    await pc.setLocalDescription();
    const answer = { negotiation, description: pc.localDescription.toJSON() };
    call.post('answer', answer, 30_000).catch(refused);
    mayTrickle = true;
    send();
    call.update();
  }

  async function handleAnswer({ negotiation, description }) {
    await posting?.catch(note);
    if (!isPosted || pc.signalingState !== 'have-local-offer' || negotiation !== call.negotiation) return;
    if (isAnother(description)) {
      replace();
      return offer();
    }
    await pc.setRemoteDescription(description);
    await addCandidates();
    call.update();
  }

  function isAnother(description) {
    const before = pc.currentRemoteDescription;
    return before && fingerprints(before) !== fingerprints(description);
  }

  /** Null ends them; empty ones may precede it. */
  function gathered({ candidate }) {
    if (candidate?.candidate === '') return;
    const { mid: sdpMid } = pc.getTransceivers()[0];
    localCandidates.push(candidate?.toJSON() ?? { candidate: '', sdpMid, sdpMLineIndex: 0 });
    send();
  }

  /** After the offer; later ones form the next batch. */
  async function send() {
    if (isSending) return;
    isSending = true;
    while (mayTrickle && localCandidates.length && !isClosed) {
      const candidates = localCandidates.splice(0, 64);
      await call.post('candidates', { negotiation: call.negotiation, candidates }, 30_000).catch(note);
    }
    isSending = false;
  }

  /** Early ones wait for their description. */
  async function addCandidates({ candidates: more = [] } = {}) {
    const candidates = [...remoteCandidates, ...more].slice(-256);
    remoteCandidates = [];
    for (const candidate of candidates) {
      await pc.addIceCandidate(candidate).catch(() => remoteCandidates.push(candidate));
    }
  }

  function connectionChanged() {
    if (pc.connectionState === 'connected') {
      errors = 0;
      call.connected();
    } else if (call.state === 'active') {
      call.update({ isInterrupted: true });
    }
  }

  async function restartIce() {
    await renewServers();
    if (pc?.currentRemoteDescription && !isClosed) pc.restartIce();
  }

  async function renewServers() {
    const iceServers = await call.ringback.iceServers();
    if (iceServers === configuration.iceServers || isClosed) return;
    configuration.iceServers = iceServers;
    pc?.setConfiguration(configuration);
  }

  /** Counts while both can signal. The caller restarts first, to avoid collisions. */
  function watch() {
    renewServers().catch(note);
    const state = pc?.connectionState;
    const canSignal = [call.remoteConnection, call.ringback.connection].every((side) => side === 'online');
    lostSeconds = canSignal && !call.isRinging && state !== 'connected' ? lostSeconds + 1 : 0;
    const isTime = lostSeconds % RESTART_SECONDS === (isPolite() ? 4 : 2);
    if (lostSeconds === GIVE_UP_SECONDS) call.hangUp('ice_failed');
    else if (isTime && (state === 'disconnected' || state === 'failed')) restartIce().catch(note);
  }

  const handlers = { 'call.offer': handleOffer, 'call.answer': handleAnswer, 'call.candidates': addCandidates };
  const watching = setInterval(watch, 1_000);
  enqueue(async () => {
    await renewServers();
    if (!isClosed) replace();
  });

  return {
    restartIce,
    offer: () => enqueue(offer),
    receive: (type, data) => enqueue(() => handlers[type]?.(data)),
    mediaChanged: () => enqueue(attachMedia),
    close() {
      isClosed = true;
      clearInterval(watching);
      pc?.close();
    },
  };
}
