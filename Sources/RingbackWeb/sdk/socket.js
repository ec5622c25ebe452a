import { note, parseJSON, RequestError, unanswered } from './api.js';

const ANSWER_MS = 7_000;
const HEARTBEAT_MS = 25_000;
const CLOSE_CODES = { 4500: 'unauthenticated', 4501: 'superseded' };

/** Receives events until the connection ends, then throws. Also sends requests; a missing answer ends it. */
export function webSocket(api, { cursor, signal, deliver }) {
  return new Promise((_, reject) => {
    const url = new URL('v1/socket', api.url);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, 'ringback.v1');
    const sent = new Map();
    let heartbeat, deadline;

    function close(detail, code) {
      clearTimeout(deadline);
      clearInterval(heartbeat);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      api.use(null);
      sent.forEach((request) => request.reject(unanswered(detail)));
      reject(new RequestError(code ? 401 : 0, { code, detail }));
    }

    const expectAnswer = () => { deadline ??= setTimeout(close, ANSWER_MS, 'no answer'); };
    const send = ({ id, frame }) => new Promise((resolve, reject) => {
      sent.set(id, { resolve, reject });
      socket.send(frame);
      expectAnswer();
    });
    const probe = () => send({ id: 0, frame: '{"id":0,"op":"getMe"}' }).catch(note);

    /** The server answers in order. */
    function answered({ id, status, data = null, error, retryAfterSeconds = 0 }) {
      deadline = clearTimeout(deadline);
      if (status < 400) sent.get(id)?.resolve(data);
      else sent.get(id)?.reject(new RequestError(status, { ...error, retryAfterSeconds }));
      sent.delete(id);
      if (sent.size) expectAnswer();
    }

    expectAnswer();
    signal.addEventListener('abort', () => close('stopped'));
    socket.onopen = () => socket.send(JSON.stringify({ op: 'hello', data: { token: api.token, cursor } }));
    socket.onclose = ({ code }) => close(`closed with ${code}`, CLOSE_CODES[code]);
    socket.onmessage = ({ data }) => {
      const message = parseJSON(data) ?? {};
      const { event } = message;
      if (!event) return answered(message);
      if (event.type === 'welcome') {
        deadline = clearTimeout(deadline);
        heartbeat = setInterval(probe, HEARTBEAT_MS);
        api.use({ send, probe });
      }
      deliver(event);
    };
  });
}
