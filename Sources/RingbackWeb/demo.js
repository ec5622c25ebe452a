/**
 * The demo of Ringback: sign in by name, see who is online, call.
 *
 * One ES module without a build step, in this order:
 *
 *   1. Small tools             sleep, backoff, storage
 *   2. Server                  one request, retried until it is answered; problems (RFC 9457)
 *   3. Transports and Feed     WebSocket, server-sent events, long-poll; one cursor over all three
 *   4. Local media and tones   getUserMedia; the ring tone and the ringback tone
 *   5. PeerSession             RTCPeerConnection, perfect negotiation (JSEP, RFC 8829), trickle ICE (RFC 8838)
 *   6. Phone                   the calls of this device
 *   7. Words                   what is going on, and why a call did not come about
 *   8. Account and Directory   signing in; the people and their presence
 *   9. View                    the document follows the state; it never decides
 *  10. Start
 */

// MARK: 1. Small tools

const $ = (id) => document.getElementById(id);
const page = new URLSearchParams(location.search);

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts. */
const sleep = (ms, signal) => new Promise((resolve) => {
  if (signal?.aborted) return resolve();
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
});

/** Half to one and a half times `ms`, so that many pages do not come back in the same instant. */
const jittered = (ms) => ms * (0.5 + Math.random());

/** Jittered exponential backoff in milliseconds, bounded by `most`. */
const backoff = (attempt, most = 5_000) => jittered(Math.min(most, 250 * 2 ** Math.min(attempt, 10)));

/** A random string of `length` letters and digits; `getRandomValues` also works where `randomUUID` does not. */
function randomString(length = 22) {
  const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}

const log = (...words) => console.debug('ringback:', ...words);

/** A JSON value in web storage; storage that is full or forbidden is the same as empty. */
class Stored {
  constructor(storage, key) {
    this.storage = storage;
    this.key = `ringback.${key}`;
  }

  get value() {
    try {
      return JSON.parse(this.storage.getItem(this.key));
    } catch {
      return null;
    }
  }

  set value(value) {
    try {
      if (value === null || value === undefined) this.storage.removeItem(this.key);
      else this.storage.setItem(this.key, JSON.stringify(value));
    } catch (error) {
      log('storage', error);
    }
  }
}

// MARK: 2. Server

/** operationId → method and path, as in openapi.yaml. */
const OPERATIONS = {
  registerUser: 'POST /v1/users',
  listUsers: 'GET /v1/users',
  getMe: 'GET /v1/users/me',
  setWatching: 'PUT /v1/users/me/watching',
  getUser: 'GET /v1/users/{userId}',
  createSession: 'POST /v1/sessions',
  deleteSession: 'DELETE /v1/sessions/{deviceId}',
  createTicket: 'POST /v1/tickets',
  invite: 'POST /v1/calls',
  listCalls: 'GET /v1/calls',
  getCall: 'GET /v1/calls/{callId}',
  alerting: 'POST /v1/calls/{callId}/alerting',
  accept: 'POST /v1/calls/{callId}/accept',
  decline: 'POST /v1/calls/{callId}/decline',
  cancel: 'POST /v1/calls/{callId}/cancel',
  connected: 'POST /v1/calls/{callId}/connected',
  hangUp: 'POST /v1/calls/{callId}/hangup',
  sendOffer: 'POST /v1/calls/{callId}/offer',
  sendAnswer: 'POST /v1/calls/{callId}/answer',
  addCandidates: 'POST /v1/calls/{callId}/candidates',
  setMedia: 'PUT /v1/calls/{callId}/media',
  reportQuality: 'POST /v1/calls/{callId}/quality',
  pollEvents: 'GET /v1/events',
  getIceServers: 'GET /v1/ice-servers',
};

/** Operations that stay on HTTP even while a socket is open. */
const HTTP_ONLY = new Set(['registerUser', 'createSession', 'deleteSession', 'createTicket', 'pollEvents']);

/** Operations that go without a token. */
const ANONYMOUS = new Set(['registerUser', 'createSession']);

/** The server answered, and the answer is no: a problem document. */
class Problem extends Error {
  constructor(status, body, retryAfterSeconds = 0) {
    super(body?.detail || body?.title || `HTTP ${status}`);
    this.status = status;
    this.code = body?.code ?? 'internal';
    this.retryable = body?.retryable ?? status >= 500;
    this.callState = body?.callState;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer came: whether the request was carried out is unknown, so it is sent again with the same key. */
class Unanswered extends Error {}

/** One request at a time, over the open socket or by fetch, repeated until it is answered or patience is over. */
class Server {
  /** The bearer token of this device. */
  token = null;
  /** The open WebSocket transport, if there is one. */
  socket = null;
  /** `async (usedToken) → boolean`: gets a new token after a 401; true if there is one now. */
  renewToken = async () => false;
  /** The renewal under way. */
  renewal = null;
  #waking = new AbortController();

  /**
   * Carries out one operation.
   *
   * @param {keyof OPERATIONS} operation
   * @param {object} data path parameters, query parameters and body fields by their names
   * @param {{patienceMs?: number}} options for how long to go on after network errors, 503 and 429
   * @throws {Problem} the server's answer
   * @throws {Unanswered} no answer in time
   */
  async request(operation, data = {}, { patienceMs = 15_000 } = {}) {
    const key = OPERATIONS[operation].startsWith('GET') ? undefined : randomString();
    const deadline = performance.now() + patienceMs;
    for (let attempt = 0; ; attempt++) {
      const token = this.token;
      try {
        return await this.#send(operation, data, key);
      } catch (error) {
        const isTokenOver = error.status === 401 && !ANONYMOUS.has(operation);
        if (isTokenOver && attempt === 0 && await this.renewToken(token)) continue;
        const pause = Server.#pauseBefore(error, attempt);
        if (pause === null || performance.now() + pause > deadline) throw error;
        await sleep(pause, this.#waking.signal);
      }
    }
  }

  /** The server is back: whoever waits to try again tries now. */
  wakeUp() {
    this.#waking.abort();
    this.#waking = new AbortController();
  }

  /** How long to wait before the next attempt; null if there is no use in one. */
  static #pauseBefore(error, attempt) {
    if (error instanceof Unanswered) return backoff(attempt, 2_000);
    if (error instanceof Problem && error.status === 429) return Math.max(500, error.retryAfterSeconds * 1_000);
    if (error instanceof Problem && error.retryable && error.status >= 500) return backoff(attempt + 1, 2_000);
    return null;
  }

  #send(operation, data, key) {
    if (this.socket && !HTTP_ONLY.has(operation)) return this.socket.call(operation, data, key);
    return this.fetch(operation, data, { key });
  }

  /** The same operation over HTTP, once. */
  async fetch(operation, data = {}, { key, signal, timeoutMs = 12_000 } = {}) {
    const { method, path, rest } = Server.#address(operation, data);
    const headers = {};
    if (this.token && !ANONYMOUS.has(operation)) headers.Authorization = `Bearer ${this.token}`;
    if (key) headers['Idempotency-Key'] = key;
    const hasBody = method !== 'GET' && method !== 'DELETE';
    if (hasBody) headers['Content-Type'] = 'application/json';
    const query = method === 'GET' && Object.keys(rest).length ? `?${new URLSearchParams(rest)}` : '';
    const timeout = AbortSignal.timeout(timeoutMs);
    let response, text;
    try {
      response = await fetch(path + query, {
        method,
        headers,
        body: hasBody ? JSON.stringify(rest) : undefined,
        cache: 'no-store',
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      text = await response.text();
    } catch (error) {
      throw new Unanswered(`${operation}: ${error.message}`);
    }
    const body = parseJSON(text);
    if (response.ok) return body;
    throw new Problem(response.status, body, Number(response.headers.get('Retry-After')) || 0);
  }

  static #address(operation, data) {
    const [method, template] = OPERATIONS[operation].split(' ');
    const rest = { ...data };
    const path = template.replace(/\{(\w+)\}/g, (_, name) => {
      delete rest[name];
      return encodeURIComponent(data[name]);
    });
    return { method, path, rest };
  }
}

function parseJSON(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// MARK: 3. Transports and Feed

/** How long a transport may take until its `welcome`; a proxy that swallows the stream is found out by it. */
const OPENING_MS = 7_000;

/** A connection is over. `verdict` says what to do about it. */
class Interrupted extends Error {
  /** @param {'retry'|'unauthenticated'|'superseded'|'expired'|'stopped'} verdict */
  constructor(verdict, why = '') {
    super(`${verdict} ${why}`);
    this.verdict = verdict;
  }

  /** The verdict that stands in an HTTP answer. */
  static by(error) {
    if (error instanceof Interrupted) return error;
    if (error.status === 401) return new Interrupted('unauthenticated', error.message);
    if (error.status === 410) return new Interrupted('expired', error.message);
    return new Interrupted('retry', error.message);
  }
}

/**
 * @typedef {object} Connection what a transport is given for one connection
 * @property {string|null} cursor where to go on from; null asks for a snapshot
 * @property {AbortSignal} signal
 * @property {(welcome: {cursor: string, calls?: object[]}) => void} onWelcome called once, when it is open
 * @property {(event: object) => void} onEvent
 */

/** Events as frames of a WebSocket, which carries requests too. */
class WebSocketTransport {
  static HEARTBEAT_MS = 25_000;
  static ANSWER_MS = 12_000;
  static PROBE_MS = 6_000;
  #socket;
  #nextId = 1;
  #waiting = new Map();
  #close = () => {};

  constructor(server) {
    this.server = server;
  }

  /** @param {Connection} connection */
  run({ cursor, signal, onWelcome, onEvent }) {
    return new Promise((_, reject) => {
      const url = new URL('/v1/socket', location.href);
      url.protocol = url.protocol.replace('http', 'ws');
      const socket = this.#socket = new WebSocket(url, 'ringback.v1');
      let heartbeat = 0;
      const close = this.#close = (interrupted) => {
        clearTimeout(opening);
        clearInterval(heartbeat);
        socket.onopen = socket.onmessage = socket.onclose = null;
        if (this.server.socket === this) this.server.socket = null;
        for (const { reject } of this.#waiting.values()) reject(new Unanswered('the socket closed'));
        this.#waiting.clear();
        socket.close();
        reject(interrupted);
      };
      const opening = setTimeout(() => close(new Interrupted('retry', 'no welcome')), OPENING_MS);
      signal.addEventListener('abort', () => close(new Interrupted('stopped')), { once: true });
      socket.onopen = () => {
        const data = cursor ? { token: this.server.token, cursor } : { token: this.server.token };
        socket.send(JSON.stringify({ op: 'hello', data }));
      };
      socket.onclose = ({ code }) => close(new Interrupted(WebSocketTransport.#verdict(code), `closed with ${code}`));
      socket.onmessage = ({ data }) => {
        const frame = parseJSON(data);
        if (!frame?.event) return this.#settle(frame);
        if (frame.event.type !== 'welcome') return onEvent(frame.event);
        clearTimeout(opening);
        heartbeat = setInterval(() => this.probe(), WebSocketTransport.HEARTBEAT_MS);
        this.server.socket = this;
        onWelcome(frame.event.data);
      };
    });
  }

  /** Asks the server for a sign of life; a socket that gives none is closed. */
  probe() {
    this.call('getMe', {}, undefined, WebSocketTransport.PROBE_MS).catch(() => {});
  }

  /** One request over the socket. */
  call(op, data, key, answerMs = WebSocketTransport.ANSWER_MS) {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const timer = setTimeout(() => this.#close(new Interrupted('retry', 'no answer')), answerMs);
      const settled = (then) => (value) => { clearTimeout(timer); then(value); };
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.#socket.send(JSON.stringify({ id, op, data, key }));
    });
  }

  #settle(frame) {
    const waiting = this.#waiting.get(frame?.id);
    if (!waiting) return;
    this.#waiting.delete(frame.id);
    if (frame.status < 400) waiting.resolve(frame.data ?? null);
    else waiting.reject(new Problem(frame.status, frame.error, frame.error?.retryAfterSeconds));
  }

  static #verdict(code) {
    if (code === 4500) return 'unauthenticated';
    if (code === 4501) return 'superseded';
    return 'retry';
  }
}

/** Events as a stream of server-sent events; each connection needs a ticket, since an EventSource sends no headers. */
class EventStreamTransport {
  static TYPES = ['call.incoming', 'call.ringing', 'call.accepted', 'call.active', 'call.ended', 'call.stopped',
    'call.offer', 'call.answer', 'call.candidates', 'call.media', 'call.participant', 'presence'];

  constructor(server) {
    this.server = server;
  }

  /** @param {Connection} connection */
  async run({ cursor, signal, onWelcome, onEvent }) {
    const { ticket } = await this.server.fetch('createTicket', {}, { signal });
    const opened = await this.#listen(ticket, { cursor, signal, onWelcome, onEvent });
    // An EventSource hides why it failed to open. A poll tells: 401, 410 or nothing.
    if (!opened && cursor) {
      await this.server.fetch('pollEvents', { cursor, waitSeconds: 0 }, { signal });
    }
    throw new Interrupted('retry', 'the stream ended');
  }

  /** Resolves at the end of the stream: had it been open? */
  #listen(ticket, { cursor, signal, onWelcome, onEvent }) {
    return new Promise((resolve) => {
      const query = new URLSearchParams(cursor ? { ticket, cursor } : { ticket });
      const source = new EventSource(`/v1/events/stream?${query}`);
      let opened = false;
      const close = () => {
        clearTimeout(opening);
        source.close();
        resolve(opened);
      };
      const opening = setTimeout(close, OPENING_MS);
      signal.addEventListener('abort', close, { once: true });
      source.onerror = close;
      source.addEventListener('welcome', ({ data }) => {
        opened = true;
        clearTimeout(opening);
        onWelcome(JSON.parse(data).data);
      });
      for (const type of EventStreamTransport.TYPES) {
        source.addEventListener(type, ({ data }) => onEvent(JSON.parse(data)));
      }
    });
  }
}

/** Events by asking again and again; works through anything that lets HTTP through. */
class LongPollTransport {
  static WAIT_SECONDS = 25;

  constructor(server) {
    this.server = server;
  }

  /** @param {Connection} connection */
  async run({ cursor, signal, onWelcome, onEvent }) {
    let welcomed = false;
    while (!signal.aborted) {
      const waitSeconds = welcomed ? LongPollTransport.WAIT_SECONDS : 0;
      const query = cursor ? { cursor, waitSeconds, limit: 100 } : {};
      const answer = await this.server.fetch('pollEvents', query, { signal, timeoutMs: (waitSeconds + 12) * 1_000 });
      if (!welcomed) onWelcome({ cursor: cursor ?? answer.cursor, calls: answer.calls });
      welcomed = true;
      answer.events.forEach(onEvent);
      cursor = answer.cursor;
    }
    throw new Interrupted('stopped');
  }
}

const TRANSPORTS = { websocket: WebSocketTransport, sse: EventStreamTransport, longpoll: LongPollTransport };

/**
 * The events of this user, over whichever transport works, each once and in order.
 *
 * `auto` begins with the WebSocket and goes one rung down whenever a transport does not open although the server is
 * well; from time to time it tries to go up again. The cursor goes with it, so nothing is lost on the way.
 */
class Feed {
  static LADDER = ['websocket', 'sse', 'longpoll'];
  /** @type {'online'|'reconnecting'} */
  connection = 'reconnecting';
  /** The transport in use. */
  kind = null;
  #cursor = null;
  #seen = new Set();
  #rung = 0;
  #climbMs = 15_000;
  #attempt = new AbortController();
  #stopped = true;

  /**
   * @param {Server} server
   * @param {'auto'|'websocket'|'sse'|'longpoll'} preference
   * @param {{onSnapshot, onEvent, onChange, onSuperseded, onUnauthenticated}} on
   */
  constructor(server, preference, on) {
    this.server = server;
    this.ladder = preference === 'auto' ? Feed.LADDER : [preference];
    this.on = on;
    this.kind = this.ladder[0];
  }

  /** Begins with a snapshot of the calls that are live. */
  start() {
    this.#cursor = null;
    this.#stopped = false;
    this.#run();
  }

  stop() {
    this.#stopped = true;
    this.#attempt.abort();
  }

  /** Prove the connection, or make a new one at once. A stream that is open can't be proved: `anew` replaces it. */
  nudge({ anew = false } = {}) {
    if (this.connection === 'online' && this.server.socket) this.server.socket.probe();
    else if (anew || this.connection !== 'online') this.#attempt.abort();
  }

  async #run() {
    for (let failures = 0; !this.#stopped;) {
      const attempt = this.#attempt = new AbortController();
      let opened = false;
      const climb = this.#rung > 0 ? setTimeout(() => this.#climb(attempt), this.#climbMs) : 0;
      const interrupted = await this.#connect(attempt.signal, () => { opened = true; failures = 0; });
      clearTimeout(climb);
      if (this.#stopped) return;
      if (attempt.climbing) continue;
      log(this.kind, interrupted.message);
      if (await this.#isOver(interrupted)) return;
      if (!opened && await this.#stepDown(interrupted)) continue;
      this.#setConnection('reconnecting');
      // A nudge breaks the pause off as well.
      const pause = this.#attempt = new AbortController();
      if (interrupted.verdict !== 'expired') await sleep(backoff(failures++), pause.signal);
    }
  }

  async #connect(signal, onOpen) {
    const kind = this.ladder[this.#rung];
    const transport = new TRANSPORTS[kind](this.server);
    try {
      await transport.run({
        cursor: this.#cursor,
        signal,
        onWelcome: (welcome) => { onOpen(); this.#welcome(kind, welcome); },
        onEvent: (event) => this.#deliver(event),
      });
    } catch (error) {
      return Interrupted.by(error);
    }
    return new Interrupted('retry');
  }

  #welcome(kind, { cursor, calls }) {
    this.kind = kind;
    this.#cursor = cursor;
    if (this.#rung === 0) this.#climbMs = 15_000;
    this.#setConnection('online');
    this.server.wakeUp();
    if (calls) this.on.onSnapshot(calls);
  }

  /** Delivery is at least once: an event that was here before is left out. */
  #deliver(event) {
    if (event.cursor) this.#cursor = event.cursor;
    if (event.id) {
      if (this.#seen.has(event.id)) return;
      this.#seen.add(event.id);
      if (this.#seen.size > 1_000) this.#seen.delete(this.#seen.values().next().value);
    }
    this.on.onEvent(event);
  }

  /** Up to the WebSocket again; if it still does not open, one failure leads back down. */
  #climb(attempt) {
    attempt.climbing = true;
    this.#rung = 0;
    this.#climbMs = Math.min(this.#climbMs * 2, 300_000);
    attempt.abort();
  }

  /** One rung down if the server is well and only this transport is not. */
  async #stepDown({ verdict }) {
    if (verdict !== 'retry' || this.#rung + 1 >= this.ladder.length) return false;
    const isWell = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(5_000) })
      .then(({ ok }) => ok, () => false);
    if (isWell) this.#rung += 1;
    return isWell;
  }

  /** Deals with what only a new token or a new snapshot mends; true if there is nothing more to do. */
  async #isOver({ verdict }) {
    if (verdict === 'expired') this.#cursor = null;
    if (verdict === 'superseded') {
      await this.server.renewal?.catch(() => {});
      const token = this.server.token;
      // The page's own new sign-in supersedes its old socket, and a dying page its heir's. Does the token still count?
      const refused = await this.server.fetch('getMe').then(() => false, (error) => error.status === 401);
      if (refused && token === this.server.token) this.on.onSuperseded();
      return refused && token === this.server.token;
    }
    if (verdict !== 'unauthenticated') return false;
    try {
      if (await this.server.renewToken(this.server.token)) return false;
    } catch {
      return false;
    }
    this.on.onUnauthenticated();
    return true;
  }

  #setConnection(connection) {
    this.connection = connection;
    this.on.onChange();
  }
}

// MARK: 4. Local media and tones

/** Microphone and camera of one call. What is missing is said in words, and the call goes on without it. */
class LocalMedia {
  stream = new MediaStream();
  muted = false;
  cameraOff = false;
  /** Why something is missing, in words; empty if nothing is. */
  notice = '';
  acquiring = false;

  /** @param {() => void} onChange a track came or went */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** Asks for both; where that fails, for each alone. Never throws. */
  async acquire() {
    if (!navigator.mediaDevices) {
      this.notice = 'This browser gives camera and microphone only to pages over https or on localhost. '
        + 'You can see and hear, but are not seen or heard.';
      return;
    }
    this.acquiring = true;
    const video = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' };
    const missing = [];
    const take = async (constraints) => this.#adopt(await navigator.mediaDevices.getUserMedia(constraints));
    try {
      await take({ audio: true, video });
    } catch {
      await take({ audio: true }).catch((error) => missing.push(['microphone', error]));
      await take({ video }).catch((error) => missing.push(['camera', error]));
    }
    this.acquiring = false;
    this.notice = missingMediaWords(missing);
    this.onChange();
  }

  #adopt(stream) {
    if (this.stopped) return stream.getTracks().forEach((track) => track.stop());
    for (const track of stream.getTracks()) {
      this.stream.addTrack(track);
      track.addEventListener('ended', () => this.#lose(track));
    }
    this.#enable();
    this.onChange();
  }

  #lose(track) {
    this.stream.removeTrack(track);
    this.notice = `The ${track.kind === 'video' ? 'camera' : 'microphone'} was unplugged or taken away.`;
    this.onChange();
  }

  /** @param {'audio'|'video'} kind */
  track(kind) {
    return this.stream.getTracks().find((track) => track.kind === kind) ?? null;
  }

  setMuted(muted) {
    this.muted = muted;
    this.#enable();
  }

  setCameraOff(cameraOff) {
    this.cameraOff = cameraOff;
    this.#enable();
  }

  #enable() {
    this.stream.getAudioTracks().forEach((track) => { track.enabled = !this.muted; });
    this.stream.getVideoTracks().forEach((track) => { track.enabled = !this.cameraOff; });
  }

  /** The media state that the other side is told; what is absent is not sent. */
  get state() {
    const state = { held: false };
    if (this.track('audio')) state.mic = { kind: 'audio', muted: this.muted };
    if (this.track('video')) state.camera = { kind: 'video', muted: this.cameraOff };
    return state;
  }

  /** Releases the devices; the camera's light goes out. */
  stop() {
    this.stopped = true;
    this.stream.getTracks().forEach((track) => track.stop());
  }
}

function missingMediaWords(missing) {
  if (!missing.length) return '';
  const devices = missing.map(([device]) => device).join(' and ');
  const consequence = missing.length === 2 ? 'You can see and hear, but are not seen or heard.'
    : missing[0][0] === 'camera' ? 'You are heard, but not seen.' : 'You are seen, but not heard.';
  const cause = {
    NotAllowedError: `Your browser was not allowed to use the ${devices}; the icon in the address bar changes that.`,
    NotFoundError: `No ${missing.map(([device]) => device).join(' and no ')} was found.`,
    NotReadableError: `Another program is using the ${devices}.`,
  }[missing[0][1].name] ?? `The ${devices} could not be started.`;
  return `${cause} ${consequence}`;
}

/** The sounds of a telephone, made with Web Audio. Without a gesture on the page they stay silent. */
class Tones {
  /** Each pattern: its period, and notes as [start, duration, frequencies, gain] in seconds and hertz. */
  static PATTERNS = {
    ring: { period: 3.2, notes: [[0, 0.9, [659.3], 0.16], [0.16, 0.9, [784], 0.14], [0.32, 1.3, [1046.5], 0.12],
      [0.9, 0.9, [659.3], 0.12], [1.06, 1.3, [784], 0.1]] },
    ringback: { period: 5, notes: [[0, 1.1, [425], 0.07]] },
    knock: { period: 6, notes: [[0, 0.25, [587.3], 0.07], [0.3, 0.4, [784], 0.07]] },
    busy: { period: 0, notes: [0, 0.5, 1].map((start) => [start, 0.26, [425], 0.07]) },
    ended: { period: 0, notes: [[0, 0.22, [523.3], 0.06], [0.17, 0.4, [392], 0.06]] },
  };
  #context;
  #output;
  #timer = 0;
  #name = null;

  /** Called from every gesture, since only a gesture may start sound. */
  unlock() {
    this.#context ??= globalThis.AudioContext && new AudioContext();
    if (this.#context?.state === 'suspended') this.#context.resume().catch(() => {});
  }

  /** Plays a pattern until another one or `null` (silence) is asked for. */
  play(name) {
    if (name === this.#name) return;
    clearInterval(this.#timer);
    this.#fadeOut();
    this.#name = name;
    const pattern = Tones.PATTERNS[name];
    if (!pattern) return;
    this.#sound(pattern.notes);
    if (pattern.period) this.#timer = setInterval(() => this.#sound(pattern.notes), pattern.period * 1_000);
    else this.#name = null;
  }

  #fadeOut() {
    this.#output?.gain.setTargetAtTime(0, this.#context.currentTime, 0.03);
    this.#output = null;
  }

  #sound(notes) {
    const context = this.#context;
    if (context?.state !== 'running') return;
    if (!this.#output) {
      this.#output = context.createGain();
      this.#output.connect(context.destination);
    }
    for (const [start, duration, frequencies, gain] of notes) {
      for (const frequency of frequencies) this.#note(context.currentTime + start + 0.02, duration, frequency, gain);
    }
  }

  #note(at, duration, frequency, gain) {
    const oscillator = this.#context.createOscillator();
    const envelope = this.#context.createGain();
    oscillator.frequency.value = frequency;
    envelope.gain.setValueAtTime(0, at);
    envelope.gain.linearRampToValueAtTime(gain, at + 0.02);
    envelope.gain.setValueAtTime(gain, at + duration * 0.4);
    envelope.gain.exponentialRampToValueAtTime(0.0001, at + duration);
    oscillator.connect(envelope).connect(this.#output);
    oscillator.start(at);
    oscillator.stop(at + duration + 0.05);
  }
}

// MARK: 5. PeerSession

/** The first DTLS fingerprint of a description: it names the RTCPeerConnection that made it. */
const fingerprint = (description) => /^a=fingerprint:(.+?)\s*$/m.exec(description?.sdp ?? '')?.[1]?.toLowerCase();

/** Every ICE user name fragment of a description. */
const usernameFragments = (description) =>
  Array.from((description?.sdp ?? '').matchAll(/^a=ice-ufrag:(.+?)\s*$/gm), ([, fragment]) => fragment);

/**
 * The media of one call: an RTCPeerConnection, and its replacement when one of the two pages was reloaded.
 *
 * Perfect negotiation as in the W3C specification, with the server as the referee: it numbers the negotiations and
 * keeps one open at a time. The callee is polite. Remote messages are handled one after the other. A description with
 * another DTLS fingerprint comes from a new RTCPeerConnection, which an old one cannot talk to: then this side makes a
 * new one too.
 */
class PeerSession {
  /** Candidates are gathered for so long before they go out together. */
  static BATCH_MS = 40;
  /** Without media for so long, while both sides can signal: ICE has failed for good. */
  static GIVE_UP_MS = 25_000;
  /** An offer without an answer lapses on the server after 30 s; then it is made again. */
  static LAPSE_MS = 31_000;
  /** How often the quality of the call is looked at. */
  static QUALITY_MS = 2_000;

  #pc = null;
  #polite;
  #closed = false;
  /** Remote messages and local offers, one after the other. */
  #chain = Promise.resolve();
  /** The number of the newest negotiation that this side takes part in. */
  #negotiation = 0;
  /** The newest offer of the other side. */
  #remoteOffer = 0;
  /** The attempt to post an offer that is under way: an answer may overtake its acknowledgment. */
  #posting = null;
  #posted = false;
  #restarting = false;
  #remoteCandidates = [];
  #localCandidates = [];
  #mayTrickle = false;
  #flushing = false;
  #batchTimer = 0;
  #recoveryTimer = 0;
  #watchdog = 0;
  #withoutMediaMs = 0;
  #errors = 0;
  #qualityTimer = 0;
  /** The newest summary of `getStats()`; null before there are media. */
  quality = null;
  /** How many RTCPeerConnections there have been; for tests. */
  generation = 0;

  /**
   * @param {object} options
   * @param {string} options.callId
   * @param {boolean} options.polite the callee is
   * @param {Promise<RTCIceServer[]>} options.iceServers
   * @param {LocalMedia} options.media
   * @param {Server} options.server
   * @param {{stream, connected, interrupted, failed, mayGiveUp: () => boolean}} on
   */
  constructor({ callId, polite, iceServers, media, server }, on) {
    this.callId = callId;
    this.media = media;
    this.server = server;
    this.on = on;
    this.#polite = polite;
    this.#enqueue(async () => {
      this.iceServers = await iceServers;
      if (!this.#closed) this.#replace();
    });
    this.#watchdog = setInterval(() => this.#watch(1_000), 1_000);
    this.#qualityTimer = setInterval(() => this.#measure(), PeerSession.QUALITY_MS);
  }

  /** Becomes the side that offers; `negotiationneeded` does the rest. */
  offer() {
    this.#enqueue(() => this.#addTransceivers());
  }

  /** @param {object} offer the data of `call.offer` */
  receiveOffer(offer) {
    this.#enqueue(() => this.#handleOffer(offer));
  }

  /** @param {object} answer the data of `call.answer` */
  receiveAnswer(answer) {
    this.#enqueue(() => this.#handleAnswer(answer));
  }

  /** @param {RTCIceCandidateInit[]} candidates in order; they may come before their description */
  receiveCandidates(candidates) {
    this.#enqueue(() => {
      this.#remoteCandidates.push(...candidates);
      this.#remoteCandidates.splice(0, this.#remoteCandidates.length - 256);
      return this.#addRemoteCandidates();
    });
  }

  /** A local track came or went: the senders follow without a negotiation. */
  mediaChanged() {
    if (this.#pc) this.#attachMedia();
  }

  /** Looks for a new path; for a change of network. */
  restartIce() {
    if (!this.#pc?.currentRemoteDescription || this.#pc.signalingState === 'closed') return;
    this.#restarting = true;
    this.#pc.restartIce();
  }

  close() {
    this.#closed = true;
    clearInterval(this.#watchdog);
    clearInterval(this.#qualityTimer);
    this.#dispose();
  }

  get connectionState() {
    return this.#pc?.connectionState ?? 'new';
  }

  /** The number of the newest negotiation. */
  get negotiation() {
    return this.#negotiation;
  }

  getStats() {
    return this.#pc?.getStats();
  }

  // The RTCPeerConnection and its replacement

  #enqueue(work) {
    this.#chain = this.#chain.then(() => this.#closed ? undefined : work()).catch((error) => this.#failed(error));
  }

  /** A description that the browser refuses: a new RTCPeerConnection, twice; after that the call has no media. */
  #failed(error) {
    if (this.#closed) return;
    console.warn('ringback: negotiation', error);
    if (error instanceof Problem || error instanceof Unanswered) return;
    if (this.#errors++ < 2) this.#enqueue(() => { this.#replace(); this.#addTransceivers(); });
    else this.on.failed('media_failed');
  }

  #dispose() {
    const pc = this.#pc;
    clearTimeout(this.#batchTimer);
    clearTimeout(this.#recoveryTimer);
    this.#pc = null;
    if (!pc) return;
    pc.onnegotiationneeded = pc.onicecandidate = pc.ontrack = pc.onconnectionstatechange = null;
    pc.close();
  }

  #replace() {
    this.#dispose();
    this.generation += 1;
    this.#localCandidates = [];
    this.#mayTrickle = this.#posted = this.#restarting = false;
    this.#withoutMediaMs = 0;
    const pc = this.#pc = new RTCPeerConnection({ iceServers: this.iceServers, bundlePolicy: 'max-bundle' });
    const stream = new MediaStream();
    pc.onnegotiationneeded = () => this.#enqueue(() => this.#makeOffer(pc));
    pc.onicecandidate = ({ candidate }) => this.#gathered(pc, candidate);
    pc.onconnectionstatechange = () => this.#connectionChanged(pc);
    pc.ontrack = ({ track }) => { stream.addTrack(track); this.on.stream(stream); };
    return pc;
  }

  /** Sound and picture both ways, with or without tracks: a track that comes later needs no negotiation. */
  #addTransceivers() {
    if (this.#pc.getTransceivers().length) return;
    const init = { direction: 'sendrecv', streams: [this.media.stream] };
    for (const kind of ['audio', 'video']) this.#pc.addTransceiver(kind, init);
    return this.#attachMedia();
  }

  async #attachMedia() {
    for (const { sender, receiver } of this.#pc.getTransceivers()) {
      const track = this.media.track(receiver.track.kind);
      if (sender.track !== track) await sender.replaceTrack(track).catch((error) => log('replaceTrack', error));
    }
  }

  // Offers and answers

  async #makeOffer(pc) {
    if (pc !== this.#pc || pc.signalingState !== 'stable') return;
    this.#mayTrickle = this.#posted = false;
    await pc.setLocalDescription();
    this.#postOffer(pc, pc.localDescription).catch((error) => this.#postFailed(error));
  }

  /**
   * Posts an offer until it is taken or overtaken. `negotiation_pending`: the other side's offer is on its way here, or
   * one from before a reload is still open. The server lets an offer without an answer lapse; then this one is posted
   * again.
   */
  async #postOffer(pc, description) {
    const fragments = usernameFragments(description).join();
    const isStanding = () => !this.#closed && pc === this.#pc && pc.signalingState === 'have-local-offer'
      && usernameFragments(pc.localDescription).join() === fragments;
    while (isStanding()) {
      const { type, sdp } = description;
      const offer = { callId: this.callId, description: { type, sdp }, iceRestart: this.#restarting };
      this.#posting = this.server.request('sendOffer', offer, { patienceMs: 60_000 });
      try {
        const { negotiation } = await this.#posting;
        if (!isStanding()) return;
        this.#negotiation = negotiation;
        this.#posted = this.#mayTrickle = true;
        this.#flush();
        await sleep(PeerSession.LAPSE_MS);
      } catch (problem) {
        if (problem.code !== 'negotiation_pending') throw problem;
        await sleep(jittered(400));
      }
    }
  }

  /** The call may be over (409, 404): its event tells. A description that the server refuses ends the media. */
  #postFailed(error) {
    if (this.#closed) return;
    log('post', error);
    if (error instanceof Problem && [413, 422].includes(error.status)) this.on.failed('media_failed');
  }

  async #handleOffer(offer) {
    if (offer.negotiation <= this.#remoteOffer) return;
    const collision = this.#pc.signalingState !== 'stable';
    const isMineDead = this.#posted && offer.negotiation > this.#negotiation;
    if (collision && !this.#polite && !isMineDead) return log('ignored an offer that mine supersedes');
    this.#remoteOffer = this.#negotiation = offer.negotiation;
    const isAnother = this.#isAnother(offer.description);
    // A first offer of one's own cannot be rolled back without leaving its transceivers behind: begin afresh.
    if (isAnother || (collision && !this.#pc.currentRemoteDescription)) this.#replace();
    const pc = this.#pc;
    await pc.setRemoteDescription(offer.description);
    for (const transceiver of pc.getTransceivers()) {
      if (['recvonly', 'inactive'].includes(transceiver.direction)) transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(this.media.stream);
    }
    await this.#attachMedia();
    await this.#addRemoteCandidates();
    this.#mayTrickle = true;
    await pc.setLocalDescription();
    const { type, sdp } = pc.localDescription;
    const answer = { callId: this.callId, negotiation: offer.negotiation, description: { type, sdp } };
    this.server.request('sendAnswer', answer, { patienceMs: 30_000 }).catch((error) => this.#postFailed(error));
    this.#flush();
  }

  async #handleAnswer(answer) {
    await this.#posting?.catch(() => {});
    const pc = this.#pc;
    if (!this.#posted || pc.signalingState !== 'have-local-offer' || answer.negotiation !== this.#negotiation) return;
    if (this.#isAnother(answer.description)) {
      this.#replace();
      return this.#addTransceivers();
    }
    await pc.setRemoteDescription(answer.description);
    this.#restarting = false;
    await this.#addRemoteCandidates();
  }

  /** Does this description come from another RTCPeerConnection than the one before? */
  #isAnother(description) {
    const current = this.#pc.currentRemoteDescription;
    return Boolean(current) && fingerprint(current) !== fingerprint(description);
  }

  // Candidates

  #gathered(pc, candidate) {
    if (pc !== this.#pc) return;
    const isEnded = this.#localCandidates.at(-1)?.candidate === '';
    if (candidate) this.#localCandidates.push(candidate.toJSON());
    else if (!isEnded) this.#localCandidates.push(PeerSession.#endOfCandidates(pc));
    clearTimeout(this.#batchTimer);
    this.#batchTimer = setTimeout(() => this.#flush(), candidate ? PeerSession.BATCH_MS : 0);
  }

  static #endOfCandidates(pc) {
    const sdp = pc.localDescription?.sdp ?? '';
    const sdpMid = /^a=mid:(.+?)\s*$/m.exec(sdp)?.[1] ?? '0';
    return { candidate: '', sdpMid, sdpMLineIndex: 0, usernameFragment: usernameFragments({ sdp })[0] ?? null };
  }

  /** Sends what was gathered, in order, at most 64 at once, and never ahead of the offer. */
  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#mayTrickle && this.#localCandidates.length && !this.#closed) {
      const candidates = this.#localCandidates.splice(0, 64);
      const batch = { callId: this.callId, negotiation: this.#negotiation, candidates };
      await this.server.request('addCandidates', batch, { patienceMs: 30_000 })
        .catch((error) => log('candidates', error));
    }
    this.#flushing = false;
  }

  /** Adds the candidates that belong to the remote description; others wait for theirs. */
  async #addRemoteCandidates() {
    const pc = this.#pc;
    if (!pc.remoteDescription) return;
    const fragments = usernameFragments(pc.remoteDescription);
    const belongs = ({ usernameFragment }) => !usernameFragment || fragments.includes(usernameFragment);
    const ready = this.#remoteCandidates.filter(belongs);
    this.#remoteCandidates = this.#remoteCandidates.filter((candidate) => !belongs(candidate));
    for (const candidate of ready) await pc.addIceCandidate(candidate).catch((error) => log('candidate', error));
  }

  // The state of the connection

  #connectionChanged(pc) {
    if (pc !== this.#pc) return;
    clearTimeout(this.#recoveryTimer);
    switch (pc.connectionState) {
      case 'connected':
        this.#withoutMediaMs = 0;
        this.#errors = 0;
        return this.on.connected();
      case 'disconnected':
        this.on.interrupted();
        return this.#recoverIn(this.#polite ? 5_000 : 2_500);
      case 'failed':
        this.on.interrupted();
        return this.#recoverIn(this.#polite ? 1_500 : 0);
    }
  }

  /** ICE restarts until it is connected again; the caller tries a little earlier, so that the two do not collide. */
  #recoverIn(ms) {
    this.#recoveryTimer = setTimeout(() => {
      if (this.connectionState === 'connected') return;
      this.restartIce();
      this.#recoverIn(6_000);
    }, ms);
  }

  /** Time without media counts only while the other side could do something about it. */
  #watch(ms) {
    if (this.connectionState === 'connected') return;
    if (!this.on.mayGiveUp()) {
      this.#withoutMediaMs = 0;
      return;
    }
    this.#withoutMediaMs += ms;
    if (this.#withoutMediaMs >= PeerSession.GIVE_UP_MS) this.on.failed('ice_failed');
  }

  async #measure() {
    if (this.connectionState !== 'connected') return;
    const report = await this.getStats().catch(() => null);
    if (report) this.quality = qualitySummary(report);
  }
}

/** The few numbers of an `RTCStatsReport` (W3C webrtc-stats) that tell how good a call was. */
function qualitySummary(report) {
  const stats = [...report.values()];
  const inbound = stats.filter(({ type }) => type === 'inbound-rtp');
  const outbound = stats.filter(({ type }) => type === 'outbound-rtp');
  const video = inbound.find(({ kind }) => kind === 'video') ?? {};
  const pair = report.get(stats.find(({ type }) => type === 'transport')?.selectedCandidatePairId) ?? {};
  const sum = (entries, name) => Math.max(0, entries.reduce((total, entry) => total + (entry[name] ?? 0), 0));
  const isRelay = (id) => report.get(id)?.candidateType === 'relay';
  const summary = {
    roundTripTimeMs: pair.currentRoundTripTime * 1_000,
    jitterMs: Math.max(0, ...inbound.map(({ jitter = 0 }) => jitter)) * 1_000,
    packetsLost: sum(inbound, 'packetsLost'),
    packetsSent: sum(outbound, 'packetsSent'),
    packetsReceived: sum(inbound, 'packetsReceived'),
    bytesSent: sum(outbound, 'bytesSent'),
    bytesReceived: sum(inbound, 'bytesReceived'),
    availableOutgoingBitrate: pair.availableOutgoingBitrate,
    framesPerSecond: video.framesPerSecond,
    frameWidth: video.frameWidth,
    frameHeight: video.frameHeight,
    path: pair.id && (isRelay(pair.localCandidateId) || isRelay(pair.remoteCandidateId) ? 'relayed' : 'direct'),
  };
  const isKnown = ([, value]) => typeof value === 'string' || Number.isFinite(value);
  return Object.fromEntries(Object.entries(summary).filter(isKnown));
}

// MARK: 6. Phone

const STATES = ['inviting', 'ringing', 'connecting', 'active', 'ended'];
const rank = (call) => STATES.indexOf(call.state);

/**
 * @typedef {object} Current the call that this page is in
 * @property {'caller'|'callee'} role
 * @property {string} peerId the other user
 * @property {object|null} call the server's Call; null until the invite is answered
 * @property {'calling'|'connecting'|'active'} phase
 * @property {LocalMedia} media
 * @property {PeerSession|null} peer
 */

/** The calls of this device: at most one it takes part in, and any number that ring. */
class Phone {
  /** @type {Current|null} */
  current = null;
  /** Calls that ring here, by id, oldest first. */
  ringing = new Map();
  /** How the last call ended: `{userId, words, wasIncoming}`. */
  outcome = null;
  #early = new Map();
  #iceServers = null;

  /**
   * @param {Server} server
   * @param {Account} account
   * @param {Tones} tones
   * @param {{changed, stream, toast}} on
   */
  constructor(server, account, tones, on) {
    this.server = server;
    this.account = account;
    this.tones = tones;
    this.on = on;
  }

  /** @returns {'idle'|'calling'|'incoming'|'connecting'|'active'|'ended'} */
  get state() {
    if (this.current) return this.current.phase;
    if (this.ringing.size) return 'incoming';
    return this.outcome ? 'ended' : 'idle';
  }

  // What the user does

  /** Invites a user; the camera is asked for first, so that nobody picks up a call that waits for a permission. */
  async call(userId) {
    if (this.current) return;
    const current = this.#begin({ role: 'caller', peerId: userId, phase: 'calling' });
    await current.media.acquire();
    if (this.current !== current) return;
    const invitation = { callee: userId, media: { audio: true, video: true } };
    if (page.has('ringSeconds')) invitation.ringSeconds = Number(page.get('ringSeconds'));
    try {
      const call = await this.server.request('invite', invitation);
      if (this.current !== current) return this.#leave(call, {});
      this.#adopt(current, call);
    } catch (problem) {
      if (this.current === current) this.#finish(inviteProblemWords(problem, this.on.name(userId)), 'busy');
    }
  }

  /** Accepts a call that rings, and hangs up the one that goes on. */
  async accept(callId) {
    const call = this.ringing.get(callId);
    if (!call) return;
    if (this.current) this.#abandon();
    this.ringing.delete(callId);
    const current = this.#begin({ role: 'callee', peerId: call.caller.userId, phase: 'connecting', call });
    current.media.acquire();
    this.#startPeer(current);
    try {
      const accepted = await this.server.request('accept', { callId }, { patienceMs: 30_000 });
      if (this.current !== current) return this.#leave(accepted, {});
      this.#apply(current, accepted);
    } catch (problem) {
      if (this.current === current) await this.#learnWhy(current, problem);
    }
  }

  /** Declines a call that rings, with a message of at most 200 characters if one likes. */
  decline(callId, message) {
    if (!this.ringing.delete(callId)) return;
    this.account.setLeaving(callId, {});
    this.#changed();
    this.server.request('decline', message ? { callId, message } : { callId }, { patienceMs: 120_000 })
      .catch((error) => log('decline', error))
      .finally(() => {
        this.account.setLeaving(callId, null);
        this.account.recentChanged();
      });
  }

  /** Hangs up or cancels. The page reacts at once; the server is told until it has acknowledged it. */
  hangUp(reason = 'completed') {
    const { current } = this;
    if (!current) return;
    const words = ownEndWords(current, reason, this.on.name(current.peerId));
    this.#abandon(reason);
    this.#conclude({ userId: current.peerId, words, wasIncoming: current.role === 'callee' }, 'ended');
  }

  setMuted(muted) {
    this.current?.media.setMuted(muted);
    this.#mediaChanged();
  }

  setCameraOff(cameraOff) {
    this.current?.media.setCameraOff(cameraOff);
    this.#mediaChanged();
  }

  dismiss() {
    this.outcome = null;
    this.#changed();
  }

  /** Everything stops, silently: the user signs out. Resolves when the server knows. */
  async stop() {
    const left = this.current ? this.#abandon() : null;
    this.ringing.clear();
    this.outcome = null;
    this.#iceServers = null;
    this.#changed();
    await left;
  }

  /** The network is back. */
  networkChanged() {
    this.current?.peer?.restartIce();
  }

  // What the server says

  /** The calls that are live, at the start or after a lost cursor: rejoin, ring, or learn that it is over. */
  async snapshot(calls) {
    const live = new Map(calls.map((call) => [call.callId, call]));
    const isOver = (callId) => !live.has(callId);
    [...this.ringing.keys()].filter(isOver).forEach((callId) => this.ringing.delete(callId));
    Object.keys(this.account.leaving).filter(isOver).forEach((callId) => this.account.setLeaving(callId, null));
    for (const call of calls) {
      if (this.account.leaving[call.callId]) this.#leave(call, this.account.leaving[call.callId]);
      else if (this.#participates(call)) this.#rejoin(call);
      else if (rank(call) < 2 && call.callee.userId === this.account.userId) this.#incoming(call);
    }
    this.#changed();
    await this.#learnAboutLost(live);
  }

  /** @param {object} event one of the log's */
  receive({ type, callId, data, ...event }) {
    const { current } = this;
    const isCurrent = Boolean(current?.call) && current.call.callId === callId;
    switch (type) {
      case 'call.incoming':
        return this.#incoming(data.call);
      case 'call.ringing': case 'call.accepted': case 'call.active': case 'call.ended':
        if (isCurrent) return this.#apply(current, data.call);
        if (current && !current.call) this.#early.set(callId, data.call);
        return type === 'call.ended' || type === 'call.accepted' ? this.#stopRinging(data.call) : undefined;
      case 'call.stopped':
        if (isCurrent && current.role === 'callee' && !this.#participates(data.call)) {
          return this.#finish(endWords(data.call, this.#perspective(data.call), data.reason));
        }
        return this.#stopRinging(data.call, data.reason);
      case 'call.offer':
        return isCurrent ? current.peer?.receiveOffer(data) : undefined;
      case 'call.answer':
        return isCurrent ? current.peer?.receiveAnswer(data) : undefined;
      case 'call.candidates':
        return isCurrent ? current.peer?.receiveCandidates(data.candidates) : undefined;
      case 'call.media':
        if (isCurrent && event.actor?.deviceId !== this.account.deviceId) current.remoteMedia = data.media;
        return this.#changed();
      case 'call.participant':
        if (isCurrent && event.actor?.deviceId !== this.account.deviceId) current.remoteConnection = data.connection;
        return this.#changed();
    }
  }

  // Inside

  #changed() {
    this.account.currentCall = this.current?.call?.callId ?? null;
    this.tones.play(this.#tone());
    this.on.changed();
  }

  #tone() {
    if (this.ringing.size) return this.current ? 'knock' : 'ring';
    return this.current?.phase === 'calling' && this.current.call?.state === 'ringing' ? 'ringback' : null;
  }

  #begin({ role, peerId, phase, call = null }) {
    const current = { role, peerId, phase, call, peer: null, remoteMedia: null, remoteConnection: 'online' };
    current.media = new LocalMedia(() => {
      if (this.current !== current) return;
      current.peer?.mediaChanged();
      this.#mediaChanged();
    });
    this.current = current;
    this.outcome = null;
    this.#changed();
    return current;
  }

  /** The invite was answered, perhaps after the events that followed it. */
  #adopt(current, call) {
    current.call = call;
    if (call.merged || !this.#isCaller(call)) {
      current.role = this.#isCaller(call) ? 'caller' : 'callee';
      this.ringing.delete(call.callId);
    }
    this.#apply(current, call);
    const early = this.#early.get(call.callId);
    this.#early.clear();
    if (early && this.current === current) this.#apply(current, early);
  }

  /** A newer state of the current call. Answers and events may overtake each other: an older state changes nothing. */
  #apply(current, call) {
    if (this.current !== current || (current.call && rank(call) < rank(current.call))) return;
    current.call = { ...current.call, ...call };
    if (call.state === 'ended') {
      const tone = call.reason === 'completed' ? 'ended' : 'busy';
      return this.#finish(endWords(current.call, this.#perspective(call)), tone);
    }
    if (rank(call) >= 2) this.#startPeer(current);
    const other = call.participants?.find(({ deviceId }) => deviceId !== this.account.deviceId);
    if (other) {
      current.remoteConnection = other.connection;
      current.remoteMedia ??= other.media;
    }
    this.#changed();
  }

  #startPeer(current, { offering = current.role === 'caller' } = {}) {
    if (current.peer) return;
    if (!globalThis.RTCPeerConnection) return this.hangUp('unsupported');
    if (current.phase === 'calling') current.phase = 'connecting';
    current.peer = new PeerSession({
      callId: current.call.callId,
      polite: current.role === 'callee',
      iceServers: this.iceServers(),
      media: current.media,
      server: this.server,
    }, {
      stream: (stream) => this.on.stream(stream),
      connected: () => this.#connected(current),
      interrupted: () => { current.interrupted = true; this.#changed(); },
      failed: (reason) => { if (this.current === current) this.hangUp(reason); },
      mayGiveUp: () => current.remoteConnection === 'online' && this.on.isOnline(),
    });
    if (offering) current.peer.offer();
    current.qualityTimer = setInterval(() => this.#reportQuality(current), 30_000);
  }

  #connected(current) {
    if (this.current !== current) return;
    current.phase = 'active';
    current.interrupted = false;
    current.since ??= this.account.talkingSince(current.call.callId);
    this.#changed();
    this.#mediaChanged();
    if (current.call.state === 'active') return;
    this.server.request('connected', { callId: current.call.callId }, { patienceMs: 60_000 })
      .then((call) => this.#apply(current, call), (error) => log('connected', error));
  }

  /** Tells the other side what is muted, the newest state last. */
  async #mediaChanged() {
    const { current } = this;
    this.#changed();
    if (!current || current.phase !== 'active' || current.tellingMedia) return;
    current.tellingMedia = true;
    while (this.current === current) {
      const state = JSON.stringify(current.media.state);
      if (state === current.toldMedia) break;
      const data = { callId: current.call.callId, ...JSON.parse(state) };
      const told = await this.server.request('setMedia', data, { patienceMs: 30_000 })
        .then(() => true, (error) => log('media', error));
      if (!told) break;
      current.toldMedia = state;
    }
    current.tellingMedia = false;
  }

  #incoming(call) {
    if (this.account.leaving[call.callId] || this.current?.call?.callId === call.callId) return;
    const isNew = !this.ringing.has(call.callId);
    this.ringing.set(call.callId, call);
    if (!this.current) this.outcome = null;
    this.#changed();
    if (!isNew) return;
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
    this.server.request('alerting', { callId: call.callId }, { patienceMs: 30_000 }).catch((problem) => {
      if (problem.status === 409 || problem.status === 404) this.#stopRinging({ ...call, state: 'ended' });
    });
  }

  /** A call that rang here does so no more. */
  #stopRinging(call, legReason) {
    if (!this.ringing.delete(call.callId)) return;
    const perspective = this.#perspective(call);
    const words = endWords(call, perspective, legReason ?? (call.state === 'ended' ? undefined : 'accepted_elsewhere'));
    if (this.current) this.on.toast(words);
    else if (!this.ringing.size) return this.#conclude({ userId: perspective.peerId, words, wasIncoming: true }, null);
    this.#changed();
  }

  /** After a reload, or when the cursor was lost: back into a call of this very device. */
  #rejoin(call) {
    let { current } = this;
    if (current && current.call?.callId !== call.callId) {
      // A call that was begun by this page before it knew of this one goes on; the other is given up.
      if (current.call) return this.#leave(call, {});
      this.#abandon();
      current = null;
    }
    const { isCaller, peerId } = this.#perspective(call);
    const isAccepted = rank(call) >= 2;
    if (!current) {
      const role = isCaller ? 'caller' : 'callee';
      current = this.#begin({ role, peerId, phase: isAccepted ? 'connecting' : 'calling', call });
      current.returning = isAccepted;
      current.media.setMuted(Boolean(this.account.talk?.muted));
      current.media.setCameraOff(Boolean(this.account.talk?.cameraOff));
      current.media.acquire();
    }
    current.remoteMedia = null;
    const isTheirs = (description) => description && description.from.deviceId !== this.account.deviceId;
    const isOfferOpen = isTheirs(call.offer) && !(call.answer?.negotiation >= call.offer.negotiation);
    // A negotiation took place with the RTCPeerConnection that the reload destroyed: this one offers itself instead.
    const offering = !isOfferOpen && (isCaller || call.negotiation > 0);
    if (isAccepted) this.#startPeer(current, { offering });
    this.#apply(current, call);
    if (isOfferOpen) current.peer?.receiveOffer(call.offer);
    if (isTheirs(call.answer)) current.peer?.receiveAnswer(call.answer);
    if (call.candidates?.length) current.peer?.receiveCandidates(call.candidates.map(({ candidate }) => candidate));
  }

  /** The call of before, which the snapshot does not have any more: how did it end? */
  async #learnAboutLost(live) {
    const lost = this.current?.call ? this.current.call.callId : this.account.lastCall;
    this.account.lastCall = null;
    if (!lost || live.has(lost) || this.account.leaving[lost]) return;
    const call = await this.server.request('getCall', { callId: lost }).catch(() => null);
    if (call?.state !== 'ended') return;
    if (this.current?.call?.callId === lost) return this.#apply(this.current, call);
    if (this.state !== 'idle') return;
    const perspective = this.#perspective(call);
    const words = endWords(call, perspective);
    this.#conclude({ userId: perspective.peerId, words, wasIncoming: !perspective.isCaller }, null);
  }

  /** Accepting did not work. */
  async #learnWhy(current, problem) {
    if (problem.code === 'already_accepted') return this.#finish('Answered on another device.');
    const call = await this.server.request('getCall', { callId: current.call.callId }).catch(() => null);
    if (this.current !== current) return;
    if (call?.state === 'ended') return this.#apply(current, call);
    const isAway = problem instanceof Unanswered;
    this.#finish(isAway ? 'The server could not be reached in time.' : `Accepting did not work: ${problem.message}`);
  }

  /** Posts how good the call is, for those who look into it later. */
  #reportQuality(current, final = false) {
    const quality = current.peer?.quality;
    if (!quality) return;
    const data = { callId: current.call.callId, ...quality, final };
    this.server.request('reportQuality', data, { patienceMs: final ? 10_000 : 0 })
      .catch((error) => log('quality', error));
  }

  /** Ends the current call on this side: media, devices, page. */
  #close() {
    const { current } = this;
    clearInterval(current.qualityTimer);
    this.#reportQuality(current, true);
    current.peer?.close();
    current.media.stop();
    this.current = null;
    this.on.stream(null);
    this.account.forgetTalk();
  }

  /** Leaves the current call, with nothing to show for it; resolves when the server knows. */
  async #abandon(reason) {
    const { call } = this.current;
    this.#close();
    if (call) await this.#leave(call, { reason });
  }

  /** The current call is over, by the server's word. */
  #finish(words, tone = 'ended') {
    const { peerId, role } = this.current;
    this.#close();
    this.#conclude({ userId: peerId, words, wasIncoming: role === 'callee' }, tone);
  }

  #conclude(outcome, tone) {
    this.outcome = outcome;
    this.#changed();
    if (tone && !this.ringing.size) this.tones.play(tone);
    this.account.recentChanged();
  }

  /** Tells the server that this device leaves a call, for two minutes if need be, and over a reload. */
  async #leave(call, { reason }) {
    const { callId } = call;
    if (call.state === 'ended') return;
    this.account.setLeaving(callId, { reason });
    try {
      await this.#say(this.#farewells(call), reason ? { callId, reason } : { callId });
    } catch (error) {
      log('leave', error);
    }
    this.account.setLeaving(callId, null);
    this.account.recentChanged();
  }

  /** A caller cancels what rings, unless an accept came in between; a callee's own accept may have got lost. */
  #farewells(call) {
    if (rank(call) >= 2) return ['hangUp'];
    return this.#isCaller(call) ? ['cancel', 'hangUp'] : ['hangUp', 'decline'];
  }

  /** The first operation that the state of the call allows. */
  async #say([operation, ...others], data) {
    try {
      await this.server.request(operation, data, { patienceMs: 120_000 });
    } catch (problem) {
      if (problem.status !== 409 || !others.length) throw problem;
      await this.#say(others, data);
    }
  }

  /** ICE servers with time-limited credentials; fetched again when half of their time is over. */
  iceServers() {
    if (!this.#iceServers || performance.now() > this.#iceServers.until) this.#iceServers = this.#fetchIceServers();
    return this.#iceServers.promise;
  }

  #fetchIceServers() {
    const held = { until: performance.now() + 60_000 };
    held.promise = this.server.request('getIceServers', {}, { patienceMs: 8_000 }).then(
      ({ iceServers, ttlSeconds }) => {
        held.until = performance.now() + (ttlSeconds ?? 600) * 500;
        return iceServers;
      },
      (error) => {
        log('ICE servers', error);
        held.until = 0;
        return [];
      },
    );
    return held;
  }

  #isCaller(call) {
    return call.caller.deviceId === this.account.deviceId && call.caller.userId === this.account.userId;
  }

  #participates(call) {
    const { userId, deviceId } = this.account;
    return this.#isCaller(call) || (call.callee.userId === userId && call.callee.deviceId === deviceId);
  }

  #perspective(call) {
    const isCaller = call.caller.userId === this.account.userId;
    const peerId = isCaller ? call.callee.userId : call.caller.userId;
    return { isCaller, peerId, peerName: this.on.name(peerId), userId: this.account.userId };
  }
}

// MARK: 7. Words

function durationWords(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, index) => index ? String(part).padStart(2, '0') : String(part)).join(':');
}

/** How a call ended, as this user saw it. */
function endWords(call, { isCaller, peerName, userId }, legReason) {
  if (legReason === 'accepted_elsewhere') return 'Answered on another device.';
  if (legReason === 'declined_elsewhere') return 'Declined on another device.';
  if (legReason === 'merged') return `You and ${peerName} called each other.`;
  const endedBy = call.endedBy?.userId ?? call.endedBy;
  const talked = call.talkSeconds ? ` You talked for ${durationWords(call.talkSeconds)}.` : '';
  const missed = `You missed a call from ${peerName}.`;
  switch (call.reason) {
    case 'completed':
      return (endedBy === userId ? 'You hung up.' : `${peerName} hung up.`) + talked;
    case 'canceled':
      return isCaller ? 'You canceled the call.' : missed;
    case 'declined':
      return declinedWords(call, isCaller, peerName);
    case 'busy':
      return isCaller ? `${peerName} is busy in another call.` : missed;
    case 'no_answer':
      return isCaller ? `${peerName} did not answer${ringWords(call)}.` : missed;
    case 'unreachable':
      return isCaller ? `${peerName} could not be reached. They may be offline; try again later.` : missed;
    case 'connect_timeout':
      return 'The call was answered, but the connection did not come about in time.';
    case 'connection_lost':
      return `The connection to ${peerName} was lost and did not come back.${talked}`;
    case 'ice_failed':
      return 'Your two networks found no way to each other (ICE failed). A TURN server between them would help.';
    case 'media_failed':
      return 'The sound or the picture could not be set up.';
    case 'unsupported':
      return 'One of the two browsers cannot make this kind of call.';
    case 'admin':
      return 'The call was ended by an administrator.';
    default:
      return 'The call is over.';
  }
}

function declinedWords(call, isCaller, peerName) {
  if (!isCaller) return 'You declined the call.';
  return call.message ? `${peerName} declined: “${call.message}”` : `${peerName} declined the call.`;
}

function ringWords({ createdAt, expiresAt, ringSeconds }) {
  const seconds = expiresAt ? Math.round((Date.parse(expiresAt) - Date.parse(createdAt)) / 1_000) : ringSeconds;
  return seconds ? ` within ${seconds} seconds` : '';
}

/** How a call ended that this page has just left. */
function ownEndWords(current, reason, name) {
  if (reason !== 'completed') return endWords({ reason }, { isCaller: current.role === 'caller', peerName: name });
  if (current.phase === 'calling') return 'You canceled the call.';
  if (!current.since) return 'You hung up.';
  return `You hung up. You talked for ${durationWords((Date.now() - current.since) / 1_000)}.`;
}

function inviteProblemWords(problem, name) {
  if (problem instanceof Unanswered) return 'The server could not be reached, so the call did not come about.';
  switch (problem.code) {
    case 'user_not_found': return `${name} is not here any more.`;
    case 'call_self': return 'That is you: a call needs two.';
    case 'rate_limited': return 'That were many calls in a short time. Wait a moment, then try again.';
    default: return `The call did not come about: ${problem.message}`;
  }
}

/** What goes on in a call that has not ended. */
function callWords({ phase, call, media, interrupted, remoteConnection, returning }, name) {
  if (phase === 'calling') {
    if (!call) return media.acquiring ? 'Waiting for your camera and microphone…' : `Calling ${name}…`;
    return call.state === 'ringing' ? 'Ringing…' : `Calling ${name}…`;
  }
  if (phase === 'connecting') return returning ? 'Coming back to the call…' : 'Connecting…';
  if (interrupted && remoteConnection === 'reconnecting') return `${name} dropped out. Waiting for them to come back…`;
  if (interrupted) return 'The connection is shaky. Looking for a better way…';
  return '';
}

const RECENT_WORDS = {
  declined: 'Declined',
  canceled: 'Canceled',
  busy: 'Busy',
  no_answer: 'No answer',
  unreachable: 'Not reached',
  completed: 'Answered',
};

const TRANSPORT_WORDS = { websocket: 'WebSocket', sse: 'server-sent events', longpoll: 'long-polling' };

/** A finished call, in two words for the list. */
function recentWords({ state, reason, missed, talkSeconds }) {
  if (state !== 'ended') return 'now';
  if (missed) return 'Missed';
  if (talkSeconds) return durationWords(talkSeconds);
  return RECENT_WORDS[reason] ?? 'Failed';
}

function timeWords(iso) {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString([], isToday ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' });
}

// MARK: 8. Account and Directory

const LATIN = {
  а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', є: 'ye', ж: 'zh', з: 'z', и: 'i', і: 'i', к: 'k',
  л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ў: 'u', ф: 'f', х: 'kh', ц: 'ts',
  ч: 'ch', ш: 'sh', щ: 'shch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya', ß: 'ss', ø: 'o', æ: 'ae',
  œ: 'oe', ł: 'l', đ: 'd', þ: 'th', ı: 'i',
};

/** A user id for a typed name, `[a-z0-9._~@-]{1,64}`; `isLossy` if the name has letters that do not go into one. */
function deriveUserId(name) {
  const lower = name.trim().toLowerCase().normalize('NFC');
  const latin = Array.from(lower, (letter) => LATIN[letter] ?? letter).join('').normalize('NFD').replace(/\p{M}/gu, '');
  const id = latin.replace(/[\s']+/g, '-').replace(/[^a-z0-9._~@-]/g, '').slice(0, 56);
  return { id, isLossy: !id || /[^a-z0-9._~@\s'-]/.test(latin) };
}

/** A sentence for the sign-in form. */
class SignInTrouble extends Error {
  constructor(words, { wantsPassword = false } = {}) {
    super(words);
    this.wantsPassword = wantsPassword;
  }
}

/**
 * Who this tab is. The session (token, device, call) belongs to the tab and survives a reload; the password that the
 * page made up belongs to the browser, so that the same name signs in again.
 */
class Account {
  #session = new Stored(sessionStorage, 'session');
  #data = this.#session.value;
  /** The call that this tab was in before it was loaded anew. */
  lastCall = this.#data?.callId ?? null;
  recentChanged = () => {};

  constructor(server) {
    this.server = server;
    server.token = this.#data?.token ?? null;
    server.renewToken = (used) => this.#renewToken(used);
  }

  get isSignedIn() { return Boolean(this.#data?.token); }
  get userId() { return this.#data?.userId; }
  get deviceId() { return this.#data?.deviceId; }
  get displayName() { return this.#data?.displayName; }
  /** What of the current call is kept over a reload. */
  get talk() { return this.#data?.talk; }
  /** Calls that this tab has left and the server may not know of yet. */
  get leaving() { return this.#data?.leaving ?? {}; }
  get password() { return this.#password(this.userId).value; }

  set currentCall(callId) {
    if (this.#data && this.#data.callId !== callId) this.#update({ callId });
  }

  /** When the talk began, by this browser's clock. */
  talkingSince(callId) {
    const isKnown = this.talk?.callId === callId && this.talk.since;
    if (!isKnown) this.#update({ talk: { ...this.talk, callId, since: Date.now() } });
    return this.talk.since;
  }

  rememberMedia({ muted, cameraOff }) {
    this.#update({ talk: { ...this.talk, muted, cameraOff } });
  }

  forgetTalk() {
    this.#update({ talk: null });
  }

  setLeaving(callId, how) {
    const leaving = { ...this.leaving };
    if (how) leaving[callId] = how;
    else delete leaving[callId];
    this.#update({ leaving });
  }

  /** Is this tab the continuation of the one that was typed for `name`? */
  isFor(name) {
    return this.isSignedIn && (this.displayName === name.trim() || this.userId === deriveUserId(name).id);
  }

  /**
   * Registers the name if it is free, and signs in.
   * @throws {SignInTrouble} with a sentence for the form
   */
  async signIn(typedName, typedPassword) {
    const displayName = typedName.trim();
    if (!displayName) throw new SignInTrouble('Type a name first: it is what the others see.');
    const userId = this.#userIdFor(displayName);
    const stored = this.#password(userId);
    try {
      const password = typedPassword || stored.value || await this.#register(userId, displayName);
      await this.#createSession({ userId, password }).catch(async (problem) => {
        if (problem.status !== 401 || typedPassword || !await this.#isFree(userId, displayName)) throw problem;
        await this.#createSession({ userId, password: stored.value });
      });
      if (typedPassword) stored.value = typedPassword;
    } catch (problem) {
      if (problem.status !== 401 || typedPassword) throw this.#trouble(problem, displayName);
      stored.value = null;
      throw this.#taken(displayName);
    }
  }

  /** The stored password was refused. Perhaps the server has a new database: is the name free again? */
  async #isFree(userId, displayName) {
    return this.#register(userId, displayName).then(() => true, () => false);
  }

  async #register(userId, displayName) {
    const password = randomString(24);
    await this.server.request('registerUser', { userId, displayName, password }, { patienceMs: 8_000 });
    this.#password(userId).value = password;
    return password;
  }

  async #createSession({ userId, password, deviceId }) {
    const credentials = { userId, password, deviceName: deviceWords(), ...(deviceId ? { deviceId } : {}) };
    const session = await this.server.request('createSession', credentials, { patienceMs: 8_000 });
    const displayName = this.userId === userId ? this.displayName : undefined;
    const kept = deviceId ? this.#data : {};
    this.#data = { ...kept, token: session.token, userId, deviceId: session.deviceId, displayName };
    this.server.token = session.token;
    this.#update({});
  }

  rememberName(displayName) {
    this.#update({ displayName });
  }

  /** After a 401: signs in again with the stored password and keeps the device. One attempt at a time. */
  #renewToken(usedToken) {
    if (this.server.renewal) return this.server.renewal;
    if (usedToken !== this.server.token) return Promise.resolve(Boolean(this.server.token));
    const { userId, deviceId } = this;
    const password = this.#password(userId).value;
    if (!password) return Promise.resolve(false);
    const isRefusal = ({ status }) => status >= 400 && status < 500 && status !== 429;
    this.server.renewal = this.#createSession({ userId, password, deviceId })
      .then(() => true, (error) => { if (isRefusal(error)) return false; throw error; })
      .finally(() => { this.server.renewal = null; });
    return this.server.renewal;
  }

  /** Ends the session. What the tab knew of its calls goes with it. */
  signOut({ tell = true } = {}) {
    const { deviceId } = this;
    if (tell && deviceId) this.server.fetch('deleteSession', { deviceId }).catch((error) => log('sign out', error));
    this.forget();
  }

  forget() {
    this.#data = null;
    this.#session.value = null;
    this.server.token = null;
    this.lastCall = null;
  }

  /** A duplicated tab inherits the session of the first; only one may be that device. */
  async claimDevice() {
    if (!navigator.locks || !this.deviceId) return true;
    const name = `ringback.device.${this.deviceId}`;
    for (let attempt = 0; attempt < 10; attempt++) {
      const claimed = await new Promise((resolve) => {
        navigator.locks.request(name, { ifAvailable: true }, (lock) => {
          resolve(Boolean(lock));
          return lock ? new Promise((release) => { this.releaseDevice = release; }) : undefined;
        }).catch(() => resolve(true));
      });
      if (claimed) return true;
      await sleep(200);
    }
    return false;
  }

  releaseDevice = () => {};

  #userIdFor(displayName) {
    const { id, isLossy } = deriveUserId(displayName);
    if (!isLossy) return id;
    const stored = new Stored(localStorage, `id.${displayName}`);
    return stored.value ??= `${id || 'guest'}-${randomString(5).toLowerCase()}`;
  }

  #password(userId) {
    return new Stored(localStorage, `password.${userId}`);
  }

  #update(changes) {
    if (!this.#data) return;
    this.#data = { ...this.#data, ...changes };
    this.#session.value = this.#data;
  }

  #taken(name) {
    const words = `Somebody here is called “${name}” already. `
      + 'If that is you, type the password; if not, choose another name.';
    return new SignInTrouble(words, { wantsPassword: true });
  }

  #trouble(error, name) {
    if (error instanceof SignInTrouble) return error;
    if (error instanceof Unanswered) return new SignInTrouble('The server cannot be reached. Is the network there?');
    if (error.code === 'user_exists') return this.#taken(name);
    if (error.status === 401) {
      return new SignInTrouble(`That is not the password of “${name}”.`, { wantsPassword: true });
    }
    if (error.status === 429) {
      const seconds = Math.max(1, Math.ceil(error.retryAfterSeconds));
      return new SignInTrouble(`That were many attempts. Try again in ${seconds} s.`);
    }
    return new SignInTrouble(`Signing in did not work: ${error.message}`);
  }
}

/** A name for this device in the list of sessions. */
function deviceWords() {
  const agent = navigator.userAgent;
  const marks = { Firefox: 'Firefox', Edg: 'Edge', Chrom: 'Chrome', Safari: 'Safari' };
  const browser = marks[Object.keys(marks).find((mark) => agent.includes(mark))] ?? 'Browser';
  return /Mobi|Android/.test(agent) ? `${browser} on a phone` : browser;
}

/** The people of this server and their presence. */
class Directory {
  static MOST_USERS = 1_000;
  static MOST_WATCHED = 200;
  /** userId → User */
  users = new Map();
  /** userId → Presence */
  presence = new Map();
  query = '';
  isLoaded = false;
  #watched = '';
  #asked = new Set();
  #loading = null;

  constructor(server, account, onChange) {
    this.server = server;
    this.account = account;
    this.onChange = onChange;
  }

  name(userId) {
    const user = this.users.get(userId);
    if (!user && userId && !this.#asked.has(userId)) this.#ask(userId);
    return user?.displayName || userId || '';
  }

  status(userId) {
    return this.presence.get(userId)?.status ?? 'offline';
  }

  /** The people to show: those online first, then by name. */
  get people() {
    const order = { online: 0, busy: 1, offline: 2 };
    const query = this.query.trim().toLowerCase();
    const matches = ({ userId, displayName }) => `${userId}\n${displayName}`.toLowerCase().includes(query);
    const rankOf = ({ userId }) => order[this.status(userId)];
    return [...this.users.values()]
      .filter((user) => user.userId !== this.account.userId && matches(user))
      .sort((a, b) => rankOf(a) - rankOf(b) || a.displayName.localeCompare(b.displayName));
  }

  receive(presence) {
    this.presence.set(presence.userId, presence);
    if (!this.users.has(presence.userId)) this.#ask(presence.userId);
    this.onChange();
  }

  /**
   * Reads the directory page by page, then watches the presence of those shown.
   * `anew`: sends the list of the watched in any case, and so gets the presence of all.
   */
  refresh({ anew = false } = {}) {
    if (anew) this.#watched = '';
    this.#loading ??= this.#load().catch((error) => log('directory', error)).finally(() => { this.#loading = null; });
    return this.#loading;
  }

  async search(query) {
    this.query = query;
    this.onChange();
    if (query && this.isTruncated) {
      const found = await this.server.request('listUsers', { prefix: query, limit: 50 }).catch(() => null);
      found?.items.forEach((user) => this.users.set(user.userId, user));
    }
    await this.#watch().catch((error) => log('watching', error));
  }

  clear() {
    this.users.clear();
    this.presence.clear();
    this.#asked.clear();
    this.#watched = this.query = '';
    this.isLoaded = false;
  }

  async #load() {
    const found = new Map();
    let after;
    do {
      const { items, next } = await this.server.request('listUsers', after ? { limit: 100, after } : { limit: 100 });
      items.forEach((user) => found.set(user.userId, user));
      after = next;
    } while (after && found.size < Directory.MOST_USERS);
    this.isTruncated = Boolean(after);
    if (!this.isTruncated) this.users.clear();
    found.forEach((user, userId) => this.users.set(userId, user));
    this.isLoaded = true;
    this.onChange();
    await this.#watch();
  }

  async #watch() {
    const userIds = this.people.slice(0, Directory.MOST_WATCHED).map(({ userId }) => userId).sort();
    const list = userIds.join();
    if (list === this.#watched) return;
    const { items } = await this.server.request('setWatching', { userIds });
    this.#watched = list;
    items.forEach((presence) => this.presence.set(presence.userId, presence));
    this.onChange();
  }

  async #ask(userId) {
    this.#asked.add(userId);
    const user = await this.server.request('getUser', { userId }).catch(() => null);
    if (!user) return;
    this.users.set(userId, user);
    this.onChange();
  }
}

// MARK: 9. View

/** The document follows the state. Text of users goes in by `textContent` alone. */
class View {
  #drawing = false;
  #state = null;
  #shownRinging = null;
  #notice = '';

  constructor(model) {
    this.model = model;
    setInterval(() => this.#renderTimer(), 500);
  }

  /** Draws once, soon, however often it is called. */
  changed() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#render();
    });
  }

  #render() {
    const { account, phone, feed, directory } = this.model;
    const state = this.model.state;
    const before = this.#state;
    this.#state = state;
    document.body.dataset.state = state;
    document.body.dataset.connection = account.isSignedIn ? feed?.connection ?? 'reconnecting' : 'online';
    if (feed && account.isSignedIn) document.body.dataset.transport = feed.kind;
    else delete document.body.dataset.transport;
    this.#renderIncoming();
    this.#renderCall();
    this.#renderOutcome(state);
    if (state !== 'signed-out') {
      this.#renderMe(account, feed);
      this.#renderPeople(directory, Boolean(phone.current));
    }
    this.#renderWords(state);
    $('welcome').hidden = state !== 'signed-out';
    $('home').hidden = state === 'signed-out';
    const isModal = Boolean(phone.current) || state === 'incoming';
    $('home').inert = isModal;
    document.querySelector('footer').inert = isModal;
    if (before !== state) this.#moveFocus(before, state);
  }

  #moveFocus(before, state) {
    const isNewCall = state === 'calling' || (state === 'connecting' && before !== 'calling');
    if (state === 'signed-out' && before) $('name').focus();
    else if (isNewCall) $('call-name').focus();
    else if (state === 'ended') $('ended-title').focus({ preventScroll: true });
    else if (state === 'idle' && before === 'ended') $('people-title').focus({ preventScroll: true });
  }

  // Words

  #renderWords(state) {
    const { phone, directory, account } = this.model;
    const { current, outcome } = phone;
    const name = current ? directory.name(current.peerId) : '';
    const [caller] = [...phone.ringing.values()].map((call) => directory.name(call.caller.userId));
    let words = '';
    if (caller) words = `${caller} is calling you`;
    else if (current) words = callWords(current, name) || `In a call with ${name}`;
    else if (state === 'ended') words = outcome.words;
    else if (state === 'idle') words = `Signed in as ${account.displayName || account.userId}`;
    else words = this.model.signInWords;
    setText($('status'), words);
    setText($('sign-in-words'), this.model.signInWords);
    const comfort = current?.phase === 'active' ? ' your call goes on' : '';
    setText($('connection-words'), `Reconnecting to the server…${comfort}`);
    const title = caller ? `📞 ${caller} is calling` : current ? `${name} – Ringback` : 'Ringback';
    if (document.title !== title) document.title = title;
  }

  // Signed in

  #renderMe(account, feed) {
    const name = account.displayName || account.userId;
    setText($('my-name'), name);
    setText($('my-id'), account.userId);
    setText($('my-transport'), TRANSPORT_WORDS[feed?.kind] ?? '');
    setAvatar($('my-avatar'), account.userId, name);
    setText($('my-key'), account.password ?? '');
    $('key-row').hidden = !account.password;
  }

  #renderPeople(directory, isBusy) {
    const people = directory.people;
    const total = directory.users.size - (directory.users.has(this.model.account.userId) ? 1 : 0);
    const online = people.filter(({ userId }) => directory.status(userId) !== 'offline').length;
    $('people-empty').hidden = !directory.isLoaded || total > 0;
    $('people-none').hidden = !directory.isLoaded || total === 0 || people.length > 0;
    $('search-field').hidden = total < 9 && !directory.query;
    setText($('people-count'), total ? `${online} online` : '');
    reconcile($('people'), people, ({ userId }) => userId, makePerson, (row, user) => {
      const status = directory.status(user.userId);
      row.dataset.status = status;
      setAvatar(row.querySelector('.avatar'), user.userId, user.displayName);
      setText(row.querySelector('.name'), user.displayName);
      setText(row.querySelector('.presence'), presenceWords(status, directory.presence.get(user.userId)));
      const button = row.querySelector('button.call');
      button.disabled = isBusy;
      button.setAttribute('aria-label', `Call ${user.displayName}`);
    });
  }

  renderRecent(calls) {
    const { directory, account } = this.model;
    $('recent-empty').hidden = calls.length > 0;
    reconcile($('recent'), calls, ({ callId }) => callId, makeRecent, (row, call) => {
      const isOutgoing = call.caller.userId === account.userId;
      const peerId = isOutgoing ? call.callee.userId : call.caller.userId;
      row.classList.toggle('missed', Boolean(call.missed));
      row.querySelector('use').setAttribute('href', isOutgoing ? '#icon-outgoing' : '#icon-incoming');
      setText(row.querySelector('.direction'), isOutgoing ? 'To' : 'From');
      setText(row.querySelector('.name'), directory.name(peerId));
      setText(row.querySelector('.what'), recentWords(call));
      setText(row.querySelector('time'), timeWords(call.createdAt));
      row.querySelector('time').dateTime = call.createdAt;
    });
  }

  #renderOutcome(state) {
    const { phone, directory } = this.model;
    $('outcome').hidden = state !== 'ended';
    if (state !== 'ended') return;
    const { userId, words, wasIncoming } = phone.outcome;
    setAvatar($('ended-avatar'), userId, directory.name(userId));
    setText($('ended-title'), directory.name(userId));
    setText($('ended-reason'), words);
    setText($('call-again').querySelector('span'), wasIncoming ? 'Call back' : 'Call again');
  }

  // A call

  #renderCall() {
    const { phone, directory } = this.model;
    const { current } = phone;
    $('call').hidden = !current;
    if (!current) {
      $('my').srcObject = null;
      return;
    }
    const { media, phase, remoteMedia, interrupted } = current;
    const name = directory.name(current.peerId);
    setText($('call-name'), name);
    setAvatar($('call-avatar'), current.peerId, name);
    $('call-avatar').classList.toggle('pulsing', phase === 'calling');
    $('call').classList.toggle('with-picture', phase === 'active' && isSent(remoteMedia, 'camera'));
    $('call').classList.toggle('interrupted', interrupted);
    this.#renderPeerMuted(name, phase === 'active' ? remoteMedia : null);
    this.#renderMine(media);
    this.#renderTimer();
    $('hang-up').setAttribute('aria-label', phase === 'calling' ? 'Cancel the call' : 'Hang up');
    setText($('hang-up').querySelector('.caption'), phase === 'calling' ? 'Cancel' : 'Hang up');
  }

  #renderPeerMuted(name, remoteMedia) {
    const isHeard = isSent(remoteMedia, 'mic');
    $('peer-muted').hidden = isHeard;
    if (isHeard) return;
    setText($('peer-muted').querySelector('span'), remoteMedia.mic ? `${name} is muted` : `${name} has no microphone`);
  }

  #renderMine(media) {
    if ($('my').srcObject !== media.stream) $('my').srcObject = media.stream;
    const hasPicture = Boolean(media.track('video')) && !media.cameraOff;
    $('pip').classList.toggle('without-picture', !hasPicture);
    const isMissing = media.acquiring ? 'Asking for the camera' : 'No camera';
    setText($('pip-words'), media.track('video') ? 'Camera off' : isMissing);
    $('mute').setAttribute('aria-pressed', String(media.muted));
    $('camera').setAttribute('aria-pressed', String(media.cameraOff));
    $('mute').disabled = !media.track('audio') && !media.acquiring;
    $('camera').disabled = !media.track('video') && !media.acquiring;
    if (media.notice !== this.#notice) this.showNotice(media.notice);
  }

  showNotice(words) {
    this.#notice = words;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => { $('media-notice').hidden = true; }, 15_000);
    setText($('media-notice'), words);
    $('media-notice').hidden = !words;
  }

  #renderTimer() {
    const { current } = this.model.phone;
    if (!current) return;
    const words = callWords(current, this.model.directory.name(current.peerId));
    setText($('call-words'), words || durationWords((Date.now() - current.since) / 1_000));
  }

  /** The other side's picture and sound; null when there is none any more. */
  showStream(stream) {
    const video = $('not_my');
    if (video.srcObject === stream) return;
    video.srcObject = stream;
    video.muted = false;
    $('sound').hidden = true;
    if (!stream) return;
    video.play().catch((error) => {
      if (error.name !== 'NotAllowedError') return;
      // After a reload there was no gesture yet: the picture may play, the sound waits for one.
      video.muted = true;
      video.play().catch(() => {});
      $('sound').hidden = false;
    });
  }

  soundOn() {
    $('not_my').muted = false;
    $('not_my').play().catch(() => {});
    $('sound').hidden = true;
  }

  // Somebody calls

  #renderIncoming() {
    const { phone, directory } = this.model;
    const [call] = phone.ringing.values();
    const dialog = $('incoming');
    dialog.hidden = !call;
    if (!call) {
      this.#shownRinging = null;
      return;
    }
    const isBanner = Boolean(phone.current);
    const name = directory.name(call.caller.userId);
    dialog.classList.toggle('banner', isBanner);
    dialog.setAttribute('aria-modal', String(!isBanner));
    setText($('incoming-name'), name);
    setAvatar($('incoming-avatar'), call.caller.userId, name);
    const more = phone.ringing.size > 1 ? `, and ${phone.ringing.size - 1} more` : '';
    const words = isBanner ? 'is calling. Accepting ends this call.' : `is calling you${more}`;
    setText($('incoming-words'), words);
    if (this.#shownRinging === call.callId) return;
    this.#shownRinging = call.callId;
    $('decline-more').open = false;
    $('decline-message').value = '';
    if (!isBanner) $('accept').focus();
  }

  toast(words) {
    clearTimeout(this.toastTimer);
    setText($('toast'), words);
    $('toast').hidden = false;
    this.toastTimer = setTimeout(() => { $('toast').hidden = true; }, 6_000);
  }
}

/** Does the other side send this source? As long as it has not said anything, it does. */
function isSent(remoteMedia, source) {
  return !remoteMedia || (Boolean(remoteMedia[source]) && !remoteMedia[source].muted);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The first letter of a name on a colour of its own. */
function setAvatar(element, userId, name) {
  setText(element, (Array.from((name || userId || '').trim())[0] ?? '').toLocaleUpperCase());
  let hash = 7;
  for (const letter of userId ?? '') hash = (hash * 31 + letter.codePointAt(0)) % 360;
  element.style.setProperty('--hue', hash);
}

function presenceWords(status, presence) {
  if (status === 'online') return 'Online';
  if (status === 'busy') return 'In a call';
  return presence?.lastSeenAt ? `Last seen ${timeWords(presence.lastSeenAt)}` : 'Offline';
}

function make(tag, className, attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function makeIcon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

function makePerson(userId) {
  const row = make('li', 'person', { 'data-user-id': userId });
  const who = make('span', 'who');
  who.append(make('span', 'name', { dir: 'auto' }), make('span', 'presence'));
  const button = make('button', 'call', { type: 'button' });
  button.append(makeIcon('phone'));
  row.append(make('span', 'avatar', { 'aria-hidden': 'true' }), who, button);
  return row;
}

function makeRecent() {
  const row = make('li', 'recent');
  row.append(makeIcon('outgoing'), make('span', 'direction for-screen-readers'));
  row.append(make('span', 'name', { dir: 'auto' }), make('span', 'what'), make('time', ''));
  return row;
}

/** Makes the children of `list` follow `items`, moving as few as possible, so that focus and pointer stay. */
function reconcile(list, items, keyOf, makeRow, fillRow) {
  const rows = new Map(Array.from(list.children, (row) => [row.reconcileKey, row]));
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  items.forEach((item, index) => {
    const key = keyOf(item);
    const row = rows.get(key) ?? makeRow(key);
    row.reconcileKey = key;
    rows.delete(key);
    fillRow(row, item);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  rows.forEach((row) => row.remove());
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

// MARK: 10. Start

const server = new Server();
const account = new Account(server);
const tones = new Tones();

const model = {
  account,
  feed: null,
  signInWords: '',
  get state() { return account.isSignedIn ? phone.state : 'signed-out'; },
};
const view = new View(model);
const directory = model.directory = new Directory(server, account, () => view.changed());
const phone = model.phone = new Phone(server, account, tones, {
  changed: () => view.changed(),
  stream: (stream) => view.showStream(stream),
  toast: (words) => view.toast(words),
  name: (userId) => directory.name(userId),
  isOnline: () => model.feed?.connection === 'online',
});
account.recentChanged = () => refreshRecent();

function transportPreference() {
  const wanted = page.get('transport');
  return wanted in TRANSPORTS ? wanted : 'auto';
}

/** The tab has a session: follow the events, read the directory. */
async function enter() {
  model.signInWords = '';
  $('password').value = '';
  if (!await account.claimDevice()) return becomeAnotherDevice();
  let wasOnline = false;
  const feed = model.feed = new Feed(server, transportPreference(), {
    onSnapshot: (calls) => phone.snapshot(calls),
    onEvent: (event) => event.type === 'presence' ? directory.receive(event.data) : phone.receive(event),
    onSuperseded: () => leaveSession('You were signed out: this device’s session was ended from elsewhere.'),
    onUnauthenticated: () => leaveSession('Your session is over. Sign in again.'),
    onChange: () => {
      const isOnline = feed.connection === 'online';
      if (isOnline && !wasOnline) refreshAll();
      wasOnline = isOnline;
      view.changed();
    },
  });
  feed.start();
  view.changed();
}

/** A duplicate of another tab signs in as a device of its own. */
async function becomeAnotherDevice() {
  const name = account.displayName || account.userId;
  account.forget();
  await signIn(name);
}

function refreshAll() {
  directory.refresh({ anew: true });
  refreshRecent();
  phone.iceServers();
  if (!account.displayName) learnMyName();
}

async function learnMyName() {
  const me = await server.request('getMe').catch(() => null);
  if (me) account.rememberName(me.displayName);
  view.changed();
}

let recentTimer = 0;
/** The list of finished calls; a moment later, so that the end of this one is in it. */
function refreshRecent() {
  clearTimeout(recentTimer);
  recentTimer = setTimeout(async () => {
    if (!account.isSignedIn) return;
    const answer = await server.request('listCalls', { limit: 8 }).catch(() => null);
    if (answer) view.renderRecent(answer.items.filter((call) => call.state === 'ended'));
  }, 250);
}

/** Back to the sign-in form, with a sentence why. */
async function leaveSession(words, { tell = false } = {}) {
  $('name').value = account.displayName || account.userId || '';
  const { deviceId } = account;
  const stopped = phone.stop();
  if (tell) await Promise.race([stopped, sleep(3_000)]);
  model.feed?.stop();
  model.feed = null;
  account.releaseDevice();
  if (deviceId) account.signOut({ tell });
  directory.clear();
  view.renderRecent([]);
  showPassword(false);
  model.signInWords = words;
  $('sign-in').disabled = false;
  view.changed();
}

function showPassword(isShown) {
  $('password-field').hidden = $('password').hidden = !isShown;
}

async function signIn(name, password) {
  $('sign-in').disabled = true;
  model.signInWords = '';
  view.changed();
  try {
    await account.signIn(name, password);
    showPassword(false);
    await enter();
  } catch (trouble) {
    if (!(trouble instanceof SignInTrouble)) console.error(trouble);
    model.signInWords = trouble.message;
    showPassword(Boolean(trouble.wantsPassword));
    view.changed();
    (trouble.wantsPassword ? $('password') : $('name')).focus();
  } finally {
    $('sign-in').disabled = false;
  }
}

function listen() {
  $('sign-in-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!$('sign-in').disabled) signIn($('name').value, $('password').hidden ? '' : $('password').value);
  });
  $('name').addEventListener('input', () => { showPassword(false); $('password').value = ''; });
  $('people').addEventListener('click', (event) => {
    const button = event.target.closest('button.call');
    if (button) phone.call(button.closest('[data-user-id]').dataset.userId);
  });
  $('search').addEventListener('input', () => directory.search($('search').value));
  $('accept').addEventListener('click', () => phone.accept(firstRinging()));
  $('decline').addEventListener('click', () => phone.decline(firstRinging()));
  $('decline-form').addEventListener('submit', (event) => {
    event.preventDefault();
    phone.decline(firstRinging(), $('decline-message').value.trim());
  });
  $('hang-up').addEventListener('click', () => phone.hangUp());
  $('mute').addEventListener('click', () => toggleMedia('muted'));
  $('camera').addEventListener('click', () => toggleMedia('cameraOff'));
  $('sound').addEventListener('click', () => view.soundOn());
  $('media-notice').addEventListener('click', () => { $('media-notice').hidden = true; });
  $('call-again').addEventListener('click', () => phone.call(phone.outcome.userId));
  $('dismiss').addEventListener('click', () => phone.dismiss());
  $('sign-out').addEventListener('click', () => {
    $('me').open = false;
    leaveSession('You are signed out.', { tell: true });
  });
  for (const gesture of ['pointerdown', 'keydown']) document.addEventListener(gesture, () => tones.unlock());
  document.addEventListener('pointerdown', (event) => { if (!$('me').contains(event.target)) $('me').open = false; });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') $('me').open = false; });
  addEventListener('online', () => { model.feed?.nudge({ anew: true }); server.wakeUp(); phone.networkChanged(); });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || !account.isSignedIn) return;
    model.feed?.nudge();
    directory.refresh();
  });
  // New people are not announced, so the directory is read again now and then.
  setInterval(keepAwake, 2_000);
  setInterval(() => {
    const isLooking = !document.hidden && !phone.current && model.feed?.connection === 'online';
    if (isLooking) directory.refresh();
  }, 4_000);
}

const firstRinging = () => phone.ringing.keys().next().value;

function toggleMedia(what) {
  const media = phone.current?.media;
  if (!media) return;
  if (what === 'muted') phone.setMuted(!media.muted);
  else phone.setCameraOff(!media.cameraOff);
  account.rememberMedia(media);
}

let wakeLock = null;
/** A phone's screen stays on as long as there is a call; the browser takes the lock back when the page is hidden. */
async function keepAwake() {
  const isWanted = Boolean(phone.current) && !document.hidden;
  if (isWanted && (!wakeLock || wakeLock.released)) {
    wakeLock = await navigator.wakeLock?.request('screen').catch(() => null);
  } else if (!isWanted) {
    wakeLock?.release().catch(() => {});
    wakeLock = null;
  }
}

/** What tests and the curious want to know. */
window.ringback = {
  debug: () => ({
    state: model.state,
    callId: phone.current?.call?.callId ?? null,
    call: phone.current?.call ?? null,
    transport: model.feed?.kind ?? null,
    connection: model.feed?.connection ?? null,
    userId: account.userId ?? null,
    deviceId: account.deviceId ?? null,
    peerConnectionState: phone.current?.peer?.connectionState ?? null,
    peerConnections: phone.current?.peer?.generation ?? 0,
    negotiation: phone.current?.peer?.negotiation ?? 0,
  }),
  /** The received video: frames decoded, the picture's size, the element's clock. */
  stats: async () => {
    const report = await phone.current?.peer?.getStats();
    let framesDecoded = 0;
    report?.forEach(({ type, kind, framesDecoded: frames = 0 }) => {
      if (type === 'inbound-rtp' && kind === 'video') framesDecoded += frames;
    });
    const { videoWidth: remoteWidth, videoHeight: remoteHeight, currentTime: remoteTime } = $('not_my');
    return { framesDecoded, remoteWidth, remoteHeight, remoteTime };
  },
};

async function start() {
  listen();
  const name = page.get('name')?.trim();
  if (name) $('name').value = name;
  if (account.isSignedIn && (!name || account.isFor(name))) return enter();
  if (account.isSignedIn) account.signOut();
  view.changed();
  if (name) await signIn(name);
  else $('name').focus();
}

start();
