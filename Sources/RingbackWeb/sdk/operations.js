/** Operations that may go over a socket, by method and path without call id. */
const OPERATIONS = {
  'POST calls': 'invite', 'GET calls': 'listCalls', 'GET calls/': 'getCall', 'GET calls//timeline': 'getTimeline',
  'POST calls//hangup': 'hangUp', 'POST calls//offer': 'sendOffer', 'POST calls//answer': 'sendAnswer',
  'POST calls//candidates': 'addCandidates', 'PUT calls//media': 'setMedia', 'POST calls//quality': 'reportQuality',
  'GET users': 'listUsers', 'PUT users/me/watching': 'setWatching',
};
for (const op of ['alerting', 'accept', 'decline', 'cancel', 'connected']) OPERATIONS[`POST calls//${op}`] = op;

/** The server closes a socket for a longer one. */
const FRAME_BYTES = 262_144;

let count = 0;

/** `{id, frame}`; the frame is empty if the request has to go over HTTP. */
export function socketRequest(method, path, data, key) {
  const id = ++count;
  const [, callId] = /^calls\/([^/]+)/.exec(path) ?? [];
  const op = OPERATIONS[`${method} ${path.replace(callId, '')}`];
  const frame = op ? JSON.stringify({ id, op, data: { ...data, callId }, key }) : '';
  return { id, frame: new Blob([frame]).size > FRAME_BYTES ? '' : frame };
}
