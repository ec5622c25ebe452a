/** The service worker that shows calls while no page is open. It asks the server whether a call still rings before it shows it. */

const WORDS = {
  incoming: (name) => (name ? `${name} is calling` : 'Incoming call'), missed: (name) => (name ? `Missed call from ${name}` : 'Missed call'),
  elsewhere: 'The call was answered elsewhere', accept: 'Accept', decline: 'Decline',
};

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('push', (event) => event.waitUntil(receive(event.data?.json() ?? {})));
self.addEventListener('notificationclick', (event) => event.waitUntil(click(event)));
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew()));

async function request(session, method, path, body) {
  const response = await fetch(new URL(`v1/${path}`, session.url), {
    method, cache: 'no-store', body: body && JSON.stringify(body), signal: AbortSignal.timeout(8_000),
    headers: { Authorization: `Bearer ${session.token}`, 'Content-Type': 'application/json' },
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.status === 204 ? null : response.json();
}

async function receive({ type, callId, expiresAt }) {
  const session = await recall().catch(() => null);
  const words = { ...WORDS, ...session?.words };
  const call = session && await request(session, 'GET', `calls/${callId}`).catch(() => null);
  const name = call && isolated(await request(session, 'GET', `users/${call.caller.userId}`).then(
    ({ displayName }) => displayName, () => call.caller.userId));
  const rings = type === 'call.incoming' && Date.now() < Date.parse(expiresAt)
    && (!call || ['inviting', 'ringing'].includes(call.state));
  if (rings) return show(said(words.incoming, name), callId, {
    requireInteraction: true, renotify: true, vibrate: [400, 200, 400, 200, 400],
    actions: [{ action: 'accept', title: words.accept }, { action: 'decline', title: words.decline }],
  });
  const isMissed = type === 'call.missed' || (call?.state === 'ended' && !call.acceptedAt && call.reason !== 'declined');
  await show(isMissed ? said(words.missed, name) : words.elsewhere, callId, { silent: true }, isMissed);
  if (isMissed) return;
  // A push has to show something; what is over is not left there.
  for (const notification of await self.registration.getNotifications({ tag: callId })) notification.close();
}

// As `isolated.js`, which a worker that is not a module can't import.
const DIRECTIONS = /[\u202A-\u202E\u2066-\u2069]/g;
const isolated = (text) => (text.search(DIRECTIONS) < 0 ? text : `\u2068${text.replace(DIRECTIONS, '')}\u2069`);

const said = (text, name) => (typeof text === 'function' ? text(name) : name ? `${text}: ${name}` : text);

/** A notification of a call replaces the one before it. */
const show = (title, callId, options, isMissed = false) => self.registration.showNotification(
  title, { tag: callId, data: { callId, isMissed }, ...options });

async function click({ action, notification }) {
  const { callId, isMissed } = notification.data ?? {};
  notification.close();
  const session = await recall().catch(() => null);
  if (action === 'decline') return session && request(session, 'POST', `calls/${callId}/decline`, {});
  const isAccepted = action === 'accept' && !isMissed;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.find(({ url }) => !session || url.split('#')[0] === session.page) ?? windows[0];
  if (open) {
    await open.focus();
    if (isAccepted) open.postMessage({ ringbackAccept: callId });
  } else if (session) {
    await self.clients.openWindow(session.page + (isAccepted ? `#ringback-accept=${callId}` : ''));
  }
}

/** The browser has replaced the subscription. */
async function renew() {
  const session = await recall();
  if (!session) return;
  const { applicationServerKey } = session;
  const subscription = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  await request(session, 'PUT', 'push/subscription', subscription.toJSON());
}

/** The session that `enablePush` has kept; null without one. */
function recall() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('ringback-push', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('session');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const request = opening.result.transaction('session').objectStore('session').get('current');
      request.onsuccess = () => { opening.result.close(); resolve(request.result ?? null); };
      request.onerror = () => { opening.result.close(); reject(request.error); };
    };
  });
}
