/**
 * `<ringback-call>`: the user interface of calls. Give it a `Ringback`:
 *
 *     import { RingbackCall } from '/sdk/ringback-call.js';
 *     document.querySelector('ringback-call').ringback = new Ringback({ token });
 *
 * Text of users is inserted only with `textContent`.
 */

import { style } from './call-style.js';
import { template } from './call-template.js';
import { listDevices } from './device-list.js';
import { isolated } from './isolated.js';
import { QualityMonitor } from './quality.js';
import { QualityCharts } from './quality-charts.js';
import { bothFingerprints, safetyPhrase } from './safety.js';
import { Tones } from './tones.js';
import { duration, en } from './words-en.js';
import { ru } from './words-ru.js';

const LANGUAGES = { en, ru };
const NOTICE_MS = 15_000;
/** Over video, head and controls are hidden after this time without input. */
const IDLE_MS = 4_000;
const SHORTCUTS = { KeyM: 'mute', KeyV: 'camera' };
const GESTURES = ['pointerdown', 'keydown'];

export class RingbackCall extends HTMLElement {
  /** A page may override it with the names of its users; returns a string. */
  nameOf = (userId) => this.#learnName(userId);
  tones = new Tones();
  #ringback = null;
  #names = new Map();
  #listening = null;
  #root = this.attachShadow({ mode: 'open' });
  #charts;
  #drawing = false;
  #shownRinging = null;
  #shownCall = null;
  #outcome = null;
  #idleTimer = 0;
  #monitors = new WeakMap();
  #safety = null;
  #safetyOf = null;
  /** Calls whose safety phrase was shown. */
  #compared = new WeakSet();
  #notice = null;
  #noticeTimer = 0;
  #noteTimer = 0;
  #clock = 0;
  #unlock = () => this.tones.unlock();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [style];
    this.#root.append(template.content.cloneNode(true));
    this.#charts = new QualityCharts(this.#$('charts'), this.#$('facts'));
    this.#listen();
    this.#letPictureMove();
    this.#hideControls();
  }

  get ringback() { return this.#ringback; }

  /** The safety phrase of the current call; null without one. */
  get safety() { return this.#current && this.#safety; }

  /** The call whose end is shown, or null. */
  get outcome() { return this.#outcome; }

  /** The quality of the current call, once a second. */
  get quality() { return this.#monitors.get(this.#current)?.history ?? []; }

  set ringback(ringback) {
    this.#listening?.abort();
    this.#ringback = ringback;
    this.#outcome = null;
    this.tones.play(null);
    if (ringback) {
      const { signal } = this.#listening = new AbortController();
      ringback.addEventListener('call', ({ call }) => this.#follow(call), { signal });
      for (const type of ['change', 'connection']) ringback.addEventListener(type, () => this.changed(), { signal });
      ringback.calls.forEach((call) => this.#follow(call));
    }
    this.changed();
  }

  /** The texts in the language of the page, or in English. */
  get words() {
    const language = (this.closest('[lang]')?.lang || navigator.language).split('-')[0];
    return LANGUAGES[language] ?? en;
  }

  /** A sentence on how a call ended or why it failed. `call`: a `Call`, or one from the history. */
  endedWords(call) {
    const info = call.info ?? call;
    const me = this.#ringback.device;
    const isCaller = call.role ? call.role === 'caller' : info.caller.userId === me.userId;
    const peerId = call.peerId ?? (isCaller ? info.callee : info.caller).userId;
    const isMine = (info.endedBy?.userId ?? info.endedBy) === me.userId;
    const told = info.message ? { ...info, message: isolated(info.message) } : info;
    return this.words.ended({ info: told, isCaller, isMine, reason: call.reason, name: isolated(this.nameOf(peerId)) });
  }

  connectedCallback() {
    for (const gesture of GESTURES) document.addEventListener(gesture, this.#unlock);
    this.#clock = setInterval(() => {
      this.#drawTime();
      this.#drawLevel();
    }, 125);
    this.changed();
  }

  disconnectedCallback() {
    for (const gesture of GESTURES) document.removeEventListener(gesture, this.#unlock);
    clearInterval(this.#clock);
    this.tones.play(null);
  }

  /** Schedules a single redraw. */
  changed() {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #$(id) {
    return this.#root.getElementById(id);
  }

  get #current() {
    return this.#ringback?.calls.find(({ isIncoming }) => !isIncoming) ?? null;
  }

  get #ringing() {
    return this.#ringback?.calls.filter(({ isIncoming }) => isIncoming) ?? [];
  }

  #learnName(userId) {
    if (!this.#names.has(userId)) {
      this.#names.set(userId, userId);
      this.#ringback.request('GET', `users/${encodeURIComponent(userId)}`).then(({ displayName }) => {
        this.#names.set(userId, displayName || userId);
        this.changed();
      }, () => {});
    }
    return this.#names.get(userId);
  }

  #follow(call) {
    if (this.#monitors.has(call)) return;
    if (call.state !== 'ended') this.#outcome = null;
    const monitor = new QualityMonitor(call);
    this.#monitors.set(call, monitor);
    monitor.addEventListener('sample', () => this.#drawQuality());
    call.addEventListener('change', () => this.#learnSafety(call));
    call.addEventListener('statechange', () => {
      if (call.state === 'ended') this.#ended(call);
    });
    this.changed();
  }

  async #learnSafety(call) {
    if (call !== this.#current) return;
    // Shown before the reload.
    if (call.isReturning) this.#compared.add(call);
    const ends = bothFingerprints(call);
    if (ends === this.#safetyOf) return;
    this.#safetyOf = ends;
    this.#safety = null;
    const safety = await safetyPhrase(call);
    if (ends !== this.#safetyOf) return;
    this.#safety = safety;
    if (safety && this.#compared.has(call)) this.#showNote(this.words.safetyChanged, 20_000);
    if (safety) this.#compared.add(call);
    this.changed();
  }

  #ended(call) {
    const words = this.endedWords(call);
    if (!this.#ringing.some((other) => other !== call)) this.tones.play(call.reason === 'completed' ? 'ended' : 'busy');
    if (this.#current && this.#current !== call) this.#showNote(words);
    else setText(this.#$('live'), words);
    if (!this.#ringback.calls.length && !['merged', 'closed'].includes(call.reason)) this.#outcome = call;
    this.dispatchEvent(new CustomEvent('callended', { detail: { call, words }, bubbles: true, composed: true }));
    this.changed();
  }

  // Drawing

  #draw() {
    const { words } = this;
    const current = this.#current;
    const [ringing] = this.#ringing;
    for (const element of this.#root.querySelectorAll('[data-words]')) setText(element, words[element.dataset.words]);
    for (const element of this.#root.querySelectorAll('[data-label]')) {
      element.setAttribute('aria-label', words[element.dataset.label]);
    }
    for (const element of this.#root.querySelectorAll('[data-hint]')) element.placeholder = words[element.dataset.hint];
    this.#drawOverlay(Boolean(current || ringing), ringing && !current ? 'incoming-name' : 'call-name');
    this.#drawIncoming(ringing, current, words);
    this.#drawEnded(words);
    if (current) this.#drawCall(current, words);
    else this.#clear();
    this.#speak(current, ringing, words);
    if (ringing) this.tones.play(current ? 'knock' : 'ring');
    else if (current) this.tones.play(current.role === 'caller' && current.state === 'ringing' ? 'ringback' : null);
    else if (this.tones.playing) this.tones.play(null);
  }

  /** A modal dialog: the rest of the page is inert. */
  #drawOverlay(isShown, labelledBy) {
    const overlay = this.#$('overlay');
    overlay.setAttribute('aria-labelledby', labelledBy);
    if (isShown === overlay.open) return;
    if (!isShown) overlay.close();
    else if (this.hasAttribute('inline')) overlay.show();
    else overlay.showModal();
  }

  #drawIncoming(call, current, words) {
    const dialog = this.#$('incoming');
    dialog.hidden = !call;
    if (!call) {
      this.#shownRinging = null;
      return;
    }
    const name = this.nameOf(call.peerId);
    const more = this.#ringing.length - 1;
    const { video } = call.info.media;
    dialog.classList.toggle('banner', Boolean(current));
    setText(this.#$('incoming-name'), name);
    setAvatar(this.#$('incoming-avatar'), call.peerId, name);
    const calling = words.isCalling(video) + (more ? words.andMore(more) : '');
    const isLost = call.remoteConnection === 'reconnecting';
    setText(this.#$('incoming-words'), isLost ? words.dropped(isolated(name)) : current ? words.isCallingToo : calling);
    this.#$('accept-voice').hidden = !video;
    if (this.#shownRinging === call) return;
    this.#shownRinging = call;
    this.#$('decline-more').open = false;
    this.#$('decline-message').value = '';
    // Not a button, which a space typed by the user would activate.
    if (!current) this.#$('incoming-name').focus();
  }

  #drawEnded(words) {
    const call = this.#ringback?.calls.length ? null : this.#outcome;
    this.#$('ended').hidden = !call || this.hasAttribute('no-end-card');
    if (!call) return;
    const name = this.nameOf(call.peerId);
    setAvatar(this.#$('ended-avatar'), call.peerId, name);
    setText(this.#$('ended-title'), name);
    setText(this.#$('ended-reason'), this.endedWords(call));
    setText(this.#$('call-again').querySelector('span'), call.role === 'callee' ? words.callBack : words.callAgain);
  }

  #drawCall(call, words) {
    const name = this.nameOf(call.peerId);
    const isActive = call.state === 'active';
    const media = isActive ? call.remoteMedia : null;
    if (this.#shownCall !== call) {
      this.#shownCall = call;
      this.#root.querySelectorAll('.sheet').forEach((sheet) => { sheet.hidden = true; });
      this.#$('call').hidden = false;
      this.#$('call').classList.remove('with-more');
      this.#wake();
      if (!this.#ringing.length) this.#$('call-name').focus();
    }
    const stage = this.#$('call');
    const hasPicture = isActive && isSent(media, 'camera');
    stage.classList.toggle('with-picture', hasPicture);
    stage.classList.toggle('voice', !hasPicture && !media?.screen && call.isCameraOff && !call.isAcquiring);
    stage.classList.toggle('with-screen', Boolean(isActive && media?.screen));
    stage.classList.toggle('interrupted', call.isInterrupted);
    this.#$('their-screen').hidden = !media?.screen;
    setText(this.#$('call-name'), name);
    setAvatar(this.#$('call-avatar'), call.peerId, name);
    this.#$('call-avatar').classList.toggle('pulsing', call.isRinging);
    const told = isolated(name);
    this.#$('not_my').setAttribute('aria-label', words.theirVideo(told));
    this.#$('their-screen').setAttribute('aria-label', words.theirScreen(told));
    this.#$('my').setAttribute('aria-label', words.myVideo);
    this.#$('peer-muted').hidden = isSent(media, 'mic');
    const unheard = media?.mic ? words.isMuted(told) : words.noMicrophone(told);
    setText(this.#$('peer-muted').querySelector('span'), unheard);
    this.#play(this.#$('not_my'), call.remoteStream);
    this.#play(this.#$('their-screen'), call.remoteScreen);
    this.#drawMine(call, words);
    this.#drawSafety(call, words, told);
    this.#drawControls(call, words);
    this.#drawTime();
  }

  #drawMine(call, words) {
    this.#play(this.#$('my'), call.localStream);
    const hasCamera = call.localStream.getVideoTracks().length > 0;
    this.#$('pip').classList.toggle('without-picture', call.isCameraOff);
    const missing = call.isAcquiring ? words.askingForCamera : words.noCamera;
    setText(this.#$('pip-words'), hasCamera ? words.cameraOff : missing);
    if (call.trouble !== this.#notice) this.#showNotice(call.trouble, call);
  }

  #drawControls(call, words) {
    const isUnheard = !call.track('audio') && !call.isAcquiring;
    const isMuted = call.isMuted || isUnheard;
    this.#$('unheard').hidden = !isUnheard || call.isRinging;
    this.#$('mute').setAttribute('aria-pressed', String(isMuted));
    setText(this.#$('mute').querySelector('.caption'), isMuted ? words.unmute : words.mute);
    this.#$('camera').setAttribute('aria-pressed', String(call.isCameraOff));
    setText(this.#$('camera').querySelector('.caption'), call.isCameraOff ? words.cameraOn : words.cameraOffShort);
    this.#$('screen').setAttribute('aria-pressed', String(Boolean(call.localScreen)));
    this.#$('screen').hidden = !navigator.mediaDevices?.getDisplayMedia;
    this.#$('screen').disabled = this.#$('quality').disabled = call.state !== 'active';
    this.#$('small-window').hidden = !document.pictureInPictureEnabled;
    this.#$('small-window').disabled = call.state !== 'active';
    this.#$('sharing').hidden = !call.localScreen;
    const end = call.isRinging ? words.cancel : words.hangUp;
    this.#$('hang-up').setAttribute('aria-label', end);
    setText(this.#$('hang-up').querySelector('.caption'), end);
  }

  #drawSafety(call, words, name) {
    const button = this.#$('safety');
    const { safety } = this;
    const isShown = Boolean(safety) && call.state === 'active';
    button.hidden = !isShown;
    if (!isShown) return;
    const names = words.safetyNames.split(',');
    const things = safety.numbers.map((number) => names[number]);
    setText(button, safety.emoji.join(''));
    button.setAttribute('aria-label', `${words.safety}: ${things.join(', ')}`);
    setText(this.#$('safety-long'), words.safetyLong(name));
    const list = this.#$('safety-words');
    if (list.dataset.shown === things.join()) return;
    list.dataset.shown = things.join();
    list.replaceChildren(...safety.emoji.map((emoji, index) => {
      const item = document.createElement('li');
      const picture = item.appendChild(document.createElement('span'));
      picture.setAttribute('aria-hidden', 'true');
      picture.textContent = emoji;
      item.append(things[index]);
      return item;
    }));
  }

  /** The other side's sound level, shown without video. */
  #drawLevel() {
    const call = this.#current;
    if (!call || !this.#$('call').classList.contains('voice')) return;
    const receiver = call.peerConnection?.getReceivers().find(({ track }) => track.kind === 'audio');
    const [source] = receiver?.getSynchronizationSources?.() ?? [];
    const level = call.state === 'active' ? Math.min(1, (source?.audioLevel ?? 0) * 3) : 0;
    this.#$('call-avatar').style.setProperty('--level', level.toFixed(2));
  }

  #drawQuality() {
    if (!this.#$('quality-sheet').hidden) this.#charts.draw(this.quality, this.words);
  }

  #drawTime() {
    const call = this.#current;
    if (!call) return;
    const words = this.#goingOn(call, this.words);
    setText(this.#$('call-words'), words || duration((Date.now() - call.since) / 1_000));
  }

  /** The status of a call; empty while all is well. */
  #goingOn(call, words) {
    const name = isolated(this.nameOf(call.peerId));
    if (call.isRinging) {
      if (call.state === 'ringing') return words.ringing;
      return call.isAcquiring && !call.info ? words.waitingForDevices : words.calling(name);
    }
    if (call.state === 'connecting') return call.isReturning ? words.returning : words.connecting;
    if (call.isInterrupted) return call.remoteConnection === 'reconnecting' ? words.dropped(name) : words.shaky;
    return this.#ringback.connection === 'online' ? '' : words.reconnecting;
  }

  #speak(current, ringing, words) {
    setText(this.#$('alarm'), ringing ? words.calls(isolated(this.nameOf(ringing.peerId))) : '');
    const inCall = current && words.inCall(isolated(this.nameOf(current.peerId)));
    if (current) setText(this.#$('live'), this.#goingOn(current, words) || inCall);
  }

  #clear() {
    if (!this.#shownCall) return;
    this.#shownCall = null;
    this.#$('call').hidden = true;
    for (const id of ['my', 'not_my', 'their-screen']) this.#play(this.#$(id), null);
    if (document.pictureInPictureElement) document.exitPictureInPicture().catch(() => {});
    this.#$('sound').hidden = true;
    this.#showNotice(null);
    this.#$('note').hidden = true;
  }

  #play(video, stream) {
    if (video.srcObject === stream) return;
    video.srcObject = stream;
    if (!stream || video.id !== 'not_my') return;
    video.muted = false;
    this.#$('sound').hidden = true;
    video.play().catch((error) => {
      if (error.name !== 'NotAllowedError') return;
      // After a reload without a gesture, video may play, but sound may not.
      video.muted = true;
      video.play().catch(() => {});
      this.#$('sound').hidden = false;
    });
  }

  #showNotice(trouble, call = this.#current) {
    this.#notice = trouble;
    clearTimeout(this.#noticeTimer);
    this.#$('media-notice').hidden = !trouble;
    if (!trouble) return;
    const isHeard = Boolean(call?.track('audio')) && !call.isMuted;
    const text = this.words.trouble(trouble, call && { isHeard, isSeen: !call.isCameraOff });
    setText(this.#$('media-notice').querySelector('p'), text);
    this.#noticeTimer = setTimeout(() => { this.#$('media-notice').hidden = true; }, NOTICE_MS);
  }

  /** Sheets beside the call. */
  #showNote(words, ms = 8_000) {
    clearTimeout(this.#noteTimer);
    setText(this.#$('note'), words);
    setText(this.#$('live'), words);
    this.#$('note').hidden = false;
    this.#noteTimer = setTimeout(() => { this.#$('note').hidden = true; }, ms);
  }

  // Listening

  #listen() {
    const on = (id, listener) => this.#$(id).addEventListener('click', listener);
    const attempt = (work) => Promise.resolve(work).catch((error) => {
      // Closing the browser's list of screens is not an error.
      if (error.devices && !(error.code === 'denied' && error.devices[0] === 'screen')) this.#showNotice(error);
    });
    on('accept', () => this.#ringing[0]?.accept());
    on('accept-voice', () => this.#ringing[0]?.accept({ video: false }));
    on('decline', () => this.#ringing[0]?.decline());
    this.#$('decline-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#ringing[0]?.decline(this.#$('decline-message').value.trim() || undefined);
    });
    on('hang-up', () => this.#current?.hangUp());
    on('mute', () => attempt(this.#current?.mute(this.#$('mute').getAttribute('aria-pressed') !== 'true')));
    on('camera', () => attempt(this.#current?.setCamera(this.#current.isCameraOff)));
    on('screen', () => attempt(this.#current?.shareScreen(!this.#current.localScreen)));
    on('stop-sharing', () => this.#current?.shareScreen(false));
    on('safety', () => this.#toggleSheet('safety'));
    on('devices', () => this.#toggleSheet('devices'));
    on('quality', () => this.#toggleSheet('quality'));
    on('more', () => {
      const isShown = this.#$('call').classList.toggle('with-more');
      this.#$('more').setAttribute('aria-expanded', String(isShown));
    });
    on('call-again', () => this.#callAgain());
    on('dismiss', () => this.#dismiss());
    on('small-window', () => this.#togglePictureInPicture());
    on('sound', () => {
      this.#$('not_my').muted = false;
      this.#$('not_my').play().catch(() => {});
      this.#$('sound').hidden = true;
    });
    const notice = this.#$('media-notice');
    notice.querySelector('button').addEventListener('click', () => { notice.hidden = true; });
    for (const [id, device] of [['microphone', 'microphone'], ['camera-choice', 'camera']]) {
      const replace = ({ target }) => attempt(this.#current?.replaceDevice(device, target.value));
      this.#$(id).addEventListener('change', replace);
    }
    this.#$('speaker').addEventListener('change', ({ target }) => {
      this.#$('not_my').setSinkId(target.value).catch(() => {});
    });
    for (const button of this.#root.querySelectorAll('[data-closes]')) {
      button.addEventListener('click', () => this.#toggleSheet(button.dataset.closes.replace('-sheet', '')));
    }
    // Escape closes a sheet, never a call.
    this.#$('overlay').addEventListener('cancel', (event) => event.preventDefault());
    this.#$('overlay').addEventListener('keydown', (event) => {
      this.#shortcut(event);
      if (event.key !== 'Escape') return;
      event.preventDefault();
      const open = [...this.#root.querySelectorAll('.sheet:not([hidden])')].at(-1);
      if (open) this.#toggleSheet(open.id.replace('-sheet', ''));
    });
  }

  /** By key position, the same on every layout. */
  #shortcut(event) {
    const { code, target } = event;
    if (!this.#current || !SHORTCUTS[code] || target.closest('input, select')) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    event.preventDefault();
    this.#$(SHORTCUTS[code]).click();
  }

  /** With the same media. A page that makes the call itself cancels the event. */
  #callAgain() {
    const call = this.#outcome;
    const { audio = true, video = Boolean(call.info.media?.video) } = call.wanted;
    const detail = { call, userId: call.peerId, audio, video };
    this.#dismiss();
    const event = new CustomEvent('callagain', { detail, cancelable: true, bubbles: true, composed: true });
    if (!this.dispatchEvent(event)) return;
    // The call itself reports its end.
    this.#ringback.invite(call.peerId, { audio, video }).catch((error) => console.debug('ringback:', error));
  }

  #dismiss() {
    const hadFocus = Boolean(this.#root.activeElement);
    this.#outcome = null;
    this.dispatchEvent(new CustomEvent('dismissed', { detail: { hadFocus }, bubbles: true, composed: true }));
    this.changed();
  }

  /** The user's video moves to the corner to which it is dragged, or with the arrow keys. */
  #letPictureMove() {
    const pip = this.#$('pip');
    let from = null;
    const place = (edge, value) => { if (value) pip.dataset[edge] = value; };
    const isRightToLeft = () => getComputedStyle(pip).direction === 'rtl';
    const inline = (isLeft) => isLeft === isRightToLeft() ? 'end' : 'start';
    pip.addEventListener('pointerdown', (event) => {
      from = event;
      pip.setPointerCapture(event.pointerId);
    });
    pip.addEventListener('pointermove', ({ clientX, clientY }) => {
      if (from) pip.style.translate = `${clientX - from.clientX}px ${clientY - from.clientY}px`;
    });
    const drop = () => {
      if (!from) return;
      from = null;
      const [own, stage] = [pip, this.#$('call')].map((element) => element.getBoundingClientRect());
      pip.style.translate = '';
      place('block', own.top + own.height / 2 < stage.top + stage.height / 2 ? 'start' : 'end');
      place('inline', inline(own.left + own.width / 2 < stage.left + stage.width / 2));
    };
    for (const type of ['pointerup', 'pointercancel']) pip.addEventListener(type, drop);
    pip.addEventListener('keydown', (event) => {
      const block = { ArrowUp: 'start', ArrowDown: 'end' }[event.key];
      const isSideways = event.key === 'ArrowLeft' || event.key === 'ArrowRight';
      if (!block && !isSideways) return;
      event.preventDefault();
      place('block', block);
      if (isSideways) place('inline', inline(event.key === 'ArrowLeft'));
    });
  }

  #hideControls() {
    const stage = this.#$('call');
    let isSwallowed = false;
    // The tap that shows the controls does not press one.
    stage.addEventListener('pointerdown', ({ pointerType }) => {
      isSwallowed = pointerType === 'touch' && stage.classList.contains('idle');
      this.#wake();
    }, true);
    stage.addEventListener('click', (event) => { if (isSwallowed) event.stopPropagation(); }, true);
    for (const type of ['pointermove', 'focusin', 'keydown']) stage.addEventListener(type, () => this.#wake());
  }

  #wake() {
    this.#$('call').classList.remove('idle');
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#rest(), IDLE_MS);
  }

  #rest() {
    const stage = this.#$('call');
    if (stage.hidden) return;
    const isBusy = stage.querySelector('.sheet:not([hidden]), .call-foot :focus-visible, .call-head :focus-visible');
    if (isBusy || !stage.matches('.with-picture:not(.interrupted, .with-more), .with-screen')) return this.#wake();
    stage.classList.add('idle');
  }

  #toggleSheet(name) {
    const sheet = this.#$(`${name}-sheet`);
    const isShown = sheet.hidden;
    this.#root.querySelectorAll('.sheet').forEach((other) => { other.hidden = other !== sheet || !isShown; });
    for (const id of ['safety', 'devices', 'quality']) {
      this.#$(id).setAttribute('aria-expanded', String(isShown && id === name));
    }
    if (!isShown) return (this.#$(name).checkVisibility?.() === false ? this.#$('more') : this.#$(name)).focus();
    if (name === 'devices') this.#fillDevices();
    if (name === 'quality') this.#drawQuality();
    sheet.querySelector('select, .close').focus();
  }

  async #fillDevices() {
    const { words } = this;
    const { devices } = this.#current ?? { devices: {} };
    await listDevices({
      microphone: [this.#$('microphone'), devices.microphone],
      camera: [this.#$('camera-choice'), devices.camera],
      speaker: [this.#$('speaker'), this.#$('not_my').sinkId],
    }, words.defaultDevice);
    this.#$('speaker-field').hidden = !this.#$('not_my').setSinkId || this.#$('speaker').length < 2;
  }

  #togglePictureInPicture() {
    if (document.pictureInPictureElement) return document.exitPictureInPicture().catch(() => {});
    const video = this.#$('their-screen').hidden ? this.#$('not_my') : this.#$('their-screen');
    return video.requestPictureInPicture().catch((error) => console.debug('ringback:', error));
  }
}

/** Whether the other side sends this source; assumed until it has reported its media state. */
function isSent(remoteMedia, source) {
  return !remoteMedia || (Boolean(remoteMedia[source]) && !remoteMedia[source].muted);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The first letter of a name, and a color derived from the name. */
export function setAvatar(element, userId, name) {
  setText(element, (Array.from((name || userId || '').trim())[0] ?? '').toLocaleUpperCase());
  let hash = 7;
  for (const letter of userId ?? '') hash = (hash * 31 + letter.codePointAt(0)) % 360;
  element.style.setProperty('--hue', hash);
}

customElements.define('ringback-call', RingbackCall);
