import { backoff, note, sleep } from './api.js';
import { TRANSPORTS } from './transports.js';

const CLIMB_MS = 8_000;

/** The events of this user over whichever transport works: down the ladder, and up again from time to time. */
export function openFeed(ringback, preference, on) {
  const { api } = ringback;
  const ladder = TRANSPORTS[preference] ? [preference] : Object.keys(TRANSPORTS);
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

  function listen(signal) {
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
    return TRANSPORTS[transport](api, { cursor, signal, deliver });
  }

  /** One rung down, if only this transport is not well. */
  async function stepDown({ status }) {
    if (isOpen || status === 401 || status === 410 || rung + 1 === ladder.length) return false;
    const isWell = await api.once('GET', '../healthz').then(() => true, () => false);
    if (isWell) rung += 1;
    return isWell;
  }

  async function isOver({ status, code }) {
    if (status !== 401) return false;
    const { token } = api;
    const isSuperseded = code === 'superseded';
    // Another socket with the same token may be the page's own, or that of the page before.
    const isGood = isSuperseded
      ? await api.once('GET', 'users/me').then(() => true, (error) => error.status !== 401)
      : await api.renew(token).catch(() => true);
    if (isGood || token !== api.token) return false;
    changed({ connection: 'over' });
    ringback.emit('signedout', { reason: isSuperseded ? code : 'unauthenticated' });
    return true;
  }

  async function run() {
    await api.renew(null).catch(note);
    for (let failures = 0; !isStopped;) {
      const { signal } = attempt = new AbortController();
      const climbing = rung && setTimeout(() => attempt.abort('climb'), climbMs *= 2);
      isOpen = false;
      const error = await listen(signal).catch((error) => error);
      clearTimeout(climbing);
      const isClimbing = signal.reason === 'climb';
      if (isClimbing) rung = 0;
      if (isStopped || await isOver(error)) return;
      if (isClimbing || await stepDown(error)) continue;
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

    /** Proves the connection, or makes a new one; a stream can't be proved, and is replaced if `anew`. */
    nudge(anew = false) {
      const isOnline = ringback.connection === 'online';
      if (isOnline && api.probe) api.probe();
      else if (anew || !isOnline) attempt.abort();
    },
  };
}
