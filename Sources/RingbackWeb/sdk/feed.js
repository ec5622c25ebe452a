import { backoff, note, sleep } from './api.js';
import { webSocket } from './socket.js';

const CLIMB_MS = 8_000;
const LADDER = ['websocket', 'sse', 'longpoll'];

const trouble = () => import('./trouble.js');

/** The user's events over the best transport that works; better ones are retried from time to time. */
export function openFeed(ringback, preference, on) {
  const { api } = ringback;
  const ladder = LADDER.includes(preference) ? [preference] : LADDER;
  let cursor;
  let rung = 0;
  let climbMs = CLIMB_MS;
  let attempt = new AbortController();
  let isOpen = false;
  let isStopped = false;

  ringback.transport = ladder[0];

  function changed(changes) {
    Object.assign(ringback, changes);
    ringback.emit('connection');
  }

  async function listen(signal) {
    const transport = ladder[rung];
    const welcome = ({ device, calls, ...more }) => {
      isOpen = true;
      cursor = more.cursor;
      if (!rung) climbMs = CLIMB_MS;
      changed({ device, transport, connection: 'online' });
      on.welcome(calls);
    };
    const deliver = (event) => {
      if (event.type === 'welcome') return welcome(event.data);
      cursor = event.cursor ?? cursor;
      on.event(event);
    };
    const open = transport === 'websocket' ? webSocket : (await trouble())[transport];
    return open(api, { cursor, signal, deliver });
  }

  async function run() {
    await api.renew(null).catch(note);
    for (let failures = 0; !isStopped;) {
      const { signal } = attempt = new AbortController();
      const climbing = rung && setTimeout(() => attempt.abort('climb'), climbMs *= 2);
      isOpen = false;
      const error = await listen(signal).catch((error) => error);
      clearTimeout(climbing);
      if (signal.reason === 'climb') {
        rung = 0;
        continue;
      }
      if (isStopped) return;
      const reason = (!isOpen || error.status === 401) && await trouble()
        .then(({ consequence }) => consequence(api, error, !isOpen && rung + 1 < ladder.length)).catch(note);
      if (reason === 'next') {
        rung += 1;
        continue;
      }
      if (reason) {
        changed({ connection: 'over' });
        return on.over(reason);
      }
      note(error);
      changed({ connection: 'reconnecting' });
      if (isOpen) failures = 0;
      if (error.status === 410) cursor = undefined;
      attempt = new AbortController();
      await sleep(backoff(failures++), attempt.signal);
    }
  }

  run();
  return {
    stop() {
      isStopped = true;
      attempt.abort();
    },

    renew() { attempt.abort(); },

    /** Probes the connection, or makes a new one; a stream can't be probed, and is replaced if `anew`. */
    nudge(anew = false) {
      if (api.socket) api.socket.probe();
      else if (anew || ringback.connection !== 'online') attempt.abort();
    },
  };
}
