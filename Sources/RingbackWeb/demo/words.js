/** The texts of the demo in English and Russian. Those of a call are in `<ringback-call>`. */

import { Stored } from './storage.js';

const en = {
  title: 'Ringback', lead: 'Call a friend, browser to browser.', yourName: 'Your name',
  namePlaceholder: 'For example, Maria',
  password: 'Password', signIn: 'Sign in',
  noAccount: 'No registration needed: choose a name, and this browser makes up a password.',
  youAre: 'You are', connectedBy: 'connected by', ringsOn: 'Calls ring on all of your devices:',
  doNotDisturb: 'Do not disturb', muteDevice: 'Do not ring on this device',
  anotherDevice: 'Use another device', push: 'Ring when this page is closed',
  pushWords: {
    incoming: 'Incoming call', missed: 'Missed call', elsewhere: 'Answered on another device', accept: 'Accept',
    decline: 'Decline',
  },
  askedForPassword: 'Sign in there with the same name and this password:',
  signOut: 'Sign out', thisOne: 'This device', device: 'Device', signOutDevice: (name) => `Sign out ${name}`,
  newPassword: 'New password, sign out my other devices',
  passwordChanged: (count) => `The password was changed. Other devices signed out: ${count}.`,
  passwordKept: (why) => `The password was not changed: ${why}`,
  callAgain: 'Call again',
  callBack: 'Call back', elsewhere: 'You are in a call in another tab or on another device.',
  people: 'People', search: 'Search', searchLabel: 'Search people by name', quiet: 'It’s quiet here.',
  quietHelp: 'Open this page in a second window, or send its address to a friend, and sign in under another name. '
    + 'Then call.',
  secondWindow: 'Open a second window', nobody: 'No one by that name.', online: 'Online', busy: 'In a call',
  offline: 'Offline',
  countOnline: (count) => `${count} online`, lastSeen: (time) => `Last seen ${time}`,
  videoCall: (name) => `Video call to ${name}`, voiceCall: (name) => `Voice call to ${name}`,
  tryDevices: 'Camera and microphone', tryDevicesHelp: 'Try them before you call',
  cameraShows: 'What your camera shows',
  loudness: 'Loudness of your microphone', camera: 'Camera', microphone: 'Microphone', standard: 'Default',
  recent: 'Recent calls', whichCalls: 'Which calls', all: 'All', missed: 'Missed', noMissed: 'No missed calls.',
  noCalls: 'Your calls will be listed here.', to: 'To', from: 'From',
  docs: 'API reference',
  footer: 'Audio and video are sent from browser to browser, encrypted; the server only connects the call.',
  reconnecting: 'Reconnecting to the server…',
  transports: { websocket: 'WebSocket', sse: 'server-sent events', longpoll: 'long-polling' },
  ends: {
    declined: 'Declined', canceled: 'Canceled', busy: 'Busy', no_answer: 'No answer', unreachable: 'Unreachable',
    completed: 'Answered', missed: 'Missed', failed: 'Failed',
  },
  details: {},
  step: (what, who) => ({
    invited: `${who} called`, alerting: `${who}’s device rang`,
    accepted: `${who} accepted`, declined: `${who} declined`,
    merged: `${who} called at the same time`, active: 'The devices connected',
    reconnecting: `${who} lost the connection to the server`, back: `${who} reconnected`, ended: 'The call ended',
  }[what]),
  signedInAs: (name) => `Signed in as ${name}`, callsTitle: (name) => `📞 ${name} is calling`,
  signedOut: 'You are signed out.',
  superseded: 'You were signed out: this session was ended from another device.',
  sessionOver: 'Your session has expired. Sign in again.', nameFirst: 'Enter a name first. Others will see it.',
  closed: 'Registration is closed on this server. Sign in with the name and the password that you got from its operator.',
  taken: (name) => `The name “${name}” is taken. `
    + 'If it is yours, enter the password; otherwise choose another name.',
  noServer: 'The server cannot be reached. Check your network connection.',
  wrongPassword: (name) => `The password of “${name}” is wrong.`,
  tooOften: (seconds) => `Too many attempts. Try again in ${seconds} s.`,
  signInFailed: (why) => `Signing in failed: ${why}`,
};

const ru = {
  title: 'Ringback', lead: 'Позвоните другу из браузера в браузер.', yourName: 'Ваше имя',
  namePlaceholder: 'Например, Мария',
  password: 'Пароль', signIn: 'Войти', noAccount: 'Регистрация не нужна: выберите имя, а пароль придумает этот браузер.',
  youAre: 'Вы', connectedBy: 'связь:', ringsOn: 'Звонок слышен на всех ваших устройствах:',
  doNotDisturb: 'Не беспокоить', muteDevice: 'Не звонить на этом устройстве',
  push: 'Звонить, когда эта страница закрыта',
  pushWords: {
    incoming: 'Входящий звонок', missed: 'Пропущенный звонок', elsewhere: 'Ответили на другом устройстве',
    accept: 'Ответить', decline: 'Отклонить',
  },
  anotherDevice: 'Войти с другого устройства', askedForPassword: 'Войдите там под тем же именем. Понадобится пароль:',
  signOut: 'Выйти', thisOne: 'Это устройство', device: 'Устройство',
  signOutDevice: (name) => `Выйти на устройстве ${name}`,
  newPassword: 'Сменить пароль и выйти на других устройствах',
  passwordChanged: (count) => `Пароль сменён. Сеансов завершено: ${count}.`,
  passwordKept: (why) => `Пароль не изменён: ${why}`,
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
  closed: 'Регистрация на этом сервере закрыта. Войдите с именем и паролем, которые вам дал его владелец.',
  taken: (name) => `Имя «${name}» уже занято. Если это вы, введите пароль, если нет, выберите другое имя.`,
  noServer: 'Сервер недоступен. Проверьте подключение к сети.',
  wrongPassword: (name) => `Неверный пароль пользователя «${name}».`,
  tooOften: (seconds) => `Слишком много попыток. Попробуйте через ${seconds} с.`,
  signInFailed: (why) => `Войти не удалось: ${why}`,
};

const LANGUAGES = { en, ru };
const chosen = new Stored(localStorage, 'language');
const wished = [chosen.value, ...navigator.languages.map((tag) => tag.split('-')[0])];
let language = wished.find((tag) => LANGUAGES[tag]) ?? 'en';

/** The texts in the chosen language, or in the first available one that the browser prefers. */
export const words = () => LANGUAGES[language];

/** The current language, also used for dates. */
export const currentLanguage = () => language;

export function choose(tag) {
  language = chosen.value = tag;
  translate();
}

/** Translates the document: `data-words` names a text, `data-label` an aria-label, `data-hint` a placeholder. */
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
