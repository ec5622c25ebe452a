/** The buttons that keep calls from ringing: on all devices of the user, or on this one. */

import { $ } from './draw.js';

const ALWAYS = '9999-12-31T00:00:00.000Z';

export class Quiet {
  #ringback;

  constructor(ringback) {
    this.#ringback = ringback;
  }

  async refresh() {
    const ask = (path) => this.#ringback.request('GET', path).catch(() => null);
    const [user, device] = await Promise.all([ask('users/me'), ask(this.#device)]);
    if (user) show('quiet', Boolean(user.doNotDisturb));
    if (device) show('muted', Boolean(device.muted));
  }

  /** @param id  the id of a button: `quiet` or `muted` */
  async toggle(id) {
    const isOn = $(id).getAttribute('aria-pressed') !== 'true';
    $(id).disabled = true;
    const answer = id === 'quiet'
      ? this.#ringback.request('PATCH', 'users/me', { doNotDisturb: isOn ? { until: ALWAYS } : {} })
      : this.#ringback.request('PATCH', this.#device, { muted: isOn });
    await answer.then(() => show(id, isOn), (error) => console.debug(id, error));
    $(id).disabled = false;
  }

  get #device() {
    return `sessions/${this.#ringback.device.deviceId}`;
  }
}

const show = (id, isOn) => $(id).setAttribute('aria-pressed', String(isOn));
