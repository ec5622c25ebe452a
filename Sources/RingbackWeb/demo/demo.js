/** The demo of Ringback: sign in by name, see who is online, call. Calls are shown by `<ringback-call>`. */

import { sleep } from '../sdk/api.js';
import { isolated } from '../sdk/isolated.js';
import { Ringback } from '../sdk/ringback.js';
import '../sdk/ringback-call.js';
import { Account, isRegistrationClosed, SignInTrouble } from './account.js';
import { Devices } from './devices.js';
import { Directory } from './directory.js';
import { $, setAvatar, setText } from './draw.js';
import { History } from './history.js';
import { drawPeople } from './people.js';
import { chosenDevices, Preview } from './preview.js';
import { Push } from './push.js';
import { Quiet } from './quiet.js';
import { choose, translate, words } from './words.js';

const page = new URLSearchParams(location.search);

const element = document.querySelector('ringback-call');
const account = new Account();
const preview = new Preview(
  (devices) => { if (ringback) ringback.devices = devices; }, (trouble) => element.words.trouble(trouble));
/** @type {Ringback|null} */
let ringback = null;
let directory = null;
let devices = null;
let history = null;
let push = null;
let quiet = null;
let signInWords = '';
let isSignInError = false;
let shownState = null;
let wakeLock = null;
/** The connections of the newest call, for `debug`. */
const peerConnections = new Set();

// State

const currentCall = () => ringback?.calls.find(({ isIncoming }) => !isIncoming) ?? null;

function state() {
  if (!ringback) return 'signed-out';
  const call = currentCall();
  if (call) return call.isRinging ? 'calling' : call.state;
  if (ringback.calls.length) return 'incoming';
  return element.outcome ? 'ended' : 'idle';
}

// Signing in and out

/** Follows the events and reads the directory, once the tab has a session. */
async function enter() {
  signInWords = '';
  $('password').value = '';
  if (!await account.claimDevice()) return becomeAnotherDevice();
  account.recall().then(changed, (error) => console.debug('password', error));
  ringback = new Ringback({
    token: (refused) => account.token(refused), devices: chosenDevices(),
    transport: page.get('transport') ?? 'auto', iceTransportPolicy: page.get('ice') ?? undefined,
  });
  directory = new Directory(ringback, account, () => { changed(); element.changed(); });
  devices = new Devices(ringback);
  push = new Push(ringback, `?name=${encodeURIComponent(account.displayName)}`);
  quiet = new Quiet(ringback);
  history = new History(ringback, element, { name: (userId) => directory.name(userId), call });
  element.nameOf = (userId) => directory.name(userId);
  element.ringback = ringback;
  let wasOnline = false;
  ringback.addEventListener('connection', () => {
    const isOnline = ringback?.connection === 'online';
    if (isOnline && !wasOnline) refreshAll();
    wasOnline = isOnline;
    changed();
  });
  ringback.addEventListener('call', ({ call }) => {
    if (currentCall() === call) peerConnections.clear();
    if (!call.isIncoming) preview.close();
    changed();
  });
  ringback.addEventListener('change', ({ call }) => {
    if (call === currentCall() && call?.peerConnection) peerConnections.add(call.peerConnection);
    changed();
  });
  ringback.addEventListener('signedout', ({ reason }) => leaveSession(
    reason === 'superseded' ? words().superseded : words().sessionOver));
  changed();
}

/** A duplicated tab signs in as a new device. */
async function becomeAnotherDevice() {
  const name = account.displayName;
  account.forget();
  await signIn(name);
}

function refreshAll() {
  directory.refresh();
  history.refresh();
  devices.refresh();
}

/** Returns to the sign-in form and shows the reason. */
async function leaveSession(words, { tell = false } = {}) {
  const left = ringback;
  $('name').value = account.displayName ?? '';
  const closed = left?.close();
  if (tell) await Promise.race([closed, sleep(3_000)]);
  if (tell) account.signOut(left);
  else account.forget();
  account.releaseDevice();
  element.ringback = ringback = directory = devices = null;
  history?.stop();
  push?.stop();
  preview.close();
  showPassword(false);
  signInWords = words;
  isSignInError = false;
  $('sign-in').disabled = false;
  changed();
}

function showPassword(isShown) {
  $('password-field').hidden = $('password').hidden = !isShown && !isRegistrationClosed;
}

async function signIn(name, password) {
  $('sign-in').disabled = true;
  signInWords = '';
  changed();
  try {
    await account.signIn(name, password);
    showPassword(false);
    await enter();
  } catch (trouble) {
    if (!(trouble instanceof SignInTrouble)) console.error(trouble);
    signInWords = trouble.message;
    isSignInError = true;
    showPassword(Boolean(trouble.wantsPassword));
    changed();
    (trouble.wantsPassword ? $('password') : $('name')).focus();
  } finally {
    $('sign-in').disabled = false;
  }
}

// Calling

function call(userId, video = true) {
  if (currentCall()) return;
  preview.close();
  const options = { video };
  if (page.has('ringSeconds')) options.ringSeconds = Number(page.get('ringSeconds'));
  // The call itself reports its end.
  ringback.invite(userId, options).catch((error) => console.debug('invite', error));
}

// The document is derived from the state.

let isDrawing = false;
function changed() {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    draw();
  });
}

function draw() {
  const now = state();
  const before = shownState;
  shownState = now;
  document.body.dataset.state = now;
  document.body.dataset.connection = ringback?.connection ?? 'online';
  if (ringback) document.body.dataset.transport = ringback.transport;
  else delete document.body.dataset.transport;
  $('welcome').hidden = now !== 'signed-out';
  $('home').hidden = now === 'signed-out';
  setText($('sign-in-words'), signInWords);
  $('sign-in-words').classList.toggle('error', isSignInError);
  if (ringback) {
    drawMe();
    drawPeople(directory, { userId: account.userId, isBusy: Boolean(currentCall()) });
    history.draw();
    $('elsewhere').hidden = directory.status(account.userId) !== 'busy' || ringback.calls.length > 0;
  }
  drawWords(now);
  keepAwake();
  if (before === now) return;
  if (now === 'signed-out' && before) $('name').focus();
  else if (before === 'signed-out' || (before === null && now === 'idle' && document.activeElement === document.body)) {
    $('people-title').focus({ preventScroll: true });
  }
}

function drawMe() {
  setText($('my-name'), account.displayName);
  setText($('my-id'), account.userId);
  setText($('my-transport'), words().transports[ringback.transport] ?? '');
  setAvatar($('my-avatar'), account.userId, account.displayName);
  setText($('my-key'), account.password ?? '');
  $('key-row').hidden = !account.password;
}

/** Changes the password, stores it in this browser, and signs out the other devices. */
async function changePassword() {
  $('new-key').disabled = true;
  try {
    const count = await account.changePassword(ringback);
    setText($('new-key-words'), words().passwordChanged(count));
  } catch (error) {
    setText($('new-key-words'), words().passwordKept(error.message));
  }
  $('new-key').disabled = false;
  devices?.refresh();
  changed();
}

function drawWords(now) {
  const call = currentCall();
  const name = (userId) => isolated(directory.name(userId));
  const caller = now === 'incoming' && name(ringback.calls[0].peerId);
  // Calls are announced by the element.
  setText($('status'), { 'signed-out': signInWords, idle: words().signedInAs(isolated(account.displayName ?? '')) }[now] ?? '');
  const title = caller ? words().callsTitle(caller) : call ? `${name(call.peerId)} – Ringback` : 'Ringback';
  if (document.title !== title) document.title = title;
}

/** Keeps the screen on during a call. The browser releases the lock when the page is hidden. */
async function keepAwake() {
  const isWanted = Boolean(currentCall()) && !document.hidden;
  if (isWanted && (!wakeLock || wakeLock.released)) {
    wakeLock = { released: false, release: async () => {} };
    wakeLock = await navigator.wakeLock?.request('screen').catch(() => null);
  } else if (!isWanted && wakeLock) {
    wakeLock.release().catch(() => {});
    wakeLock = null;
  }
}

/** Redraws everything after a change of the language. */
function speak(language) {
  choose(language);
  history?.rewrite();
  devices?.draw();
  element.changed();
  changed();
}

// Listening

function listen() {
  $('sign-in-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!$('sign-in').disabled) signIn($('name').value, $('password').hidden ? '' : $('password').value);
  });
  $('name').addEventListener('input', () => {
    showPassword(false);
    // A password manager may have filled it in before the name.
    if (!isRegistrationClosed) $('password').value = '';
  });
  $('people').addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) call(button.closest('[data-user-id]').dataset.userId, button.classList.contains('call'));
  });
  $('search').addEventListener('input', () => directory.search($('search').value));
  $('show-all').addEventListener('click', () => history.showMissed(false));
  $('show-missed').addEventListener('click', () => history.showMissed(true));
  $('sign-out').addEventListener('click', () => {
    $('me').open = false;
    leaveSession(words().signedOut, { tell: true });
  });
  for (const id of ['quiet', 'muted']) $(id).addEventListener('click', () => quiet?.toggle(id));
  $('push').addEventListener('click', () => push?.toggle());
  $('new-key').addEventListener('click', changePassword);
  $('me').addEventListener('toggle', () => { if ($('me').open) { devices?.refresh(); quiet?.refresh(); } });
  element.addEventListener('callended', () => {
    history?.refresh();
    changed();
  });
  element.addEventListener('callagain', (event) => {
    event.preventDefault();
    call(event.detail.userId, event.detail.video);
  });
  element.addEventListener('dismissed', ({ detail }) => {
    if (detail.hadFocus) $('people-title').focus({ preventScroll: true });
    changed();
  });
  $('languages').addEventListener('click', ({ target }) => {
    if (target.dataset.language) speak(target.dataset.language);
  });
  document.addEventListener('pointerdown', (event) => { if (!$('me').contains(event.target)) $('me').open = false; });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') $('me').open = false; });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) directory?.refresh(); });
  // New users are not announced, so the directory is read periodically.
  setInterval(() => {
    if (!document.hidden && !currentCall() && ringback?.connection === 'online') directory.refresh();
  }, 4_000);
}

/** State for tests and debugging. */
window.ringback = {
  debug: () => {
    const call = currentCall();
    return {
      state: state(), callId: call?.id ?? null, call: call?.info ?? null, transport: ringback?.transport ?? null,
      connection: ringback?.connection ?? null, userId: account.userId ?? null, deviceId: account.deviceId ?? null,
      peerConnectionState: call?.peerConnection?.connectionState ?? null, peerConnections: peerConnections.size,
      negotiation: call?.negotiation ?? 0, safety: element.safety?.emoji.join('') ?? null,
      quality: element.quality.at(-1) ?? null,
    };
  },
  /** The received video: frames decoded. */
  stats: async () => {
    const report = await currentCall()?.peerConnection?.getStats();
    let framesDecoded = 0;
    report?.forEach(({ type, kind, framesDecoded: frames = 0 }) => {
      if (type === 'inbound-rtp' && kind === 'video') framesDecoded += frames;
    });
    return { framesDecoded };
  },
};

async function start() {
  if (isRegistrationClosed) $('registration').dataset.words = 'closed';
  showPassword(false);
  translate();
  listen();
  const name = page.get('name')?.trim();
  // From a link on another site, which signs nobody in: the server has moved the name here.
  const suggested = new URLSearchParams(location.hash.slice(1)).get('name')?.trim();
  if (name ?? suggested) $('name').value = name ?? suggested;
  if (account.isSignedIn && (!name || account.isFor(name))) return enter();
  if (account.isSignedIn) account.forget();
  changed();
  if (name) await signIn(name);
  else $('name').focus();
}

start();
