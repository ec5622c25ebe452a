/**
 * Three ways to the one event log. Each is `(api, {cursor, signal, welcome, event})`: it listens until the connection is
 * over and then throws an `Interrupted`.
 */

import { parseJSON } from './api.js';

/** How long a transport may take until its `welcome`; a proxy that swallows the stream is found out by it. */
const OPENING_MS = 7_000;
const HEARTBEAT_MS = 25_000;
const PROBE_MS = 6_000;
const STREAM_CHECK_MS = 30_000;
const WAIT_SECONDS = 25;
const TYPES = ['incoming', 'ringing', 'accepted', 'active', 'ended', 'stopped', 'offer', 'answer', 'candidates', 'media',
  'participant'].map((name) => `call.${name}`).concat('presence');

/** A connection is over; `verdict` says what to do: retry, unauthenticated, superseded, expired. */
export class Interrupted extends Error {
  constructor(verdict, why = '') {
    super(`${verdict} ${why}`);
    this.verdict = verdict;
  }

  static by(error) {
    if (error instanceof Interrupted) return error;
    return new Interrupted({ 401: 'unauthenticated', 410: 'expired' }[error.status] ?? 'retry', error.message);
  }
}

/** Events as frames of a WebSocket. `api.probe()` asks it for a sign of life; a socket that gives none is closed. */
function webSocket(api, { cursor, signal, welcome, event }) {
  return new Promise((_, reject) => {
    const url = new URL('v1/socket', api.url);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, 'ringback.v1');
    let heartbeat, deadline;
    const close = (why, verdict = 'retry') => {
      clearTimeout(deadline);
      clearInterval(heartbeat);
      api.probe = null;
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      reject(new Interrupted(verdict, why));
    };
    const expectAnswer = (ms) => { deadline ??= setTimeout(() => close('no answer'), ms); };
    const probe = () => {
      socket.send('{"id":0,"op":"getMe"}');
      expectAnswer(PROBE_MS);
    };
    expectAnswer(OPENING_MS);
    signal.addEventListener('abort', () => close('stopped'), { once: true });
    socket.onopen = () => {
      const { token } = api;
      socket.send(JSON.stringify({ op: 'hello', data: cursor ? { token, cursor } : { token } }));
    };
    socket.onclose = ({ code }) => close(`closed with ${code}`, { 4500: 'unauthenticated', 4501: 'superseded' }[code]);
    socket.onmessage = ({ data }) => {
      deadline = clearTimeout(deadline);
      const frame = parseJSON(data);
      if (frame?.event?.type === 'welcome') {
        heartbeat = setInterval(probe, HEARTBEAT_MS);
        api.probe = probe;
        welcome(frame.event.data);
      } else if (frame?.event) {
        event(frame.event);
      }
    };
  });
}

/** Events as a stream of server-sent events; each connection needs a ticket, since an EventSource sends no headers. */
async function eventStream(api, { cursor, signal, welcome, event }) {
  const { ticket } = await api.once('POST', 'tickets', {}, { signal });
  const query = new URLSearchParams(cursor ? { ticket, cursor } : { ticket });
  const source = new EventSource(new URL(`v1/events/stream?${query}`, api.url));
  let isOpen = false, checking;
  // A connection that dies without a word raises no error: does the server answer, and has it news that did not come?
  const check = async (over, fail) => {
    const before = cursor;
    try {
      const { events } = await api.once('GET', 'events', { cursor, waitSeconds: 0 }, { signal, timeoutMs: PROBE_MS });
      if (events.length) setTimeout(() => { if (cursor === before) over(); }, PROBE_MS);
    } catch (error) {
      // A server that is busy has answered.
      if (error.status < 429) fail(error);
    }
  };
  await new Promise((over, fail) => {
    const opening = setTimeout(over, OPENING_MS);
    signal.addEventListener('abort', over, { once: true });
    source.onerror = over;
    source.addEventListener('welcome', ({ data }) => {
      isOpen = true;
      clearTimeout(opening);
      const { data: greeting } = JSON.parse(data);
      cursor = greeting.cursor;
      checking = setInterval(check, STREAM_CHECK_MS, over, fail);
      welcome(greeting);
    });
    for (const type of TYPES) {
      source.addEventListener(type, ({ data }) => {
        const news = JSON.parse(data);
        cursor = news.cursor ?? cursor;
        event(news);
      });
    }
  }).finally(() => {
    clearInterval(checking);
    source.close();
  });
  // An EventSource hides why it failed to open. A poll tells: 401, 410 or nothing.
  if (!isOpen && cursor) await api.once('GET', 'events', { cursor, waitSeconds: 0 }, { signal });
  throw new Interrupted('retry', 'the stream ended');
}

/** Events by asking again and again; works through anything that lets HTTP through. */
async function longPoll(api, { cursor, signal, welcome, event }) {
  const ask = (path, query, timeoutMs) => api.once('GET', path, query, { signal, timeoutMs });
  // A poll does not say who asks.
  const [{ userId }, { items }] = await Promise.all([ask('users/me'), ask('sessions')]);
  const device = { userId, deviceId: items.find(({ current }) => current)?.deviceId };
  for (let waitSeconds = 0; ; waitSeconds = WAIT_SECONDS) {
    const answer = await ask('events', cursor ? { cursor, waitSeconds, limit: 100 } : {}, (waitSeconds + 12) * 1_000);
    if (!waitSeconds) welcome({ device, cursor: cursor ?? answer.cursor, calls: answer.calls });
    answer.events.forEach(event);
    cursor = answer.cursor;
  }
}

export const TRANSPORTS = { websocket: webSocket, sse: eventStream, longpoll: longPoll };
