/** The call history, with the missed calls and the timeline of each call. */

import { isolated } from '../sdk/isolated.js';
import { $, clockWords, make, makeIcon, reconcile, setText, timeWords } from './draw.js';
import { words } from './words.js';

const SHOWN = 20;
/** The timeline entries of interest to users; the others are for operators. */
const STEPS = ['invited', 'alerting', 'accepted', 'merged', 'active', 'declined', 'reconnecting', 'back', 'ended'];

export class History {
  #timer = 0;
  #calls = [];
  #isMissedOnly = false;
  /** `element`: the `<ringback-call>`, which provides the texts; `name(userId)`; `call(userId, video)`. */
  constructor(ringback, element, { name, call }) {
    Object.assign(this, { ringback, element, name, call });
    ringback.addEventListener('seen', () => this.refresh());
  }

  /** Delayed, so that the end of the last call is included. */
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
    $('show-all').setAttribute('aria-pressed', String(!isMissedOnly));
    $('show-missed').setAttribute('aria-pressed', String(isMissedOnly));
    if (isMissedOnly) this.#markSeen().catch((error) => console.debug('seen', error));
    this.draw();
  }

  /** On all devices of the user. */
  async #markSeen() {
    const [newest] = this.#calls.filter((call) => call.missed);
    if (!newest || newest.seen) return;
    for (const call of this.#calls) call.seen = true;
    await this.ringback.request('POST', `calls/${newest.callId}/seen`);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#calls = [];
    this.draw();
  }

  /** Redraws after a change of the language. */
  rewrite() {
    $('recent').replaceChildren();
    this.draw();
  }

  draw() {
    const missed = this.#calls.filter((call) => call.missed);
    const shown = this.#isMissedOnly ? missed : this.#calls;
    const unseen = missed.filter(({ seen }) => !seen).length;
    setText($('missed-count'), unseen ? ` (${unseen})` : '');
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
    const again = make('button', 'quiet', { type: 'button' });
    again.textContent = isOutgoing ? words().callAgain : words().callBack;
    again.addEventListener('click', () => this.call(this.#peerId(call), call.media.video));
    details.append(summary, make('p', 'sentence', { dir: 'auto' }), make('ol', 'steps'), again);
    details.addEventListener('toggle', () => {
      if (details.open) this.#drawSteps(details.querySelector('.steps'), call);
    });
    row.append(details);
    return row;
  }

  /** The timeline, with times of day. */
  async #drawSteps(list, call) {
    const timeline = await this.ringback.request('GET', `calls/${call.callId}/timeline`).catch(() => null);
    if (!timeline) return;
    const worth = timeline.items.filter(({ what }) => STEPS.includes(what));
    list.replaceChildren(...worth.map(({ time, what, actor, detail }) => {
      const item = make('li', '');
      const after = make('span', 'after');
      const step = make('span', '');
      step.dir = 'auto';
      after.textContent = clockWords(time);
      step.textContent = stepWords(what, actor ? isolated(this.name(actor.userId)) : '', detail);
      item.append(after, step);
      return item;
    }));
  }
}

/** A short label for an ended call. */
function shortWords({ reason, missed, talkSeconds }) {
  if (missed) return words().ends.missed;
  if (talkSeconds) return `${Math.floor(talkSeconds / 60)}:${String(talkSeconds % 60).padStart(2, '0')}`;
  return words().ends[reason] ?? words().ends.failed;
}

function stepWords(what, who, detail) {
  const step = words().step(what, who);
  if (what !== 'ended' || !detail) return step;
  const reason = detail.replaceAll('_', ' ');
  return `${step} (${words().details[reason] ?? reason})`;
}
