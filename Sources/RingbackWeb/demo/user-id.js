/** User identifiers for entered names. */

const LATIN = {
  а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', є: 'ye', ж: 'zh', з: 'z', и: 'i', і: 'i', к: 'k',
  л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ў: 'u', ф: 'f', х: 'kh', ц: 'ts',
  ч: 'ch', ш: 'sh', щ: 'shch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya', ß: 'ss', ø: 'o', æ: 'ae',
  œ: 'oe', ł: 'l', đ: 'd', þ: 'th', ı: 'i',
};

/** Names that differ only in case are the same. */
export const fold = (name) => name.trim().normalize('NFKC').toLowerCase();

/**
 * The user id for an entered name, different for every name. A name that is a valid id is its own id. Any other name
 * gets a readable id with `~`, which no valid name contains, and a hash of the name.
 */
export function deriveUserId(name) {
  const folded = fold(name);
  if (/^[a-z0-9._@-]{1,40}$/.test(folded)) return folded;
  const latin = Array.from(folded, (letter) => LATIN[letter] ?? letter).join('').normalize('NFD');
  const words = latin.replace(/\s+/g, '-').replace(/[^a-z0-9-]/g, '').slice(0, 32);
  return `${words || 'guest'}~${hash(folded, 1)}${hash(folded, 2)}`;
}

/** A 53-bit hash of the text. `crypto.subtle` is available only in secure contexts. */
function hash(text, seed) {
  let [high, low] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (const byte of new TextEncoder().encode(text)) {
    high = Math.imul(high ^ byte, 2654435761);
    low = Math.imul(low ^ byte, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}
