/** What the demo says, in English and Russian; what happens in a call, `<ringback-call>` says. */

import { Stored } from './storage.js';

const en = {
  title: 'Ringback', lead: 'Call a friend, browser to browser.', yourName: 'Your name',
  namePlaceholder: 'For example, Maria',
  password: 'Password', signIn: 'Sign in',
  noAccount: 'No account needed: your name is made one, and this browser keeps the key.',
  youAre: 'You are', connectedBy: 'connected by', ringsOn: 'Calls ring on all of your devices:',
  anotherDevice: 'Use another device',
  askedForPassword: 'Sign in there by the same name. It will ask for this password:',
  signOut: 'Sign out', thisOne: 'This device', device: 'Device', signOutDevice: (name) => `Sign out ${name}`,
  newPassword: 'New password, sign out my other devices',
  passwordChanged: (count) => `The password is new. Other devices signed out: ${count}.`,
  passwordKept: (why) => `The password stays as it was: ${why}`,
  callAgain: 'Call again',
  callBack: 'Call back', elsewhere: 'You are in a call in another tab or on another device.',
  people: 'People', search: 'Search', searchLabel: 'Search people by name', quiet: 'It’s quiet here.',
  quietHelp: 'Open this page in a second window, or send its address to a friend, and sign in under another name. '
    + 'Then call.',
  secondWindow: 'Open a second window', nobody: 'Nobody by that name.', online: 'Online', busy: 'In a call',
  offline: 'Offline',
  countOnline: (count) => `${count} online`, lastSeen: (time) => `Last seen ${time}`,
  videoCall: (name) => `Video call to ${name}`, voiceCall: (name) => `Voice call to ${name}`,
  tryDevices: 'Camera and microphone', tryDevicesHelp: 'Try them before you call',
  cameraShows: 'What your camera shows',
  loudness: 'Loudness of your microphone', camera: 'Camera', microphone: 'Microphone', standard: 'Default',
  recent: 'Recent calls', whichCalls: 'Which calls', all: 'All', missed: 'Missed', noMissed: 'No missed calls.',
  noCalls: 'Your calls will be listed here.', to: 'To', from: 'From',
  docs: 'API reference',
  footer: 'Sound and picture go from browser to browser, encrypted; the server only connects the call.',
  reconnecting: 'Reconnecting to the server…',
  transports: { websocket: 'WebSocket', sse: 'server-sent events', longpoll: 'long-polling' },
  ends: {
    declined: 'Declined', canceled: 'Canceled', busy: 'Busy', no_answer: 'No answer', unreachable: 'Not reached',
    completed: 'Answered', missed: 'Missed', failed: 'Failed',
  },
  details: {},
  step: (what, who) => ({
    invited: `${who} called`, alerting: `It rang for ${who}`, accepted: `${who} picked up`, declined: `${who} declined`,
    merged: `${who} called at the same moment`, active: 'The conversation began',
    reconnecting: `${who} lost the connection to the server`, back: `${who} was back`, ended: 'It ended',
  }[what]),
  signedInAs: (name) => `Signed in as ${name}`, callsTitle: (name) => `📞 ${name} is calling`,
  signedOut: 'You are signed out.',
  superseded: 'You were signed out: this device’s session was ended from elsewhere.',
  sessionOver: 'Your session is over. Sign in again.', nameFirst: 'Type a name first: it is what the others see.',
  taken: (name) => `Somebody here is called “${name}” already. `
    + 'If that is you, type the password; if not, choose another name.',
  noServer: 'The server cannot be reached. Is the network there?',
  wrongPassword: (name) => `That is not the password of “${name}”.`,
  tooOften: (seconds) => `Too many attempts. Try again in ${seconds} s.`,
  signInFailed: (why) => `Signing in did not work: ${why}`,
};

const ru = {
  title: 'Ringback', lead: 'Позвоните другу из браузера в браузер.', yourName: 'Ваше имя',
  namePlaceholder: 'Например, Мария',
  password: 'Пароль', signIn: 'Войти', noAccount: 'Регистрация не нужна: хватит имени, а ключ сохранит этот браузер.',
  youAre: 'Вы', connectedBy: 'связь:', ringsOn: 'Звонок слышен на всех ваших устройствах:',
  anotherDevice: 'Войти с другого устройства', askedForPassword: 'Войдите там под тем же именем. Понадобится пароль:',
  signOut: 'Выйти', thisOne: 'Это устройство', device: 'Устройство',
  signOutDevice: (name) => `Выйти на устройстве ${name}`,
  newPassword: 'Сменить пароль и выйти на других устройствах',
  passwordChanged: (count) => `Пароль сменён. Сеансов завершено: ${count}.`,
  passwordKept: (why) => `Пароль прежний: ${why}`,
  callAgain: 'Позвонить ещё раз',
  callBack: 'Перезвонить', elsewhere: 'Вы разговариваете в другой вкладке или на другом устройстве.',
  people: 'Люди', search: 'Поиск', searchLabel: 'Поиск людей по имени',
  quiet: 'Здесь пока никого.',
  quietHelp: 'Откройте эту страницу во втором окне или пошлите её адрес другу, войдите под другим именем и звоните.',
  secondWindow: 'Открыть второе окно', nobody: 'Никого с таким именем.', online: 'В сети', busy: 'Разговаривает',
  offline: 'Не в сети', countOnline: (count) => `в сети: ${count}`,
  lastSeen: (time) => `Последний раз в сети: ${time}`,
  videoCall: (name) => `Видеозвонок: ${name}`, voiceCall: (name) => `Звонок без видео: ${name}`,
  tryDevices: 'Камера и микрофон', tryDevicesHelp: 'Проверьте их перед звонком', cameraShows: 'Что видит ваша камера',
  loudness: 'Громкость микрофона', camera: 'Камера', microphone: 'Микрофон', standard: 'По умолчанию',
  recent: 'Недавние звонки', whichCalls: 'Какие звонки', all: 'Все', missed: 'Пропущенные',
  noMissed: 'Пропущенных нет.',
  noCalls: 'Здесь появятся ваши звонки.', to: 'Кому:', from: 'От кого:',
  docs: 'Справочник API',
  footer: 'Звук и видео идут из браузера в браузер, в зашифрованном виде; сервер только соединяет.',
  reconnecting: 'Восстанавливаем связь с сервером…',
  transports: { websocket: 'WebSocket', sse: 'поток событий', longpoll: 'длинные запросы' },
  ends: {
    declined: 'Отклонён', canceled: 'Отменён', busy: 'Занято', no_answer: 'Нет ответа', unreachable: 'Не дозвонились',
    completed: 'Состоялся', missed: 'Пропущен', failed: 'Сорвался',
  },
  details: {
    declined: 'отклонён', canceled: 'отменён', busy: 'занято', 'no answer': 'нет ответа', unreachable: 'не дозвонились',
    completed: 'состоялся', 'accepted elsewhere': 'ответили на другом устройстве', 'connection lost': 'связь потеряна',
  },
  step: (what, who) => ({
    invited: `Звонит ${who}`, alerting: `Идут гудки: ${who}`, accepted: `Отвечает ${who}`, declined: `Отклоняет ${who}`,
    merged: `Одновременно звонит ${who}`, active: 'Разговор начался', reconnecting: `Потеря связи: ${who}`,
    back: `Снова на связи ${who}`, ended: 'Звонок завершён',
  }[what]),
  signedInAs: (name) => `Вы вошли как ${name}`, callsTitle: (name) => `📞 Звонит ${name}`,
  signedOut: 'Вы вышли.', superseded: 'Вы вышли: сеанс этого устройства завершён в другом месте.',
  sessionOver: 'Сеанс закончился. Войдите снова.', nameFirst: 'Сначала введите имя: его увидят другие.',
  taken: (name) => `Имя «${name}» уже занято. Если это вы, введите пароль, если нет, выберите другое имя.`,
  noServer: 'Сервер недоступен. Есть ли сеть?', wrongPassword: (name) => `Это не пароль пользователя «${name}».`,
  tooOften: (seconds) => `Слишком много попыток. Попробуйте через ${seconds} с.`,
  signInFailed: (why) => `Войти не удалось: ${why}`,
};

const LANGUAGES = { en, ru };
const chosen = new Stored(localStorage, 'language');
const wished = [chosen.value, ...navigator.languages.map((tag) => tag.split('-')[0])];
let language = wished.find((tag) => LANGUAGES[tag]) ?? 'en';

/** The words of the language that was chosen, else of the first one that the browser asks for and that is here. */
export const words = () => LANGUAGES[language];

/** The language in which dates are written as well. */
export const currentLanguage = () => language;

export function choose(tag) {
  language = chosen.value = tag;
  translate();
}

/** What stands in the document: `data-words` names a text, `data-label` an aria-label, `data-hint` a placeholder. */
export function translate() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-words]')) element.textContent = words()[element.dataset.words];
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', words()[element.dataset.label]);
  }
  for (const element of document.querySelectorAll('[data-hint]')) element.placeholder = words()[element.dataset.hint];
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
}
