/** What goes over an open socket: all that pages call, except what ends it. A name, and its path if they differ. */
const OPERATIONS = Object.entries({
  'GET ': `listUsers users
getMe users/me
listBlocks users/me/blocks
listContacts users/me/contacts
getWatching users/me/watching
getUser users/userId
getPresence users/userId/presence
listSessions sessions
getSession sessions/deviceId
getPush push
getIceServers ice-servers
listCalls calls
getCall calls/callId
getTimeline calls/callId/timeline`,
  'POST ': 'invite calls',
  'POST calls/callId/': `alerting
accept
decline
cancel
connected
hangUp hangup
markSeen seen
sendOffer offer
sendAnswer answer
addCandidates candidates
reportQuality quality`,
  'PUT ': `setMedia calls/callId/media
setWatching users/me/watching
blockUser users/me/blocks/userId
addContact users/me/contacts/userId
setPushSubscription push/subscription`,
  'PATCH ': `updateMe users/me
updateSession sessions/deviceId`,
  'DELETE ': `unblockUser users/me/blocks/userId
removeContact users/me/contacts/userId
deletePushSubscription push/subscription`,
}).flatMap(([start, lines]) => lines.split('\n').map((line) => {
  const [op, end = op] = line.split(' ');
  return [op, new RegExp(`^${(start + end).replace(/\w+Id/, '(?<$&>[^/]+)')}$`)];
}));

/** The server closes a socket for a longer one. */
const FRAME_BYTES = 262_144;

let count = 0;

/** `{id, frame}`; the frame is empty if the request has to go over HTTP. */
export function socketRequest(method, path, data, key) {
  const id = ++count;
  const request = `${method} ${decodeURIComponent(path)}`;
  const [op, route] = OPERATIONS.find(([, pattern]) => pattern.test(request)) ?? [];
  const frame = JSON.stringify({ id, op, data: { ...data, ...route?.exec(request).groups }, key });
  // Hashing a password takes long, and answers are in order.
  const isSent = op && !data.password && new Blob([frame]).size <= FRAME_BYTES;
  return { id, frame: isSent ? frame : '' };
}
