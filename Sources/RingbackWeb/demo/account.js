/** Signing in by name. The session belongs to the tab, the password that was made up to the browser. */

import { Api, sleep } from '../sdk/api.js';
import { canMakePasswords, makePassword } from './made-passwords.js';
import { randomString, Stored } from './storage.js';
import { deriveUserId, fold } from './user-id.js';
import { words } from './words.js';

/** Whether only users whom the operator has created can sign in. */
export const isRegistrationClosed = document.body.dataset.registration === 'closed';

/** An error with a sentence for the sign-in form. */
export class SignInTrouble extends Error {
  constructor(sentence, { wantsPassword = false } = {}) {
    super(sentence);
    this.wantsPassword = wantsPassword;
  }
}

/**
 * Who this tab is. The session (token and device) belongs to the tab and survives a reload. No password is stored: one that the
 * page made up is derived again, so that the same name signs in again in this browser; what the user has typed is forgotten.
 */
export class Account {
  #api = new Api(new URL('../', import.meta.url));
  #session = new Stored(sessionStorage, 'session');
  #data = this.#session.value;
  /** The password of the session, if the page made it up. */
  #made = null;

  get isSignedIn() { return Boolean(this.#data?.token); }
  get userId() { return this.#data?.userId; }
  get deviceId() { return this.#data?.deviceId; }
  get displayName() { return this.#data?.displayName || this.#data?.userId; }
  get password() { return this.#made; }

  /** Is this tab the continuation of the one that was typed for `name`? */
  isFor(name) {
    return this.isSignedIn && (fold(this.displayName) === fold(name) || this.userId === deriveUserId(name));
  }

  /** After a reload, derives the password again. */
  async recall() {
    this.#made ??= await this.#derive(this.userId, this.#generation(this.userId).value);
  }

  /** The `token` function for `Ringback`: after a 401, signs in the same device if the page made up the password. */
  async token(refused) {
    if (refused !== this.#data?.token) return this.#data?.token ?? null;
    await this.recall();
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
    const [generation, next] = [this.#generation(userId), this.#nextGeneration(userId)];
    this.#made = null;
    try {
      let password = typedPassword || await this.#derive(userId, generation.value)
        || await this.#register(userId, displayName);
      await this.#createSession({ userId, password }).catch(async (error) => {
        if (error.status !== 401 || typedPassword) throw error;
        if (next.value !== null) {
          password = await this.#derive(userId, next.value);
          await this.#createSession({ userId, password });
          [generation.value, next.value] = [next.value, null];
          return;
        }
        // The server may have a new database, in which the name is free again.
        password = await this.#register(userId, displayName).catch(() => null);
        if (!password) throw error;
        await this.#createSession({ userId, password });
      });
      if (typedPassword) generation.value = null;
      this.#made = typedPassword ? null : password;
      known.value = userId;
      this.#update({ displayName });
    } catch (error) {
      if (error.status !== 401 || typedPassword) throw this.#trouble(error, displayName);
      generation.value = null;
      throw this.#taken(displayName);
    }
  }

  rememberName(displayName) {
    this.#update({ displayName });
  }

  /**
   * Replaces the password with another that this browser makes up.
   * @returns the number of other devices that were signed out
   */
  async changePassword(ringback) {
    const [generation, next] = [this.#generation(this.userId), this.#nextGeneration(this.userId)];
    // Noted before it is sent, because the response may get lost.
    next.value ??= (generation.value ?? 0) + 1;
    const password = await this.#derive(this.userId, next.value) ?? randomString(24);
    const { endedSessions } = await ringback.request('PATCH', 'users/me', { password, oldPassword: this.#made });
    this.#made = password;
    [generation.value, next.value] = [next.value, null];
    return endedSessions;
  }

  /** Ends the session. */
  signOut(ringback) {
    const { deviceId } = this;
    ringback?.request('DELETE', `sessions/${deviceId}`).catch((error) => console.debug('sign out', error));
    this.forget();
  }

  forget() {
    this.#data = this.#made = null;
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

  async #register(userId, displayName) {
    const generation = this.#generation(userId);
    const number = generation.value ?? 0;
    const password = await this.#derive(userId, number) ?? randomString(24);
    await this.#api.request('POST', 'users', { userId, displayName, password }, { patienceMs: 8_000 });
    generation.value = number;
    return password;
  }

  /** @returns the password of this generation; null if there is none, or if this page can't derive it */
  async #derive(userId, generation) {
    return canMakePasswords && userId && generation !== null ? makePassword(userId, generation) : null;
  }

  async #createSession({ userId, password, deviceId }) {
    const earlier = deviceId ? { deviceId, previousToken: this.#data?.token } : {};
    const credentials = { userId, password, deviceName: deviceWords(), ...earlier };
    const session = await this.#api.request('POST', 'sessions', credentials, { patienceMs: 8_000 });
    this.#data = { ...(deviceId ? this.#data : {}), token: session.token, userId, deviceId: session.deviceId };
    this.#update({});
  }

  /** Which of its passwords this browser has made up for a user; null if it has not. */
  #generation(userId) {
    return new Stored(localStorage, `generation.${userId}`);
  }

  /** One whose change has not been answered. */
  #nextGeneration(userId) {
    return new Stored(localStorage, `next-generation.${userId}`);
  }

  #update(changes) {
    if (!this.#data) return;
    this.#data = { ...this.#data, ...changes };
    this.#session.value = this.#data;
  }

  #taken(name) {
    return new SignInTrouble(isRegistrationClosed ? words().closed : words().taken(name), { wantsPassword: true });
  }

  #trouble(error, name) {
    if (error instanceof SignInTrouble) return error;
    if (error.code === 'unanswered') return new SignInTrouble(words().noServer);
    if (error.code === 'forbidden') return new SignInTrouble(words().closed, { wantsPassword: true });
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
