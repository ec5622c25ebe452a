/** User ids for the names that people type. */

const LATIN = {
  а: 'a', б: 'b', в: 'v', г: 'g', ґ: 'g', д: 'd', е: 'e', є: 'ye', ж: 'zh', з: 'z', и: 'i', і: 'i', к: 'k',
  л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r', с: 's', т: 't', у: 'u', ў: 'u', ф: 'f', х: 'kh', ц: 'ts',
  ч: 'ch', ш: 'sh', щ: 'shch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya', ß: 'ss', ø: 'o', æ: 'ae',
  œ: 'oe', ł: 'l', đ: 'd', þ: 'th', ı: 'i',
};

/** A user id for a typed name, `[a-z0-9._~@-]{1,64}`; `isLossy` if the name has letters that do not go into one. */
export function deriveUserId(name) {
  const lower = name.trim().toLowerCase().normalize('NFC');
  const latin = Array.from(lower, (letter) => LATIN[letter] ?? letter).join('').normalize('NFD').replace(/\p{M}/gu, '');
  const id = latin.replace(/[\s']+/g, '-').replace(/[^a-z0-9._~@-]/g, '').slice(0, 56);
  return { id, isLossy: !id || /[^a-z0-9._~@\s'-]/.test(latin) };
}
