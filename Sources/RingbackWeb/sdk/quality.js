/** The quality of a call, measured once a second, with summaries for the server. */

import { note } from './api.js';

const HISTORY_SECONDS = 300;
const REPORT_SECONDS = 30;

/** Measures an active call. Dispatches `sample` for each new element of `history`; see ringback.d.ts. */
export class QualityMonitor extends EventTarget {
  history = [];
  #call;
  #before = null;
  #timer = 0;
  #seconds = 0;

  constructor(call) {
    super();
    this.#call = call;
    this.#timer = setInterval(() => this.#measure().catch(note), 1_000);
    call.addEventListener('statechange', () => {
      if (call.state !== 'ended') return;
      clearInterval(this.#timer);
      this.#report(true);
    });
  }

  async #measure() {
    const { peerConnection } = this.#call;
    if (peerConnection?.connectionState !== 'connected') return;
    const now = { at: Date.now(), ...qualitySummary(await peerConnection.getStats()) };
    if (this.#before && now.at > this.#before.at) {
      this.history = [...this.history, qualitySample(this.#before, now)].slice(-HISTORY_SECONDS);
      this.dispatchEvent(new Event('sample'));
    }
    this.#before = now;
    if (++this.#seconds % REPORT_SECONDS === 0) this.#report(false);
  }

  #report(final) {
    if (!this.#before) return;
    const { at, ...summary } = this.#before;
    this.#call.post('quality', { ...summary, final }, 10_000).catch(note);
  }
}

/** Totals and current values from `getStats()` (W3C webrtc-stats). */
export function qualitySummary(report) {
  const stats = [...report.values()];
  const inbound = stats.filter(({ type }) => type === 'inbound-rtp');
  const outbound = stats.filter(({ type }) => type === 'outbound-rtp');
  const videos = inbound.filter(({ kind }) => kind === 'video');
  const [video = {}] = videos.sort((a, b) => (b.frameWidth ?? 0) - (a.frameWidth ?? 0));
  const pair = selectedPair(report, stats) ?? {};
  const sum = (entries, name) => Math.max(0, entries.reduce((total, entry) => total + (entry[name] ?? 0), 0));
  const isRelay = (id) => report.get(id)?.candidateType === 'relay';
  const summary = {
    roundTripTimeMs: pair.currentRoundTripTime * 1_000,
    jitterMs: Math.max(0, ...inbound.map(({ jitter = 0 }) => jitter)) * 1_000,
    packetsLost: sum(inbound, 'packetsLost'),
    packetsSent: sum(outbound, 'packetsSent'),
    packetsReceived: sum(inbound, 'packetsReceived'),
    bytesSent: sum(outbound, 'bytesSent'),
    bytesReceived: sum(inbound, 'bytesReceived'),
    availableOutgoingBitrate: pair.availableOutgoingBitrate,
    framesPerSecond: video.framesPerSecond,
    frameWidth: video.frameWidth,
    frameHeight: video.frameHeight,
    path: pair.id && (isRelay(pair.localCandidateId) || isRelay(pair.remoteCandidateId) ? 'relayed' : 'direct'),
  };
  const isKnown = ([, value]) => typeof value === 'string' || Number.isFinite(value);
  return Object.fromEntries(Object.entries(summary).filter(isKnown));
}

/** Firefox has no `transport` and marks the pair itself. */
function selectedPair(report, stats) {
  const id = stats.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  return report.get(id) ?? stats.find(({ type, selected }) => type === 'candidate-pair' && selected);
}

/** The changes between two summaries, for a chart. */
export function qualitySample(before, now) {
  const grown = (name) => Math.max(0, now[name] - before[name]);
  const bitrate = (name) => grown(name) * 8_000 / (now.at - before.at);
  const lost = grown('packetsLost');
  const { at, roundTripTimeMs, frameWidth, frameHeight, framesPerSecond, path } = now;
  return {
    at, roundTripTimeMs, frameWidth, frameHeight, framesPerSecond, path,
    receivedBitrate: bitrate('bytesReceived'),
    sentBitrate: bitrate('bytesSent'),
    lossPercent: lost && 100 * lost / (lost + grown('packetsReceived')),
  };
}
