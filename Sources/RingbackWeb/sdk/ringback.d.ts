/**
 * Types of `ringback.js`, the browser SDK of Ringback. Times are RFC 3339 strings, spans carry their unit in their name.
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
/** Ids of `MediaDeviceInfo`; what is absent is the browser's choice. */
export type DeviceChoice = { microphone?: string; camera?: string };

/** `inviting` and `ringing`: nobody has picked up. `connecting`: accepted, no media yet. `active`: media have flowed. */
export type CallState = 'inviting' | 'ringing' | 'connecting' | 'active' | 'ended';

/**
 * Why a call ended. The server's reasons, of one device alone (`…_elsewhere`, `merged`), and what this page alone knows:
 * `closed`, `failed`, `unanswered` (the server), `in_a_call`, `origin_not_allowed`, or the code of a refused invite, such as
 * `user_not_found`.
 */
export type EndReason =
  | 'completed' | 'canceled' | 'declined' | 'busy' | 'no_answer' | 'unreachable' | 'connect_timeout' | 'connection_lost'
  | 'ice_failed' | 'media_failed' | 'unsupported' | 'admin' | 'accepted_elsewhere' | 'declined_elsewhere' | 'merged'
  | 'closed' | 'failed' | 'unanswered' | (string & {});

export type MediaTrackState = { kind: 'audio' | 'video'; muted: boolean };
/** What a side sends at the moment. What is absent is not being sent. */
export type MediaState = { mic?: MediaTrackState; camera?: MediaTrackState; screen?: MediaTrackState; held?: boolean };

/** The server's view of a call, as `openapi.yaml` has it. */
export interface CallInfo {
  callId: string;
  caller: Device;
  callee: { userId: UserId; deviceId?: string };
  state: CallState;
  reason?: EndReason;
  /** The words of somebody who declined. */
  message?: string;
  media: { audio: boolean; video: boolean };
  /** What the inviting page gave as `custom`. */
  custom?: unknown;
  negotiation: number;
  createdAt: string;
  expiresAt?: string;
  endedAt?: string;
  endedBy?: Partial<Device> & { kind?: string };
  ringSeconds?: number;
  talkSeconds?: number;
}

/** How good a call was during the last second: what a `QualityMonitor`, from `quality.js`, collects. */
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
 * Six things, from a table of 64; both sides see the same unless somebody sits in the middle. See docs/browser-sdk.md.
 * `safetyPhrase(call)` from `safety.js` computes it; the element shows it.
 */
export interface SafetyPhrase {
  emoji: string[];
  /** Their places in the table, for names in other languages. */
  numbers: number[];
}

/** The server said no (RFC 9457), or did not answer: then `status` is 0 and `code` is `unanswered`. */
export class RequestError extends Error {
  readonly status: number;
  /** What to decide by: `user_not_found`, `rate_limited`, … */
  readonly code: string;
  readonly retryable: boolean;
  readonly callState?: CallState;
  readonly retryAfterSeconds: number;
}

/** A microphone, camera or screen that can't be had; `en.trouble(…)` of `words-en.js` is a sentence for the user. */
export class DeviceTrouble extends Error {
  readonly code: 'denied' | 'missing' | 'busy' | 'insecure' | 'lost' | 'failed';
  readonly devices: ('microphone' | 'camera' | 'screen')[];
}

export interface RingbackOptions {
  /** Where the server is; by default where this file came from. */
  url?: string | URL;
  /**
   * The bearer token of this device, or a function that gets it. The function is called with `null` first, and with the
   * refused token after a 401; it gives another token, or `null` if the user has to sign in.
   */
  token: string | ((refused: string | null) => Promise<string | null>);
  /** `auto` (the default) begins with a WebSocket and falls back to SSE and long polls. */
  transport?: 'auto' | TransportName;
  /** `relay`: media go through a TURN server alone, so that the other side learns no address. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Which microphone and camera calls begin with. */
  devices?: DeviceChoice;
}

export interface InviteOptions {
  /** @defaultValue true */
  audio?: boolean;
  /** @defaultValue true */
  video?: boolean;
  /** 10 to 180. @defaultValue 60 */
  ringSeconds?: number;
  /** Any JSON up to 4 KiB, for the other side. */
  custom?: unknown;
}

export interface RingbackEventMap {
  /** A new call: an incoming one, one's own, or the one this tab was in before it was loaded anew. */
  call: Event & { call: Call };
  /** Anything about a call has changed. */
  change: Event & { call?: Call };
  /** `connection` has changed. */
  connection: Event;
  /** `presence` has changed. */
  presence: Event;
  /** There is no valid token any more, or the server does not allow this page's origin; nothing else will come. */
  signedout: Event & { reason: 'unauthenticated' | 'superseded' | 'origin_not_allowed' };
}

/**
 * One signed-in device: its calls, the presence of others, and requests to the server. It listens from its creation on,
 * reconnects by itself and misses nothing in between.
 *
 * @example
 * const ringback = new Ringback({ url: 'https://calls.example.org/', token });
 * ringback.addEventListener('call', ({ call }) => { if (call.isIncoming) showIncoming(call); });
 * const call = await ringback.invite('petya', { video: true });
 */
export class Ringback extends EventTarget {
  static readonly version: string;
  constructor(options: RingbackOptions);
  /** Calls that ring or are under way; at most one of them is not incoming. */
  readonly calls: Call[];
  /** Of those whom `watch` has named. */
  readonly presence: Map<UserId, Presence>;
  readonly connection: 'online' | 'reconnecting' | 'over';
  readonly transport: TransportName;
  /** This device; empty until the first connection. */
  readonly device: Partial<Device>;
  /** Which microphone and camera the next call begins with. */
  devices: DeviceChoice;

  /**
   * Rings all devices of a user. Camera and microphone are asked for first. Resolves when the server has the call; how it
   * goes on, `call.state` tells. The `call` event comes at once, so that a page can show something.
   *
   * @throws {RequestError} `user_not_found`, `call_self`, `rate_limited`, `in_a_call` (this device is in one already), …
   */
  invite(userId: UserId, options?: InviteOptions): Promise<Call>;
  /** Whose presence is told from now on, at most 200, also after interruptions. */
  watch(userIds: UserId[]): Promise<Presence[]>;
  /**
   * Any other operation of the API, repeated until it is answered or `patienceMs` (15 s) are over. Writes are done in the
   * order of these calls, each once.
   * @example ringback.request('GET', 'calls', { limit: 20 })
   * @throws {RequestError}
   */
  request(method: string, path: string, data?: object, options?: { patienceMs?: number }): Promise<any>;
  /** Hangs up and stops listening. Resolves when the server knows. */
  close(): Promise<void>;

  addEventListener<K extends keyof RingbackEventMap>(
    type: K, listener: (event: RingbackEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

export interface CallEventMap {
  /** `state` has changed. */
  statechange: Event;
  /** Anything has changed: state, streams, media, descriptions, trouble. */
  change: Event;
}

/** One call of this device, and its microphone and camera. Dispatches `statechange` and `change`. */
export class Call extends LocalMedia {
  private constructor();
  /** `null` until the invite was answered. */
  readonly id: string | null;
  readonly role: 'caller' | 'callee';
  /** The other user. */
  readonly peerId: UserId;
  readonly state: CallState;
  /** Why it ended; `null` before. */
  readonly reason: EndReason | null;
  /** The server's view; `null` until the invite was answered. */
  readonly info: CallInfo | null;
  /** It rings here, and can be accepted or declined. */
  readonly isIncoming: boolean;
  readonly isRinging: boolean;

  /** Sound and camera of the other side. */
  readonly remoteStream: MediaStream | null;
  /** A screen that the other side shares, while `remoteMedia.screen` is there. */
  readonly remoteScreen: MediaStream | null;
  /** What the other side sends; `null` until it has said so. */
  readonly remoteMedia: MediaState | null;
  /** Whether the server hears the other side. Media may flow all the same. */
  readonly remoteConnection: 'online' | 'reconnecting';
  /** Media have stopped, and a new path is looked for. */
  readonly isInterrupted: boolean;
  /** The page was loaded anew and is on its way back into this call. */
  readonly isReturning: boolean;

  /** When media began to flow, in milliseconds since the epoch. */
  readonly since: number | null;
  /** Another one after a reload of either side; the SDK negotiates, restarts and closes it. */
  readonly peerConnection: RTCPeerConnection | null;
  /** How many offers there have been. */
  readonly negotiation: number;

  /** Picks up, and hangs up another call that is under way. Another device may have been faster: then it ends. */
  accept(options?: { audio?: boolean; video?: boolean }): Promise<void>;
  /** @param message at most 200 characters for the caller */
  decline(message?: string): Promise<void>;
  /** Ends the call at once on this side; resolves when the server knows. Cancels or declines one that rings. */
  hangUp(reason?: 'completed' | 'ice_failed' | 'media_failed' | 'unsupported'): Promise<void>;
  /** Looks for a new path. The SDK does so by itself when the connection fails or the network changes. */
  restartIce(): void;

  addEventListener<K extends keyof CallEventMap>(
    type: K, listener: (event: CallEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** Microphone, camera and screen: of a call, or without one, for a preview. Dispatches `change`. */
export class LocalMedia extends EventTarget {
  constructor(devices: DeviceChoice);
  readonly localStream: MediaStream;
  readonly localScreen: MediaStream | null;
  readonly isMuted: boolean;
  /** Turned off by the user, or not there. */
  readonly isCameraOff: boolean;
  /** The browser is asking the user for camera or microphone. */
  readonly isAcquiring: boolean;
  /** Why a device is missing; a call goes on without it. */
  readonly trouble: DeviceTrouble | null;
  readonly devices: DeviceChoice;

  /** Asks for both; where that fails, for each alone. A call does it by itself. Never throws. */
  acquire(wanted: { audio?: boolean; video?: boolean }): Promise<void>;
  /** `mute(false)` asks for a microphone if there is none yet. @throws {DeviceTrouble} */
  mute(isMuted?: boolean): Promise<void>;
  /** Turning it on asks for a camera if there is none yet. @throws {DeviceTrouble} */
  setCamera(isOn: boolean): Promise<void>;
  /** Another microphone or camera. @throws {DeviceTrouble} */
  replaceDevice(device: DeviceKind, deviceId: string): Promise<void>;
  /** The browser lets the user choose a screen. @throws {DeviceTrouble} `denied` also when they close the list */
  shareScreen(isOn?: boolean): Promise<void>;
  track(kind: 'audio' | 'video' | 'screen'): MediaStreamTrack | undefined;
  /** Releases the devices. */
  stop(): void;
}

/** Requests alone, also without a token: to register and to sign in. */
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
  /** The name to show for a user; by default the server's display name. */
  nameOf: (userId: UserId) => string;
  /** The call whose end is shown; `null` while none is. */
  readonly outcome: Call | null;
  /** Of the call that goes on; `null` while there is none. */
  readonly safety: SafetyPhrase | null;
  /** The last five minutes of the call that goes on, once a second. */
  readonly quality: QualitySample[];
  /** How a call ended, in a sentence of the page's language. */
  endedWords(call: Call | CallInfo): string;
}
