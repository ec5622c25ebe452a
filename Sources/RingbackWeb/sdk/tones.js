/** Telephone tones with Web Audio. Silent before the first user gesture on the page. */

/** Each pattern: its period, and notes as [start, duration, frequency, gain] in seconds and hertz. */
const PATTERNS = {
  ring: {
    period: 3.2,
    notes: [[0, 0.9, 659.3, 0.16], [0.16, 0.9, 784, 0.14], [0.32, 1.3, 1046.5, 0.12], [0.9, 0.9, 659.3, 0.12],
      [1.06, 1.3, 784, 0.1]],
  },
  ringback: { period: 5, notes: [[0, 1.1, 425, 0.07]] },
  knock: { period: 6, notes: [[0, 0.25, 587.3, 0.07], [0.3, 0.4, 784, 0.07]] },
  busy: { period: 0, notes: [0, 0.5, 1].map((start) => [start, 0.26, 425, 0.07]) },
  ended: { period: 0, notes: [[0, 0.22, 523.3, 0.06], [0.17, 0.4, 392, 0.06]] },
};
const VIBRATION = { ring: [400, 200, 400], knock: [100] };

export class Tones {
  #context;
  #output;
  #timer = 0;
  #name = null;

  /** The current pattern, or null. */
  get playing() { return this.#name; }

  /** Called for every gesture, because only a gesture may start sound. */
  unlock() {
    this.#context ??= globalThis.AudioContext && new AudioContext();
    if (this.#context?.state === 'suspended') this.#context.resume().catch(() => {});
  }

  /** Plays a pattern until the next call; `null` is silence. */
  play(name) {
    if (name === this.#name) return;
    clearInterval(this.#timer);
    this.#output?.gain.setTargetAtTime(0, this.#context.currentTime, 0.03);
    this.#output = null;
    if (VIBRATION[this.#name]) this.#vibrate(0);
    this.#name = name;
    const pattern = PATTERNS[name];
    if (!pattern) return;
    const sound = () => {
      this.#sound(pattern.notes);
      if (VIBRATION[name]) this.#vibrate(VIBRATION[name]);
    };
    sound();
    if (pattern.period) this.#timer = setInterval(sound, pattern.period * 1_000);
    else this.#name = null;
  }

  /** Browsers complain about vibration before the first gesture. */
  #vibrate(pattern) {
    if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(pattern);
  }

  #sound(notes) {
    const context = this.#context;
    if (context?.state !== 'running') return;
    if (!this.#output) {
      this.#output = context.createGain();
      this.#output.connect(context.destination);
    }
    for (const [start, ...note] of notes) this.#note(context.currentTime + start + 0.02, ...note);
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
