/** Helpers for updating the document. Text of users is inserted only with `textContent`. */

import { currentLanguage } from './words.js';

export { setAvatar } from '../sdk/ringback-call.js';

export const $ = (id) => document.getElementById(id);

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function make(tag, className, attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export function makeIcon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Updates the children of `list` to match `items`, moving as few as possible, to keep focus and pointer. */
export function reconcile(list, items, keyOf, makeRow, fillRow) {
  const rows = new Map(Array.from(list.children, (row) => [row.reconcileKey, row]));
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  items.forEach((item, index) => {
    const key = keyOf(item);
    const row = rows.get(key) ?? makeRow(key, item);
    row.reconcileKey = key;
    rows.delete(key);
    fillRow(row, item);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  rows.forEach((row) => row.remove());
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/** The browser's language tag, with its region, if its language is that of the page. */
function languageTag() {
  return navigator.languages.find((tag) => tag.startsWith(currentLanguage())) ?? currentLanguage();
}

/** The time of day, to the second. */
export function clockWords(iso) {
  return new Date(iso).toLocaleTimeString(languageTag());
}

export function timeWords(iso) {
  const time = new Date(iso);
  const isToday = time.toDateString() === new Date().toDateString();
  const shown = isToday ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' };
  return time.toLocaleString(languageTag(), shown);
}
