/** Three ways to the one event log. Each listens until the connection is over, and then throws a `RequestError`. */

import { parseJSON, RequestError } from './api.js';

/** A proxy that swallows the stream is found out by it. */
const OPENING_MS = 7_000;
const HEARTBEAT_MS = 25_000;
const PROBE_MS = 6_000;
/** The server writes something into a stream every 15 s. */
const SILENCE_MS = 34_000;
const WAIT_SECONDS = 25;
const CLOSE_CODES = { 4500: 'unauthenticated', 4501: 'superseded' };

/** `api.probe()` asks the socket for a sign of life; one that gives none is closed. */
function webSocket(api, { cursor, signal, deliver }) {
  return new Promise((_, reject) => {
    const url = new URL('v1/socket', api.url);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, 'ringback.v1');
    let heartbeat, deadline;
    const close = (detail, code) => {
      clearTimeout(deadline);
      clearInterval(heartbeat);
      api.probe = socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      reject(new RequestError(code ? 401 : 0, { code, detail }));
    };
    const expectAnswer = (ms) => { deadline ??= setTimeout(close, ms, 'no answer'); };
    const probe = () => {
      socket.send('{"id":0,"op":"getMe"}');
      expectAnswer(PROBE_MS);
    };
    expectAnswer(OPENING_MS);
    signal.addEventListener('abort', () => close('stopped'));
    socket.onopen = () => socket.send(JSON.stringify({ op: 'hello', data: { token: api.token, cursor } }));
    socket.onclose = ({ code }) => close(`closed with ${code}`, CLOSE_CODES[code]);
    socket.onmessage = ({ data }) => {
      deadline = clearTimeout(deadline);
      const event = parseJSON(data)?.event;
      if (event?.type === 'welcome') {
        heartbeat = setInterval(probe, HEARTBEAT_MS);
        api.probe = probe;
      }
      if (event) deliver(event);
    };
  });
}

/** By `fetch`, since an EventSource sends no token and does not notice when it is dead. */
async function eventStream(api, { cursor, signal, deliver }) {
  const silence = new AbortController();
  let timer;
  const expectNews = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), ms);
  };
  try {
    expectNews(OPENING_MS);
    const options = { signal: AbortSignal.any([signal, silence.signal]), isStream: true };
    const reader = await api.once('GET', 'events/stream', cursor ? { cursor } : {}, options);
    for (let text = '', chunk; !(chunk = await reader.read()).done;) {
      expectNews(SILENCE_MS);
      const blocks = (text + chunk.value).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const event = parseJSON(/^data: (.*)$/m.exec(block)?.[1]);
        if (event) deliver(event);
      }
    }
    throw new RequestError(0, { detail: 'the stream ended' });
  } finally {
    clearTimeout(timer);
  }
}

async function longPoll(api, { cursor, signal, deliver }) {
  const ask = (path, query, timeoutMs) => api.once('GET', path, query, { signal, timeoutMs });
  // A poll does not say who asks.
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

export const TRANSPORTS = { websocket: webSocket, sse: eventStream, longpoll: longPoll };
