/** Loaded when a connection was refused: other transports, and the meaning of the refusal. */

import { parseJSON, RequestError, unanswered } from './api.js';

/** The timeout detects a proxy that buffers the stream. */
const OPENING_MS = 7_000;
/** The server writes to a stream at least every 15 s. */
const SILENCE_MS = 34_000;
const WAIT_SECONDS = 25;

/** With `fetch`: an EventSource can't send a token and does not detect a dead connection. */
export async function sse(api, { cursor, signal, deliver }) {
  const silence = stopper(signal);
  let timer;
  const expectNews = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), ms);
  };
  try {
    expectNews(OPENING_MS);
    const url = new URL('v1/events/stream', api.url);
    if (cursor) url.searchParams.set('cursor', cursor);
    const headers = { Authorization: `Bearer ${api.token}` };
    const response = await fetch(url, { headers, cache: 'no-store', signal: silence.signal })
      .catch(({ message }) => { throw unanswered(message); });
    if (!response.ok) throw new RequestError(response.status, parseJSON(await response.text()) ?? {});
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = '', chunk; !(chunk = await reader.read()).done;) {
      expectNews(SILENCE_MS);
      const blocks = (text + chunk.value).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const event = parseJSON(/^data: (.*)$/m.exec(block)?.[1]);
        if (event) deliver(event);
      }
    }
    throw unanswered('the stream ended');
  } finally {
    clearTimeout(timer);
  }
}

export async function longpoll(api, { cursor, signal, deliver }) {
  const ask = (path, query, timeoutMs) => {
    const stop = stopper(signal);
    return api.once('GET', path, query, { stop, timeoutMs }).finally(() => stop.abort());
  };
  // A poll does not report the device.
  const [{ userId }, { items }] = await Promise.all([ask('users/me'), ask('sessions')]);
  const device = { userId, deviceId: items.find(({ current }) => current)?.deviceId };
  for (let waitSeconds = 0; ; waitSeconds = WAIT_SECONDS) {
    const answer = await ask('events', cursor ? { cursor, waitSeconds, limit: 100 } : {}, (waitSeconds + 12) * 1_000);
    const { calls } = answer;
    if (!waitSeconds) deliver({ type: 'welcome', data: { device, calls, cursor: cursor ?? answer.cursor } });
    answer.events.forEach(deliver);
    cursor = answer.cursor;
  }
}

/** Aborts with `signal` and on its own. */
function stopper(signal) {
  const controller = new AbortController();
  if (signal.aborted) controller.abort();
  signal.addEventListener('abort', () => controller.abort(), { signal: controller.signal });
  return controller;
}

/** `next` if only this transport fails and there `isAnother`, else the reason to give up, or null. */
export async function consequence(api, error, isAnother) {
  const mayFallBack = isAnother && ![401, 410].includes(error.status);
  if (mayFallBack && await api.once('GET', '../healthz').then(() => true, () => false)) return 'next';
  return refusal(api, error);
}

/**
 * Why no connection will be accepted: `superseded`, `unauthenticated` or `origin_not_allowed`. Null if a later one may
 * be.
 */
async function refusal(api, { status, code }) {
  if (status !== 401) return await isOriginRefused(api.url) ? 'origin_not_allowed' : null;
  const { token } = api;
  const isSuperseded = code === 'superseded';
  // Another socket with the same token may belong to this page, or to it before a reload.
  const isGood = isSuperseded
    ? await api.once('GET', 'users/me').then(() => true, (error) => error.status !== 401)
    : await api.renew(token).catch(() => true);
  if (isGood || token !== api.token) return null;
  return isSuperseded ? code : 'unauthenticated';
}

/** Whether the server answers, but not to pages of this origin. */
async function isOriginRefused(url) {
  const { origin } = location;
  const answers = (mode) => fetch(new URL('healthz', url), { mode, cache: 'no-store' }).then(() => true, () => false);
  if (url.origin === origin || await answers('cors') || !await answers('no-cors')) return false;
  console.error(`ringback: ${url.origin} refuses pages of ${origin}; start it with --allowed-origins ${origin}`);
  return true;
}
