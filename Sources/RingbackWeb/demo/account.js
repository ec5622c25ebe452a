/** Signing in by name. The session belongs to the tab, the generated password to the browser. */

import { Api, sleep } from '../sdk/api.js';
import { randomString, Stored } from './storage.js';
import { deriveUserId, fold } from './user-id.js';
import { words } from './words.js';

/** An error with a sentence for the sign-in form. */
export class SignInTrouble extends Error {
  constructor(sentence, { wantsPassword = false } = {}) {
    super(sentence);
    this.wantsPassword = wantsPassword;
  }
}

/**
 * Who this tab is. The session (token and device) belongs to the tab and survives a reload; the password that the page
 * made up belongs to the browser, so that the same name signs in again.
 */
export class Account {
  #api = new Api(new URL('../', import.meta.url));
  #session = new Stored(sessionStorage, 'session');
  #data = this.#session.value;

  get isSignedIn() { return Boolean(this.#data?.token); }
  get userId() { return this.#data?.userId; }
  get deviceId() { return this.#data?.deviceId; }
  get displayName() { return this.#data?.displayName || this.#data?.userId; }
  get password() { return this.#password(this.userId).value; }

  /** Is this tab the continuation of the one that was typed for `name`? */
  isFor(name) {
    return this.isSignedIn && (fold(this.displayName) === fold(name) || this.userId === deriveUserId(name));
  }

  /** The `token` function for `Ringback`: after a 401, signs in the same device with the stored password. */
  async token(refused) {
    if (refused !== this.#data?.token) return this.#data?.token ?? null;
    const password = this.password;
    if (!password) return null;
    await this.#createSession({ userId: this.userId, password, deviceId: this.deviceId }).catch((error) => {
      if (error.status < 400 || error.status >= 500 || error.status === 429) throw error;
    });
    return this.#data.token;
  }

  /**
   * Registers the name if it is free, and signs in.
   * @throws {SignInTrouble} with a sentence for the form
   */
  async signIn(typedName, typedPassword) {
    const displayName = typedName.trim();
    if (!displayName) throw new SignInTrouble(words().nameFirst);
    const known = new Stored(localStorage, `id.${fold(displayName)}`);
    const userId = known.value ?? deriveUserId(displayName);
    const stored = this.#password(userId);
    try {
      const password = typedPassword || stored.value || await this.#register(userId, displayName);
      await this.#createSession({ userId, password }).catch(async (error) => {
        const next = this.#nextPassword(userId);
        if (error.status === 401 && !typedPassword && next.value) {
          await this.#createSession({ userId, password: next.value });
          [stored.value, next.value] = [next.value, null];
          return;
        }
        if (error.status !== 401 || typedPassword || !await this.#isFree(userId, displayName)) throw error;
        await this.#createSession({ userId, password: stored.value });
      });
      if (typedPassword) stored.value = typedPassword;
      known.value = userId;
      this.#update({ displayName });
    } catch (error) {
      if (error.status !== 401 || typedPassword) throw this.#trouble(error, displayName);
      stored.value = null;
      throw this.#taken(displayName);
    }
  }

  rememberName(displayName) {
    this.#update({ displayName });
  }

  /**
   * Replaces the password with a random one, which this browser stores.
   * @returns the number of other devices that were signed out
   */
  async changePassword(ringback) {
    const [stored, next] = [this.#password(this.userId), this.#nextPassword(this.userId)];
    // Stored before it is sent, because the response may get lost.
    next.value ??= randomString(24);
    const passwords = { password: next.value, oldPassword: stored.value };
    const { endedSessions } = await ringback.request('PATCH', 'users/me', passwords);
    [stored.value, next.value] = [next.value, null];
    return endedSessions;
  }

  /** Ends the session. */
  signOut(ringback) {
    const { deviceId } = this;
    ringback?.request('DELETE', `sessions/${deviceId}`).catch((error) => console.debug('sign out', error));
    this.forget();
  }

  forget() {
    this.#data = null;
    this.#session.value = null;
  }

  /** A duplicated tab inherits the session of the first tab. Only one of them may use the device. */
  async claimDevice() {
    if (!navigator.locks || !this.deviceId) return true;
    const name = `ringback.device.${this.deviceId}`;
    for (let attempt = 0; attempt < 10; attempt++) {
      const claimed = await new Promise((resolve) => {
        navigator.locks.request(name, { ifAvailable: true }, (lock) => {
          resolve(Boolean(lock));
          return lock ? new Promise((release) => { this.releaseDevice = release; }) : undefined;
        }).catch(() => resolve(true));
      });
      if (claimed) return true;
      await sleep(200);
    }
    return false;
  }

  releaseDevice = () => {};

  /** The stored password is wrong. The server may have a new database, in which the name is free again. */
  async #isFree(userId, displayName) {
    return this.#register(userId, displayName).then(() => true, () => false);
  }

  async #register(userId, displayName) {
    const password = randomString(24);
    await this.#api.request('POST', 'users', { userId, displayName, password }, { patienceMs: 8_000 });
    this.#password(userId).value = password;
    return password;
  }

  async #createSession({ userId, password, deviceId }) {
    const credentials = { userId, password, deviceName: deviceWords(), ...(deviceId ? { deviceId } : {}) };
    const session = await this.#api.request('POST', 'sessions', credentials, { patienceMs: 8_000 });
    this.#data = { ...(deviceId ? this.#data : {}), token: session.token, userId, deviceId: session.deviceId };
    this.#update({});
  }

  #password(userId) {
    return new Stored(localStorage, `password.${userId}`);
  }

  /** One whose change has not been answered. */
  #nextPassword(userId) {
    return new Stored(localStorage, `next-password.${userId}`);
  }

  #update(changes) {
    if (!this.#data) return;
    this.#data = { ...this.#data, ...changes };
    this.#session.value = this.#data;
  }

  #taken(name) {
    return new SignInTrouble(words().taken(name), { wantsPassword: true });
  }

  #trouble(error, name) {
    if (error instanceof SignInTrouble) return error;
    if (error.code === 'unanswered') return new SignInTrouble(words().noServer);
    if (error.code === 'user_exists') return this.#taken(name);
    if (error.status === 401) {
      return new SignInTrouble(words().wrongPassword(name), { wantsPassword: true });
    }
    if (error.status === 429) {
      const seconds = Math.max(1, Math.ceil(error.retryAfterSeconds));
      return new SignInTrouble(words().tooOften(seconds));
    }
    return new SignInTrouble(words().signInFailed(error.message));
  }
}

/** A name for this device in the list of sessions. */
function deviceWords() {
  const agent = navigator.userAgent;
  const marks = { Firefox: 'Firefox', Edg: 'Edge', Chrom: 'Chrome', Safari: 'Safari' };
  const browser = marks[Object.keys(marks).find((mark) => agent.includes(mark))] ?? 'Browser';
  return /Mobi|Android/.test(agent) ? `${browser} on a phone` : browser;
}
