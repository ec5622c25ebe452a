/** Web storage, and random text. */

/** A JSON value in web storage; storage that is full or disabled counts as empty. */
export class Stored {
  constructor(storage, key) {
    this.storage = storage;
    this.key = `ringback.${key}`;
  }

  get value() {
    try {
      return JSON.parse(this.storage.getItem(this.key));
    } catch {
      return null;
    }
  }

  set value(value) {
    try {
      if (value === null || value === undefined) this.storage.removeItem(this.key);
      else this.storage.setItem(this.key, JSON.stringify(value));
    } catch (error) {
      console.debug('storage', error);
    }
  }
}

/** A random string of `length` letters and digits; `getRandomValues` also works where `randomUUID` does not. */
export function randomString(length = 22) {
  const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('');
}
