const CODES = {
  NotAllowedError: 'denied', NotFoundError: 'missing', NotReadableError: 'busy', AbortError: 'busy',
};

export class DeviceTrouble extends Error {
  constructor(code, devices) {
    super(code);
    Object.assign(this, { code, devices });
  }

  static by({ name }, devices) {
    return new DeviceTrouble(CODES[name] ?? 'failed', devices);
  }
}

const NAMES = { audio: 'microphone', video: 'camera' };
const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'user' };
const kindsOf = (wanted) => Object.keys(NAMES).filter((kind) => wanted[kind] ?? true);
const stopTracks = (stream) => stream?.getTracks().forEach((track) => track.stop());

export class LocalMedia extends EventTarget {
  localStream = new MediaStream();
  localScreen = null;
  isMuted = false;
  isHidden = false;
  isAcquiring = false;
  trouble = null;
  wanted = {};
  #isStopped = false;

  constructor(devices) {
    super();
    this.devices = { ...devices };
  }

  get isCameraOff() { return this.isHidden || !this.track('video'); }

  async acquire(wanted) {
    const kinds = kindsOf(wanted);
    if (!kinds.length) return;
    this.update({ wanted, isAcquiring: true });
    let trouble = await this.#take(kinds);
    if (trouble && kinds.length === 2) {
      const [sound, picture] = [await this.#take(['audio']), await this.#take(['video'])];
      trouble = sound && picture ? new DeviceTrouble(sound.code, Object.values(NAMES)) : sound ?? picture;
    }
    this.update({ trouble, isAcquiring: false });
  }

  async mute(isMuted = true) {
    if (!isMuted && !this.track('audio')) await this.replaceDevice('microphone', this.devices.microphone);
    this.update({ isMuted });
  }

  async setCamera(isOn) {
    if (isOn && !this.track('video')) await this.replaceDevice('camera', this.devices.camera);
    this.update({ isHidden: !isOn });
  }

  async replaceDevice(device, deviceId) {
    this.devices[device] = deviceId;
    const kind = device === 'camera' ? 'video' : 'audio';
    const trouble = await this.#take([kind]);
    this.update({ trouble, wanted: { ...this.wanted, [kind]: true } });
    if (trouble) throw trouble;
  }

  async shareScreen(isOn = true) {
    const screen = isOn ? await navigator.mediaDevices.getDisplayMedia()
      .catch((error) => { throw DeviceTrouble.by(error, ['screen']); }) : null;
    if (this.#isStopped) return stopTracks(screen);
    stopTracks(this.localScreen);
    this.update({ localScreen: screen });
    const [track] = screen?.getTracks() ?? [];
    if (track) track.onended = () => { if (this.localScreen === screen) this.shareScreen(false); };
  }

  track(kind) {
    if (kind === 'screen') return this.localScreen?.getVideoTracks()[0];
    return this.localStream.getTracks().find((track) => track.kind === kind);
  }

  /** The media state for the other side. */
  get mediaState() {
    return {
      held: false,
      mic: this.track('audio') && { kind: 'audio', muted: this.isMuted },
      camera: this.track('video') && { kind: 'video', muted: this.isHidden },
      screen: this.track('screen') && { kind: 'video', muted: false },
    };
  }

  stop() {
    this.#isStopped = true;
    stopTracks(this.localStream);
    stopTracks(this.localScreen);
  }

  update(changes) {
    Object.assign(this, changes);
    for (const track of this.localStream.getTracks()) {
      track.enabled = !(track.kind === 'audio' ? this.isMuted : this.isHidden);
    }
    this.dispatchEvent(new Event('change'));
  }

  /** Resolves with the trouble, or null. Does not ask after the call has ended. */
  async #take(kinds) {
    const names = kinds.map((kind) => NAMES[kind]);
    if (this.#isStopped) return null;
    if (!navigator.mediaDevices) return new DeviceTrouble('insecure', names);
    const constraints = {};
    for (const kind of kinds) {
      const deviceId = { ideal: this.devices[NAMES[kind]] || undefined };
      constraints[kind] = { deviceId, ...(kind === 'video' && PICTURE) };
    }
    try {
      const taken = await navigator.mediaDevices.getUserMedia(constraints);
      if (this.#isStopped) stopTracks(taken);
      else for (const track of taken.getTracks()) this.#add(track);
      return null;
    } catch (error) {
      return DeviceTrouble.by(error, names);
    }
  }

  #add(track) {
    this.#drop(this.track(track.kind));
    this.localStream.addTrack(track);
    track.onended = () => {
      this.#drop(track);
      this.update({ trouble: new DeviceTrouble('lost', [NAMES[track.kind]]) });
    };
  }

  #drop(track) {
    if (track) this.localStream.removeTrack(track);
    track?.stop();
  }
}
