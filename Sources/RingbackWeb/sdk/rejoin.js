/** Rejoins a call from a snapshot, after a reload or with an expired cursor. */

import { rank } from './call.js';

/** `kept`: what the page stored of this call before a reload. */
export function rejoin(call, info, kept) {
  const isTheirs = (description) => description && description.from.deviceId !== call.ringback.device.deviceId;
  const { offer, answer, candidates = [] } = info;
  const isOfferOpen = isTheirs(offer) && !(answer?.negotiation >= offer.negotiation);
  const receive = (type, data) => call.receive({ type, data });
  if (kept) {
    const { since = null, isMuted = false, isHidden = false, wanted = info.media } = kept;
    Object.assign(call, { since, isMuted, isHidden, isReturning: !call.isRinging });
    // Only devices that were in use before the reload.
    call.acquire(wanted);
  }
  call.remoteMedia = null;
  // The earlier negotiation was lost with the page.
  if (rank(info) >= 2) call.start(!isOfferOpen && (call.role === 'caller' || info.negotiation > 0));
  call.apply(info);
  if (isOfferOpen) receive('call.offer', offer);
  if (isTheirs(answer)) receive('call.answer', answer);
  receive('call.candidates', { candidates: candidates.map(({ candidate }) => candidate) });
}
