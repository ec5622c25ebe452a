/** Text of others within a sentence. */

const DIRECTIONS = /[\u202A-\u202E\u2066-\u2069]/g;

/** A name or message without what would change the direction of the text around it (Unicode, UAX 9). */
export const isolated = (text) => (text.search(DIRECTIONS) < 0 ? text : `\u2068${text.replace(DIRECTIONS, '')}\u2069`);
