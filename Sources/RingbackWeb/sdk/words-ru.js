/** The texts of `<ringback-call>` in Russian. */

import { duration, ringTime } from './words-en.js';

const missed = ({ name }) => `Пропущенный звонок: ${name}.`;
const talked = ({ info }) => info?.talkSeconds >= 1 ? ` Вы говорили ${duration(info.talkSeconds)}.` : '';
const TO = { microphone: 'микрофону', camera: 'камере', screen: 'экрану' };
const WHAT = { microphone: 'микрофон', camera: 'камера', screen: 'экран' };
const and = (devices, forms) => devices.map((device) => forms[device]).join(' и ');
const capital = (text) => text[0].toUpperCase() + text.slice(1);

export const ru = {
  accept: 'Ответить',
  voiceOnly: 'Без видео',
  acceptVoice: 'Ответить без видео',
  decline: 'Отклонить',
  declineWith: 'Отклонить с сообщением',
  message: 'Сообщение',
  messageHint: 'Перезвоню через десять минут',
  send: 'Отправить',
  hangUp: 'Завершить',
  cancel: 'Отменить',
  mute: 'Без звука',
  unmute: 'Со звуком',
  muteLong: 'Выключить микрофон',
  cameraOn: 'С камерой',
  cameraOffShort: 'Без камеры',
  cameraLong: 'Выключить камеру',
  screen: 'Экран',
  screenLong: 'Экран: показать собеседнику',
  devices: 'Устройства',
  devicesLong: 'Устройства: микрофон и камера',
  quality: 'Качество',
  qualityLong: 'Качество связи',
  pip: 'В окошке',
  pipLong: 'В окошке: видео отдельно от страницы',
  more: 'Ещё',
  moreLong: 'Ещё: устройства, качество, окошко',
  sound: 'Включить звук',
  close: 'Закрыть',
  microphoneLabel: 'Микрофон',
  cameraLabel: 'Камера',
  speakerLabel: 'Динамик',
  defaultDevice: 'По умолчанию',
  myVideo: 'Ваше видео',
  theirVideo: (name) => `Видео: ${name}`,
  theirScreen: (name) => `Экран: ${name}`,
  callWith: (name) => `Звонок: ${name}`,
  inCall: (name) => `Идёт разговор: ${name}`,
  isCalling: (isVideo) => isVideo ? 'звонит вам по видео' : 'звонит вам',
  isCallingToo: 'звонит. Если ответить, этот разговор завершится.',
  andMore: (count) => ` и ещё ${count}`,
  calls: (name) => `Вам звонит ${name}`,
  waitingForDevices: 'Ждём камеру и микрофон…',
  calling: (name) => `Вызываем: ${name}…`,
  ringing: 'Идут гудки…',
  connecting: 'Соединяем…',
  returning: 'Возвращаемся в разговор…',
  dropped: (name) => `Связь с собеседником прервалась (${name}). Ждём возвращения…`,
  shaky: 'Связь неустойчива. Ищем путь получше…',
  reconnecting: 'Переподключаемся к серверу… разговор продолжается',
  isMuted: (name) => `${name}: микрофон выключен`,
  noMicrophone: (name) => `${name}: нет микрофона`,
  unheard: 'Вас не слышно: нет микрофона',
  sharing: 'Вы показываете свой экран',
  stopSharing: 'Закончить',
  cameraOff: 'Камера выключена',
  noCamera: 'Нет камеры',
  askingForCamera: 'Запрашиваем камеру',
  safety: 'Код безопасности',
  safetyLong: (name) => `Прочтите эти шесть слов вслух и попросите собеседника (${name}) сделать то же. Если слова совпадают, `
    + 'разговор никто не перехватывает, даже этот сервер.',
  safetyChanged: 'Соединение установлено заново, и код безопасности теперь другой. Сверьте его ещё раз.',
  callAgain: 'Позвонить ещё раз',
  callBack: 'Перезвонить',
  done: 'Готово',
  safetyNames: 'собака,кошка,лев,лошадь,единорог,свинья,слон,кролик,панда,петух,пингвин,черепаха,рыба,осьминог,бабочка,тюльпан,'
    + 'дерево,кактус,гриб,глобус,луна,облако,огонь,банан,яблоко,клубника,кукуруза,пицца,гитара,торт,сердце,улыбка,робот,шляпа,'
    + 'очки,гаечный ключ,Дед Мороз,большой палец,зонт,песочные часы,будильник,подарок,лампочка,книга,фотоаппарат,скрепка,'
    + 'мороженое,замок,ключ,молоток,телефон,флаг,поезд,велосипед,машина,ракета,кубок,мяч,труба,колокольчик,якорь,наушники,'
    + 'папка,булавка',
  roundTrip: 'Задержка',
  loss: 'Потери',
  received: 'Приём',
  sent: 'Передача',
  picture: 'Видео',
  path: 'Путь',
  direct: 'напрямую',
  relayed: 'через сервер TURN',
  noPicture: 'нет',
  lastMinutes: (what, value) => `${what}: сейчас ${value}; последние минуты показаны линией`,
  trouble: ({ code, devices }, how) => {
    const cause = {
      denied: `Браузеру запрещён доступ к ${and(devices, TO)}; это меняется значком в адресной строке.`,
      missing: `Не найдено: ${and(devices, WHAT)}.`,
      busy: `Занято другой программой: ${and(devices, WHAT)}.`,
      insecure: 'Браузеры разрешают камеру и микрофон только страницам по https или с localhost.',
      lost: `${capital(and(devices, WHAT))}: устройство отключено.`,
    }[code] ?? `Не удалось включить: ${and(devices, WHAT)}.`;
    if (devices.includes('screen')) return cause;
    const { isHeard = !devices.includes('microphone'), isSeen = !devices.includes('camera') } = how ?? {};
    if (isHeard && isSeen) return cause;
    const consequence = isHeard ? 'Вас слышно, но не видно.' : isSeen ? 'Вас видно, но не слышно.'
      : 'Вы видите и слышите собеседника, но вас не видно и не слышно.';
    return `${cause} ${consequence}`;
  },
  ended: (view) => {
    const { reason, name, isCaller, isMine, info } = view;
    const within = ringTime(info ?? {}) ? ` за ${ringTime(info)} с` : '';
    switch (reason) {
      case 'accepted_elsewhere': return 'Ответили на другом устройстве.';
      case 'declined_elsewhere': return 'Отклонили на другом устройстве.';
      case 'merged': return `Вы позвонили друг другу: ${name}.`;
      case 'completed': return (isMine ? 'Вы завершили разговор.' : 'Собеседник завершил разговор.') + talked(view);
      case 'canceled': return isCaller ? 'Вы отменили звонок.' : missed(view);
      case 'declined':
        if (!isCaller) return 'Вы отклонили звонок.';
        return info?.message ? `Звонок отклонён: «${info.message}»` : 'Звонок отклонён.';
      case 'busy': return isCaller ? `${name}: занято, идёт другой разговор.` : missed(view);
      case 'no_answer': return isCaller ? `Нет ответа${within}.` : missed(view);
      case 'unreachable': return isCaller ? 'Абонент недоступен. Попробуйте позже.' : missed(view);
      case 'connect_timeout': return 'На звонок ответили, но соединиться вовремя не удалось.';
      case 'connection_lost': return `Связь прервалась и не восстановилась.${talked(view)}`;
      case 'ice_failed': return 'Соединить две сети не удалось (ICE). Помог бы сервер TURN.';
      case 'media_failed': return 'Не удалось настроить звук или видео.';
      case 'unsupported': return 'Один из браузеров не поддерживает такие звонки.';
      case 'admin': return 'Звонок завершил администратор.';
      case 'user_not_found': return `Такого пользователя больше нет: ${name}.`;
      case 'call_self': return 'Позвонить самому себе нельзя.';
      case 'rate_limited': return 'Слишком много звонков подряд. Подождите немного.';
      case 'origin_not_allowed': return 'Сервер звонков не разрешает звонить с этой страницы.';
      case 'unanswered': return 'Сервер не ответил вовремя.';
      default: return 'Звонок завершён.';
    }
  },
};
