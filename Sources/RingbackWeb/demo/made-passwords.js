/** The passwords that the page makes up. They are not stored: each is derived from a key that scripts can use and not read. */

const DATABASE = 'ringback', STORE = 'keys', KEY = 'passwords';

/** The key of this browser, from IndexedDB; made when it is first needed. */
let key = null;

/**
 * @param {number} generation 0, or one more after each change of the password
 * @returns {Promise<string>} 24 characters, always the same ones in this browser
 */
export async function makePassword(userId, generation) {
  key ??= openKey();
  const text = new TextEncoder().encode(`${userId} ${generation}`);
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', await key, text)).slice(0, 18);
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
}

/** Whether passwords can be derived: on pages from https or this machine. Without that, the user has to keep the password. */
export const canMakePasswords = Boolean(globalThis.crypto?.subtle);

async function openKey() {
  const fresh = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  try {
    const database = await done(Object.assign(indexedDB.open(DATABASE, 1), {
      onupgradeneeded: ({ target }) => target.result.createObjectStore(STORE),
    }));
    const store = database.transaction(STORE, 'readwrite').objectStore(STORE);
    // Another tab may have been first. Nothing else is awaited, which would end the transaction.
    const stored = await done(store.get(KEY));
    if (stored) return stored;
    await done(store.put(fresh, KEY));
  } catch (error) {
    console.debug('the key is not kept', error);
  }
  return fresh;
}

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
