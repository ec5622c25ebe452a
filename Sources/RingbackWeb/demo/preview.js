/** Camera and microphone before a call: video, level, and the choice of devices, which is stored. */

import { listDevices } from '../sdk/device-list.js';
import { LocalMedia } from '../sdk/ringback.js';
import { $, setText } from './draw.js';
import { Stored } from './storage.js';
import { words } from './words.js';

const stored = new Stored(localStorage, 'devices');

export const chosenDevices = () => stored.value ?? {};

export class Preview {
  #media = null;
  #audio = null;
  #frame = 0;

  /** `onChoice(devices)`: called when the user has chosen devices; `wordsFor(trouble)`: returns a sentence. */
  constructor(onChoice, wordsFor) {
    Object.assign(this, { onChoice, wordsFor });
    $('preview').addEventListener('toggle', () => $('preview').open ? this.#start() : this.#stop());
    for (const [id, device] of [['preview-microphone', 'microphone'], ['preview-camera', 'camera']]) {
      $(id).addEventListener('change', ({ target }) => this.#choose(device, target.value));
    }
  }

  /** Releases the devices for a call. */
  close() {
    $('preview').open = false;
    this.#stop();
  }

  async #start() {
    this.#stop();
    const media = this.#media = new LocalMedia(chosenDevices());
    media.addEventListener('change', () => this.#draw(media));
    await media.acquire({});
    if (media !== this.#media) return;
    this.#listenToLevel(media);
    await listDevices({
      microphone: [$('preview-microphone'), media.devices.microphone],
      camera: [$('preview-camera'), media.devices.camera],
    }, words().standard);
  }

  #stop() {
    cancelAnimationFrame(this.#frame);
    this.#audio?.close().catch(() => {});
    this.#media?.stop();
    this.#audio = this.#media = null;
    $('preview-video').srcObject = null;
  }

  async #choose(device, deviceId) {
    stored.value = { ...chosenDevices(), [device]: deviceId };
    this.onChoice(chosenDevices());
    await this.#media?.replaceDevice(device, deviceId).catch(() => {});
    if (this.#media) this.#listenToLevel(this.#media);
  }

  #draw(media) {
    if (media !== this.#media) return;
    if ($('preview-video').srcObject !== media.localStream) $('preview-video').srcObject = media.localStream;
    setText($('preview-words'), media.trouble ? this.wordsFor(media.trouble) : '');
  }

  #listenToLevel(media) {
    cancelAnimationFrame(this.#frame);
    this.#audio?.close().catch(() => {});
    this.#audio = null;
    if (!media.track('audio') || !globalThis.AudioContext) return;
    const audio = this.#audio = new AudioContext();
    const analyser = audio.createAnalyser();
    const samples = new Float32Array(analyser.fftSize);
    audio.createMediaStreamSource(media.localStream).connect(analyser);
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      $('preview-level').value = loudest;
      this.#frame = requestAnimationFrame(look);
    };
    look();
  }
}
