/** The list of the user's devices, with the time when each was last seen and buttons to sign the others out. */

import { isolated } from '../sdk/isolated.js';
import { $, make, reconcile, setText, timeWords } from './draw.js';
import { words } from './words.js';

export class Devices {
  #ringback;
  #items = [];

  constructor(ringback) {
    this.#ringback = ringback;
  }

  async refresh() {
    const answer = await this.#ringback.request('GET', 'sessions', { limit: 100 }).catch(() => null);
    if (!answer) return;
    this.#items = answer.items;
    this.draw();
  }

  draw() {
    reconcile($('my-devices'), this.#items, ({ deviceId }) => deviceId, (id) => this.#makeRow(id), (row, device) => {
      const name = device.deviceName ?? words().device;
      setText(row.querySelector('.name'), name);
      setText(row.querySelector('.presence'), device.current ? words().thisOne : words().lastSeen(seen(device)));
      const button = row.querySelector('button');
      button.hidden = device.current;
      setText(button, words().signOut);
      button.setAttribute('aria-label', words().signOutDevice(isolated(name)));
    });
  }

  /** Signs out a device. Its page notices immediately. */
  async signOut(deviceId) {
    await this.#ringback.request('DELETE', `sessions/${deviceId}`)
      .catch((error) => console.debug('sign out of another device', error));
    await this.refresh();
  }

  #makeRow(deviceId) {
    const row = make('li', 'device', { 'data-device-id': deviceId });
    const who = make('span', 'who');
    who.append(make('span', 'name', { dir: 'auto' }), make('span', 'presence'));
    const button = make('button', 'quiet', { type: 'button' });
    button.addEventListener('click', () => {
      button.disabled = true;
      this.signOut(deviceId);
    });
    row.append(who, button);
    return row;
  }
}

const seen = ({ lastSeenAt, createdAt }) => timeWords(lastSeenAt ?? createdAt);
