/** Microphone, camera and screen of one call. What is missing is said in words, and the call goes on without it. */

const CODES = {
  NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing',
  NotReadableError: 'busy', AbortError: 'busy',
};

/** Why devices (microphone, camera, screen) can't be used; `code`: denied, missing, busy, insecure, lost, failed. */
export class DeviceTrouble extends Error {
  constructor(code, devices) {
    const names = devices.join(' and ');
    super({
      denied: `Your browser was not allowed to use the ${names}; the icon in the address bar changes that.`,
      missing: `No ${devices.join(' and no ')} was found.`,
      busy: `Another program is using the ${names}.`,
      insecure: 'Browsers give camera and microphone only to pages over https or on localhost.',
      lost: `The ${names} was unplugged or taken away.`,
    }[code] ?? `The ${names} could not be started.`);
    Object.assign(this, { code, devices });
  }

  static by({ name }, devices) {
    return new DeviceTrouble(CODES[name] ?? 'failed', devices);
  }
}

const KIND = { microphone: 'audio', camera: 'video' };
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' };

export class LocalMedia {
  stream = new MediaStream();
  /** The shared screen; null while there is none. */
  screen = null;
  isMuted = false;
  isCameraOff = false;
  isAcquiring = false;
  /** Why something is missing; null if nothing is. */
  trouble = null;
  #stopped = false;

  /** `devices`: the ids that the user prefers. */
  constructor(devices, onChange) {
    this.devices = { ...devices };
    this.onChange = onChange;
  }

  /** Asks for both; where that fails, for each alone. Never throws. */
  async acquire({ audio = true, video = true }) {
    const wanted = [audio && 'microphone', video && 'camera'].filter(Boolean);
    if (!wanted.length) return;
    if (!navigator.mediaDevices) return this.#missing(new DeviceTrouble('insecure', wanted));
    this.isAcquiring = true;
    try {
      await this.#take(wanted);
    } catch {
      const failures = [];
      for (const device of wanted) {
        // Nobody is asked for the devices of a call that is over.
        if (!this.#stopped) await this.#take([device]).catch((error) => failures.push([device, error]));
      }
      if (failures.length) this.trouble = DeviceTrouble.by(failures[0][1], failures.map(([device]) => device));
    }
    this.isAcquiring = false;
    this.onChange();
  }

  /** Another microphone or camera in place of the one in use. @throws {DeviceTrouble} */
  async replace(device, deviceId) {
    this.devices[device] = deviceId;
    try {
      await this.#take([device]);
    } catch (error) {
      throw this.#missing(DeviceTrouble.by(error, [device]));
    }
    this.trouble = null;
    this.onChange();
  }

  /** @throws {DeviceTrouble} */
  async share() {
    let screen;
    try {
      screen = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false });
    } catch (error) {
      throw DeviceTrouble.by(error, ['screen']);
    }
    if (this.#stopped) return screen.getTracks().forEach((track) => track.stop());
    this.unshare();
    this.screen = screen;
    screen.getVideoTracks()[0].addEventListener('ended', () => { if (this.screen === screen) this.unshare(); });
    this.onChange();
  }

  unshare() {
    this.screen?.getTracks().forEach((track) => track.stop());
    this.screen = null;
    this.onChange();
  }

  setMuted(isMuted) {
    this.isMuted = isMuted;
    this.#enable();
  }

  setCameraOff(isCameraOff) {
    this.isCameraOff = isCameraOff;
    this.#enable();
  }

  /** @param {'mic'|'camera'|'screen'} source */
  track(source) {
    if (source === 'screen') return this.screen?.getVideoTracks()[0] ?? null;
    const kind = source === 'mic' ? 'audio' : 'video';
    return this.stream.getTracks().find((track) => track.kind === kind) ?? null;
  }

  /** The media state that the other side is told; what is absent is not sent. */
  get state() {
    const state = { held: false };
    if (this.track('mic')) state.mic = { kind: 'audio', muted: this.isMuted };
    if (this.track('camera')) state.camera = { kind: 'video', muted: this.isCameraOff };
    if (this.track('screen')) state.screen = { kind: 'video', muted: false };
    return state;
  }

  /** Releases the devices; the camera's light goes out. */
  stop() {
    this.#stopped = true;
    for (const stream of [this.stream, this.screen]) stream?.getTracks().forEach((track) => track.stop());
  }

  async #take(wanted) {
    const constraints = {};
    for (const device of wanted) {
      const deviceId = this.devices[device];
      constraints[KIND[device]] = {
        ...(device === 'camera' ? PICTURE : {}), ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
      };
    }
    const taken = await navigator.mediaDevices.getUserMedia(constraints);
    if (this.#stopped) return taken.getTracks().forEach((track) => track.stop());
    for (const track of taken.getTracks()) {
      const before = this.track(track.kind === 'audio' ? 'mic' : 'camera');
      if (before) this.#drop(before);
      this.stream.addTrack(track);
      track.addEventListener('ended', () => this.#lose(track));
    }
    this.#enable();
  }

  #drop(track) {
    this.stream.removeTrack(track);
    track.stop();
  }

  #lose(track) {
    this.#drop(track);
    this.#missing(new DeviceTrouble('lost', [track.kind === 'audio' ? 'microphone' : 'camera']));
  }

  #missing(trouble) {
    this.trouble = trouble;
    this.onChange();
    return trouble;
  }

  #enable() {
    this.stream.getAudioTracks().forEach((track) => { track.enabled = !this.isMuted; });
    this.stream.getVideoTracks().forEach((track) => { track.enabled = !this.isCameraOff; });
    this.onChange();
  }
}
