/** The button that makes calls ring while the page is closed. */

import { disablePush, enablePush, followPush, isPushSupported } from '../sdk/ringback-push.js';
import { $ } from './draw.js';
import { words } from './words.js';

export class Push {
  #ringback;
  #page;
  #stop = () => {};

  /** @param page  the address at which the page signs in by itself */
  constructor(ringback, page) {
    this.#ringback = ringback;
    this.#page = page;
    if (!isPushSupported()) return;
    const begin = () => {
      if (ringback.connection !== 'online') return;
      ringback.removeEventListener('connection', begin);
      this.#begin().catch((error) => console.debug('push', error));
    };
    ringback.addEventListener('connection', begin);
  }

  stop() {
    this.#stop();
    $('push').hidden = true;
  }

  async toggle() {
    const isOn = $('push').getAttribute('aria-pressed') === 'true';
    $('push').disabled = true;
    try {
      if (isOn) await disablePush(this.#ringback);
      else await enablePush(this.#ringback, { page: this.#page, words: words().pushWords });
      this.#show(!isOn);
    } catch (error) {
      console.debug('push', error);
    }
    $('push').disabled = false;
  }

  async #begin() {
    if (!(await this.#ringback.request('GET', 'push')).applicationServerKey) return;
    this.#stop = followPush(this.#ringback);
    $('push').hidden = false;
    this.#show(false);
    // The subscription is the browser's; this device takes it over.
    const worker = new URL('../sdk/ringback-push-worker.js', import.meta.url);
    const registration = await navigator.serviceWorker.getRegistration(worker);
    if (Notification.permission !== 'granted' || !await registration?.pushManager.getSubscription()) return;
    await enablePush(this.#ringback, { page: this.#page, words: words().pushWords });
    this.#show(true);
  }

  #show(isOn) {
    $('push').setAttribute('aria-pressed', String(isOn));
  }
}
