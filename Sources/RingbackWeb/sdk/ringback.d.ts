/**
 * Types of `ringback.js`, the browser SDK of Ringback. Times are RFC 3339 strings; names of durations have their unit.
 *
 * @version 0.1.0
 * @packageDocumentation
 */

export type UserId = string;
export type Device = { userId: UserId; deviceId: string };
export type PresenceStatus = 'online' | 'busy' | 'offline';
export type Presence = { userId: UserId; status: PresenceStatus; lastSeenAt?: string };
export type TransportName = 'websocket' | 'sse' | 'longpoll';
export type DeviceKind = 'microphone' | 'camera';
/** The `deviceId`s of `MediaDeviceInfo`; by default the browser chooses. */
export type DeviceChoice = { microphone?: string; camera?: string };

/** `inviting` and `ringing`: not accepted. `connecting`: accepted, not connected yet. `active`: connected. */
export type CallState = 'inviting' | 'ringing' | 'connecting' | 'active' | 'ended';

/**
 * Why a call ended: the server's reasons; those of a single device (`…_elsewhere`, `merged`); and those of this page:
 * `closed`, `failed`, `unanswered` (by the server), `in_a_call`, `origin_not_allowed`, or the code of a rejected
 * invite, such as `user_not_found`.
 */
export type EndReason =
  | 'completed' | 'canceled' | 'declined' | 'busy' | 'no_answer' | 'unreachable' | 'connect_timeout' | 'connection_lost'
  | 'ice_failed' | 'media_failed' | 'unsupported' | 'admin' | 'accepted_elsewhere' | 'declined_elsewhere' | 'merged'
  | 'closed' | 'failed' | 'unanswered' | (string & {});

export type MediaTrackState = { kind: 'audio' | 'video'; muted: boolean };
/** The media that a side sends. A source that is absent is not sent. */
export type MediaState = { mic?: MediaTrackState; camera?: MediaTrackState; screen?: MediaTrackState; held?: boolean };

/** A call as the server reports it; see `openapi.yaml`. */
export interface CallInfo {
  callId: string;
  caller: Device;
  callee: { userId: UserId; deviceId?: string };
  state: CallState;
  reason?: EndReason;
  /** The message of a decline. */
  message?: string;
  media: { audio: boolean; video: boolean };
  /** The `custom` of the invitation. */
  custom?: unknown;
  negotiation: number;
  createdAt: string;
  expiresAt?: string;
  endedAt?: string;
  endedBy?: Partial<Device> & { kind?: string };
  ringSeconds?: number;
  talkSeconds?: number;
}

/** The quality of a call during one second, as collected by `QualityMonitor` in `quality.js`. */
export interface QualitySample {
  /** Milliseconds since the epoch. */
  at: number;
  roundTripTimeMs?: number;
  lossPercent: number;
  /** Bits per second. */
  receivedBitrate: number;
  /** Bits per second. */
  sentBitrate: number;
  frameWidth?: number;
  frameHeight?: number;
  framesPerSecond?: number;
  path?: 'direct' | 'relayed';
}

/**
 * Six emoji from a table of 64. Both sides see the same unless the call is intercepted. See docs/browser-sdk.md.
 * `safetyPhrase(call)` from `safety.js` computes it; the element shows it.
 */
export interface SafetyPhrase {
  emoji: string[];
  /** Their indices in the table, for names in other languages. */
  numbers: number[];
}

/** The server reported a problem (RFC 9457), or did not answer: `status` 0, `code` `unanswered`. */
export class RequestError extends Error {
  readonly status: number;
  /** The code, for programs: `user_not_found`, `rate_limited`, … */
  readonly code: string;
  readonly retryable: boolean;
  readonly callState?: CallState;
  readonly retryAfterSeconds: number;
}

/** A microphone, camera or screen is not available; `en.trouble(…)` in `words-en.js` gives a sentence for the user. */
export class DeviceTrouble extends Error {
  readonly code: 'denied' | 'missing' | 'busy' | 'insecure' | 'lost' | 'failed';
  readonly devices: ('microphone' | 'camera' | 'screen')[];
}

export interface RingbackOptions {
  /** The URL of the server; by default the server that this file was loaded from. */
  url?: string | URL;
  /**
   * The bearer token of this device, or a function that returns it. The function is called with `null` first, and with
   * the rejected token after a 401; it returns another token, or `null` if the user has to sign in.
   */
  token: string | ((refused: string | null) => Promise<string | null>);
  /** `auto` (the default) begins with a WebSocket and falls back to SSE and long polls. */
  transport?: 'auto' | TransportName;
  /** `relay`: media uses only TURN servers, so that the other side does not learn the user's address. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** The initial microphone and camera of calls. */
  devices?: DeviceChoice;
}

export interface InviteOptions {
  /** @defaultValue true */
  audio?: boolean;
  /** @defaultValue true */
  video?: boolean;
  /** 10 to 180. @defaultValue 60 */
  ringSeconds?: number;
  /** Any JSON of at most 4 KiB, for the callee. */
  custom?: unknown;
}

export interface RingbackEventMap {
  /** A new call: incoming, outgoing, or the one that this tab was in before a reload. */
  call: Event & { call: Call };
  /** Something about a call has changed. */
  change: Event & { call?: Call };
  /** `connection` has changed. */
  connection: Event;
  /** Missed calls were marked as seen on another device of the user. */
  seen: Event;
  /** `presence` has changed. */
  presence: Event;
  /** The token is no longer valid, or the origin of the page is not allowed. No further events follow. */
  signedout: Event & { reason: 'unauthenticated' | 'superseded' | 'origin_not_allowed' };
}

/**
 * One signed-in device: its calls, the presence of others, and requests to the server. It receives events from its
 * creation on, and reconnects without missing any.
 *
 * @example
 * const ringback = new Ringback({ url: 'https://calls.example.org/', token });
 * ringback.addEventListener('call', ({ call }) => { if (call.isIncoming) showIncoming(call); });
 * const call = await ringback.invite('petya', { video: true });
 */
export class Ringback extends EventTarget {
  static readonly version: string;
  constructor(options: RingbackOptions);
  /** Calls that have not ended: incoming ones that ring, and at most one other. */
  readonly calls: Call[];
  /** The presence of the users given to `watch`. */
  readonly presence: Map<UserId, Presence>;
  readonly connection: 'online' | 'reconnecting' | 'over';
  readonly transport: TransportName;
  /** This device and its user; empty until the first connection. */
  readonly device: Partial<Device>;
  /** Sets the initial microphone and camera of the next call. */
  devices: DeviceChoice;

  /**
   * Calls a user: all of the user's devices ring. Requests camera and microphone first. Resolves when the server has
   * created the call; `call.state` tells how it continues. The `call` event is dispatched at once, so that a page can
   * show something.
   *
   * @throws {RequestError} `user_not_found`, `call_self`, `rate_limited`, `in_a_call` (this device is in one already), …
   */
  invite(userId: UserId, options?: InviteOptions): Promise<Call>;
  /** Sets the users whose presence is reported, at most 200. Restored after interruptions. */
  watch(userIds: UserId[]): Promise<Presence[]>;
  /**
   * Performs any other operation of the API, repeated until it is answered or `patienceMs` (15 s) have passed. Writes
   * are performed in the order of the calls, each once.
   * @example ringback.request('GET', 'calls', { limit: 20 })
   * @throws {RequestError}
   */
  request(method: string, path: string, data?: object, options?: { patienceMs?: number }): Promise<any>;
  /** Hangs up and disconnects. Resolves when the server has confirmed it. */
  close(): Promise<void>;

  addEventListener<K extends keyof RingbackEventMap>(
    type: K, listener: (event: RingbackEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

export interface CallEventMap {
  /** `state` has changed. */
  statechange: Event;
  /** Something has changed: state, streams, media, descriptions, trouble. */
  change: Event;
}

/** One call of this device, and its microphone and camera. Dispatches `statechange` and `change`. */
export class Call extends LocalMedia {
  private constructor();
  /** `null` until the invitation is answered. */
  readonly id: string | null;
  readonly role: 'caller' | 'callee';
  /** The other user. */
  readonly peerId: UserId;
  readonly state: CallState;
  /** Why it ended; `null` before. */
  readonly reason: EndReason | null;
  /** The call as the server reports it; `null` until the invitation is answered. */
  readonly info: CallInfo | null;
  /** Whether the call rings on this device and can be accepted or declined. */
  readonly isIncoming: boolean;
  readonly isRinging: boolean;

  /** The audio and camera of the other side. */
  readonly remoteStream: MediaStream | null;
  /** The screen that the other side shares, while `remoteMedia.screen` is present. */
  readonly remoteScreen: MediaStream | null;
  /** The media state of the other side; `null` until it is known. */
  readonly remoteMedia: MediaState | null;
  /** Whether the server has contact with the other side. Media does not depend on it. */
  readonly remoteConnection: 'online' | 'reconnecting';
  /** Whether media has stopped and the SDK is looking for a new path. */
  readonly isInterrupted: boolean;
  /** Whether the page was reloaded and is rejoining the call. */
  readonly isReturning: boolean;

  /** When media began to flow, in milliseconds since the epoch. */
  readonly since: number | null;
  /** Replaced after a reload of either side. The SDK negotiates, restarts and closes it. */
  readonly peerConnection: RTCPeerConnection | null;
  /** The number of the newest negotiation. */
  readonly negotiation: number;

  /** Accepts the call, and hangs up another current call. If another device was first, the call ends here. */
  accept(options?: { audio?: boolean; video?: boolean }): Promise<void>;
  /** @param message a text for the caller, at most 200 characters */
  decline(message?: string): Promise<void>;
  /** Hangs up, cancels or declines. Immediate on this side; resolves when the server has confirmed it. */
  hangUp(reason?: 'completed' | 'ice_failed' | 'media_failed' | 'unsupported'): Promise<void>;
  /** Restarts ICE. The SDK does this by itself when the connection fails or the network changes. */
  restartIce(): void;

  addEventListener<K extends keyof CallEventMap>(
    type: K, listener: (event: CallEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** Microphone, camera and screen, of a call or for a preview. Dispatches `change`. */
export class LocalMedia extends EventTarget {
  constructor(devices: DeviceChoice);
  readonly localStream: MediaStream;
  readonly localScreen: MediaStream | null;
  readonly isMuted: boolean;
  /** Whether it is off, by the user or because there is none. */
  readonly isCameraOff: boolean;
  /** Whether the browser is asking for permission to use camera or microphone. */
  readonly isAcquiring: boolean;
  /** Why a device is missing. A call continues without it. */
  readonly trouble: DeviceTrouble | null;
  readonly devices: DeviceChoice;

  /** Requests both devices, or each separately if that fails. A call does this by itself. Never throws. */
  acquire(wanted: { audio?: boolean; video?: boolean }): Promise<void>;
  /** `mute(false)` requests a microphone if there is none yet. @throws {DeviceTrouble} */
  mute(isMuted?: boolean): Promise<void>;
  /** Turning it on requests a camera if there is none yet. @throws {DeviceTrouble} */
  setCamera(isOn: boolean): Promise<void>;
  /** Switches to another microphone or camera. @throws {DeviceTrouble} */
  replaceDevice(device: DeviceKind, deviceId: string): Promise<void>;
  /** The browser lets the user choose a screen. @throws {DeviceTrouble} `denied` also if the user closes the list */
  shareScreen(isOn?: boolean): Promise<void>;
  track(kind: 'audio' | 'video' | 'screen'): MediaStreamTrack | undefined;
  /** Releases the devices. */
  stop(): void;
}

/** Requests only, also without a token, for registering and signing in. */
export class Api {
  constructor(url: string | URL, token?: RingbackOptions['token'] | null);
  request(method: string, path: string, data?: object, options?: { patienceMs?: number }): Promise<any>;
}

/**
 * `<ringback-call>`, from `ringback-call.js`: shows the calls of a `Ringback`. Fires `callended` with `{call, words}`,
 * `callagain` (cancelable) with `{call, userId, audio, video}`, and `dismissed`.
 */
export interface RingbackCallElement extends HTMLElement {
  ringback: Ringback | null;
  /** The name to show for a user; by default the display name on the server. */
  nameOf: (userId: UserId) => string;
  /** The call whose end is shown, or `null`. */
  readonly outcome: Call | null;
  /** The safety phrase of the current call, or `null`. */
  readonly safety: SafetyPhrase | null;
  /** Samples of the last five minutes of the current call, one per second. */
  readonly quality: QualitySample[];
  /** A sentence on how a call ended, in the language of the page. */
  endedWords(call: Call | CallInfo): string;
}
