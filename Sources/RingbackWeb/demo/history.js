/** The calls of before: missed ones, a log in words, and for each what happened in it, step by step. */

import { $, make, makeIcon, reconcile, setText, timeWords } from './draw.js';
import { words } from './words.js';

const SHOWN = 20;

export class History {
  #timer = 0;
  #calls = [];
  #isMissedOnly = false;

  /** `element`: the `<ringback-call>`, which has the words; `name(userId)`. */
  constructor(ringback, element, name) {
    Object.assign(this, { ringback, element, name });
  }

  /** A moment later, so that the end of a call that was just left is in it. */
  refresh() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const answer = await this.ringback.request('GET', 'calls', { limit: SHOWN }).catch(() => null);
      if (!answer) return;
      this.#calls = answer.items.filter(({ state }) => state === 'ended');
      this.draw();
    }, 250);
  }

  showMissed(isMissedOnly) {
    this.#isMissedOnly = isMissedOnly;
    $('show-all').ariaPressed = String(!isMissedOnly);
    $('show-missed').ariaPressed = String(isMissedOnly);
    this.draw();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#calls = [];
    this.draw();
  }

  /** In another language. */
  rewrite() {
    $('recent').replaceChildren();
    this.draw();
  }

  draw() {
    const missed = this.#calls.filter((call) => call.missed);
    const shown = this.#isMissedOnly ? missed : this.#calls;
    setText($('missed-count'), missed.length ? ` (${missed.length})` : '');
    $('recent-filter').hidden = !this.#calls.length;
    $('recent-empty').hidden = shown.length > 0;
    setText($('recent-empty'), this.#isMissedOnly ? words().noMissed : words().noCalls);
    reconcile($('recent'), shown, ({ callId }) => callId, (_, call) => this.#makeRow(call), (row, call) => {
      setText(row.querySelector('.name'), this.name(this.#peerId(call)));
      setText(row.querySelector('.sentence'), this.element.endedWords(call));
    });
  }

  #peerId(call) {
    return (call.direction === 'outgoing' ? call.callee : call.caller).userId;
  }

  #makeRow(call) {
    const isOutgoing = call.direction === 'outgoing';
    const row = make('li', call.missed ? 'recent missed' : 'recent');
    const details = make('details', '');
    const summary = make('summary', '');
    const time = make('time', '', { datetime: call.createdAt });
    const direction = make('span', 'for-screen-readers');
    const what = make('span', 'what');
    direction.textContent = isOutgoing ? words().to : words().from;
    what.textContent = shortWords(call);
    time.textContent = timeWords(call.createdAt);
    const name = make('span', 'name', { dir: 'auto' });
    summary.append(makeIcon(isOutgoing ? 'outgoing' : 'incoming'), direction, name, what, time);
    details.append(summary, make('p', 'sentence', { dir: 'auto' }), make('ol', 'steps'));
    details.addEventListener('toggle', () => {
      if (details.open) this.#drawSteps(details.querySelector('.steps'), call);
    });
    row.append(details);
    return row;
  }

  /** The server's timeline, in words. */
  async #drawSteps(list, call) {
    const timeline = await this.ringback.request('GET', `calls/${call.callId}/timeline`).catch(() => null);
    if (!timeline) return;
    const start = Date.parse(call.createdAt);
    const worth = timeline.items.filter(({ what }) => what !== 'candidates' && what !== 'media');
    list.replaceChildren(...worth.map(({ time, what, actor, detail }) => {
      const item = make('li', '');
      const after = make('span', 'after');
      const step = make('span', '');
      step.dir = 'auto';
      after.textContent = words().seconds(((Date.parse(time) - start) / 1_000).toFixed(1));
      step.textContent = stepWords(what, actor ? this.name(actor.userId) : words().theServer, detail);
      item.append(after, step);
      return item;
    }));
  }
}

/** A finished call, in two words for the list. */
function shortWords({ reason, missed, talkSeconds }) {
  if (missed) return words().ends.missed;
  if (talkSeconds) return `${Math.floor(talkSeconds / 60)}:${String(talkSeconds % 60).padStart(2, '0')}`;
  return words().ends[reason] ?? words().ends.failed;
}

function stepWords(what, who, detail) {
  const step = words().step(what, who);
  const more = detail?.replaceAll('_', ' ');
  return more ? `${step} (${words().details[more] ?? more})` : step;
}
