/** The list of people, with their presence and two buttons to call them. */

import { isolated } from '../sdk/isolated.js';
import { $, make, makeIcon, reconcile, setAvatar, setText, timeWords } from './draw.js';
import { words } from './words.js';

export function drawPeople(directory, { userId: me, isBusy }) {
  const people = directory.people;
  const total = directory.users.size - (directory.users.has(me) ? 1 : 0);
  const online = people.filter(({ userId }) => directory.status(userId) !== 'offline').length;
  $('people-empty').hidden = !directory.isLoaded || total > 0;
  $('people-none').hidden = !directory.isLoaded || total === 0 || people.length > 0;
  $('search-field').hidden = total < 9 && !directory.query;
  setText($('people-count'), total ? words().countOnline(online) : '');
  reconcile($('people'), people, ({ userId }) => userId, makePerson, (row, { userId, displayName }) => {
    const status = directory.status(userId);
    row.dataset.status = status;
    setAvatar(row.querySelector('.avatar'), userId, displayName);
    setText(row.querySelector('.name'), displayName);
    setText(row.querySelector('.presence'), presenceWords(status, directory.ringback.presence.get(userId)));
    for (const [kind, label] of [['call', words().videoCall], ['voice', words().voiceCall]]) {
      const button = row.querySelector(`button.${kind}`);
      button.disabled = isBusy;
      button.setAttribute('aria-label', label(isolated(displayName)));
    }
  });
}

function presenceWords(status, presence) {
  if (status === 'online') return words().online;
  if (status === 'busy') return words().busy;
  return presence?.lastSeenAt ? words().lastSeen(timeWords(presence.lastSeenAt)) : words().offline;
}

function makePerson(userId) {
  const row = make('li', 'person', { 'data-user-id': userId });
  const who = make('span', 'who');
  who.append(make('span', 'name', { dir: 'auto' }), make('span', 'presence'));
  row.append(make('span', 'avatar', { 'aria-hidden': 'true' }), who);
  for (const [kind, icon] of [['voice', 'phone'], ['call', 'camera']]) {
    const button = make('button', kind, { type: 'button' });
    button.append(makeIcon(icon));
    row.append(button);
  }
  return row;
}
