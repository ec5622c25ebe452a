/** Calls that ring while no page is open, by Web Push; ringback.d.ts documents it. */

import { note } from './api.js';

const WORKER = new URL('ringback-push-worker.js', import.meta.url);

export const isPushSupported = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;

/** Must be called from a click, because the browser asks for permission. */
export async function enablePush(ringback, { worker = WORKER, page = location.href, words = {} } = {}) {
  if (!isPushSupported()) throw new Error('This browser does not support push.');
  const { applicationServerKey } = await ringback.request('GET', 'push');
  if (!applicationServerKey) throw new Error('The server has no key for Web Push.');
  if (await Notification.requestPermission() !== 'granted') throw new Error('Notifications are not allowed.');
  const registration = await active(await navigator.serviceWorker.register(worker));
  const options = { userVisibleOnly: true, applicationServerKey };
  const subscription = await registration.pushManager.subscribe(options).catch(async () => {
    // One with another key is in the way.
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    return registration.pushManager.subscribe(options);
  });
  await keep({
    url: ringback.api.url.href, token: ringback.api.token, page: withoutHash(new URL(page, location).href), words,
    applicationServerKey,
  });
  await ringback.request('PUT', 'push/subscription', subscription.toJSON());
  return subscription;
}

export async function disablePush(ringback, { worker = WORKER } = {}) {
  await keep(null);
  const registration = await navigator.serviceWorker?.getRegistration(worker);
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  await ringback.request('DELETE', 'push/subscription');
}

/**
 * Accepts the call whose notification was clicked, and removes notifications of calls that no longer ring. Returns a
 * function that ends it.
 */
export function followPush(ringback, { worker = WORKER, accept = (call) => call.accept() } = {}) {
  const stop = new AbortController();
  const wanted = new Set();
  const wants = (callId) => { wanted.add(callId); look(); };
  const look = () => {
    for (const call of ringback.calls) {
      if (call.isIncoming && wanted.delete(call.id)) accept(call);
    }
  };
  const clear = async () => {
    const registration = await navigator.serviceWorker?.getRegistration(worker);
    for (const notification of await registration?.getNotifications() ?? []) {
      const { callId, isMissed } = notification.data ?? {};
      if (callId && !isMissed && !ringback.find(callId)?.isIncoming) notification.close();
    }
  };
  const on = (target, type, listener) => target?.addEventListener(type, listener, { signal: stop.signal });
  on(navigator.serviceWorker, 'message', ({ data }) => { if (data?.ringbackAccept) wants(data.ringbackAccept); });
  on(ringback, 'call', look);
  on(ringback, 'change', () => { look(); clear().catch(note); });
  const [, callId] = /^#ringback-accept=([\w-]+)$/.exec(location.hash) ?? [];
  if (callId) {
    history.replaceState(history.state, '', withoutHash(location.href));
    wants(callId);
  }
  return () => stop.abort();
}

const withoutHash = (url) => url.split('#')[0];

/** A subscription needs an active worker. */
async function active(registration) {
  const worker = registration.installing ?? registration.waiting;
  if (!registration.active && worker) {
    await new Promise((resolve) => {
      worker.addEventListener('statechange', () => { if (worker.state === 'activated') resolve(); });
      if (worker.state === 'activated') resolve();
    });
  }
  return registration;
}

/** What the worker has to know when no page is open. It reads it in `recall`. */
function keep(session) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('ringback-push', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('session');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('session', 'readwrite');
      transaction.objectStore('session').put(session, 'current');
      transaction.oncomplete = () => { opening.result.close(); resolve(); };
      transaction.onabort = () => { opening.result.close(); reject(transaction.error); };
    };
  });
}
