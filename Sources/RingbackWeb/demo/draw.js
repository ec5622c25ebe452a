/** Small tools for a document that follows a state. Text of users goes in by `textContent` alone. */

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

/** Makes the children of `list` follow `items`, moving as few as possible, so that focus and pointer stay. */
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

/** The browser's own tag, with its country's habits, if it is of the language that the page speaks. */
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
