/** Back into a call from a snapshot: after a reload, or when the cursor was lost. */

import { rank } from './call.js';

/** `kept`: what the page has kept of this call, if it was loaded anew. */
export function rejoin(call, info, kept) {
  const isTheirs = (description) => description && description.from.deviceId !== call.ringback.device.deviceId;
  const { offer, answer, candidates = [] } = info;
  const isOfferOpen = isTheirs(offer) && !(answer?.negotiation >= offer.negotiation);
  const receive = (type, data) => call.receive({ type, data });
  if (kept) {
    const { since = null, isMuted = false, isHidden = false, wanted = info.media } = kept;
    Object.assign(call, { since, isMuted, isHidden, isReturning: !call.isRinging });
    // What the user did not give before the reload is not taken now.
    call.acquire(wanted);
  }
  call.remoteMedia = null;
  // The negotiation that took place is gone with the page before.
  if (rank(info) >= 2) call.start(!isOfferOpen && (call.role === 'caller' || info.negotiation > 0));
  call.apply(info);
  if (isOfferOpen) receive('call.offer', offer);
  if (isTheirs(answer)) receive('call.answer', answer);
  receive('call.candidates', { candidates: candidates.map(({ candidate }) => candidate) });
}
