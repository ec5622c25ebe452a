/** The document inside `<ringback-call>`. `data-words` names the text that an element shows, `data-label` its aria-label. */

const ICONS = {
  phone: 'M6.6 10.8a15.2 15.2 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11.4 11.4 0 0 0 3.6.57 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1c0 1.25.2 2.45.57 3.6a1 1 0 0 1-.25 1z',
  'hang-up': 'M12 9c-1.6 0-3.15.25-4.6.72v3.1c0 .4-.23.74-.56.9-.98.5-1.87 1.12-2.66 1.85a1 1 0 0 1-1.4-.02L.3 13.08a1 1 0 0 1 0-1.42A16.9 16.9 0 0 1 12 7c4.54 0 8.66 1.78 11.7 4.67a1 1 0 0 1 0 1.41l-2.48 2.48a1 1 0 0 1-1.4.02 11.2 11.2 0 0 0-2.66-1.85 1 1 0 0 1-.56-.9v-3.1A15 15 0 0 0 12 9z',
  mic: 'M12 15a3.5 3.5 0 0 0 3.5-3.5v-6a3.5 3.5 0 0 0-7 0v6A3.5 3.5 0 0 0 12 15zm6.5-3.5a1 1 0 0 0-2 0 4.5 4.5 0 0 1-9 0 1 1 0 0 0-2 0 6.5 6.5 0 0 0 5.5 6.4V20.5a1 1 0 0 0 2 0v-2.6a6.5 6.5 0 0 0 5.5-6.4z',
  'mic-off': 'M3.3 2.3a1 1 0 0 1 1.4 0l17 17a1 1 0 1 1-1.4 1.4l-3.86-3.86A6.4 6.4 0 0 1 13 17.9v2.6a1 1 0 0 1-2 0v-2.6a6.5 6.5 0 0 1-5.5-6.4 1 1 0 0 1 2 0 4.5 4.5 0 0 0 7.47 3.38l-1.43-1.43A3.5 3.5 0 0 1 8.5 11.5V9.9L3.3 3.7a1 1 0 0 1 0-1.4zM15.5 5.5v5.3L8.6 3.9a3.5 3.5 0 0 1 6.9 1.6zm3 6c0 .86-.17 1.68-.47 2.43l-1.56-1.56c.02-.28.03-.57.03-.87a1 1 0 0 1 2 0z',
  camera: 'M4.5 5.5h9A2.5 2.5 0 0 1 16 8v1.9l4.1-2.7a1 1 0 0 1 1.55.83v7.94a1 1 0 0 1-1.55.83L16 14.1V16a2.5 2.5 0 0 1-2.5 2.5h-9A2.5 2.5 0 0 1 2 16V8a2.5 2.5 0 0 1 2.5-2.5z',
  'camera-off': 'M2.8 2.3a1 1 0 0 1 1.4 0l17.5 17.5a1 1 0 0 1-1.4 1.4l-4.66-4.65a2.5 2.5 0 0 1-2.14 1.95h-9A2.5 2.5 0 0 1 2 16V8c0-.9.48-1.7 1.2-2.13L2.8 3.7a1 1 0 0 1 0-1.4zM8.2 5.5h5.3A2.5 2.5 0 0 1 16 8v1.9l4.1-2.7a1 1 0 0 1 1.55.83v7.94a1 1 0 0 1-.86.99z',
  screen: 'M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-6.5v1.5H16a1 1 0 1 1 0 2H8a1 1 0 1 1 0-2h2.5V18H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm8 3a1 1 0 0 0-.7.3L8.8 9.8a1 1 0 0 0 1.4 1.4l.8-.8V14a1 1 0 1 0 2 0v-3.6l.8.8a1 1 0 0 0 1.4-1.4l-2.5-2.5A1 1 0 0 0 12 7z',
  sliders: 'M4 7a1 1 0 0 1 1-1h6.2a3 3 0 0 1 5.6 0H19a1 1 0 1 1 0 2h-2.2a3 3 0 0 1-5.6 0H5a1 1 0 0 1-1-1zm0 10a1 1 0 0 1 1-1h1.2a3 3 0 0 1 5.6 0H19a1 1 0 1 1 0 2h-7.2a3 3 0 0 1-5.6 0H5a1 1 0 0 1-1-1z',
  chart: 'M4 20a1 1 0 0 1-1-1v-5a1 1 0 1 1 2 0v5a1 1 0 0 1-1 1zm5.3 0a1 1 0 0 1-1-1V9a1 1 0 1 1 2 0v10a1 1 0 0 1-1 1zm5.4 0a1 1 0 0 1-1-1v-7a1 1 0 1 1 2 0v7a1 1 0 0 1-1 1zm5.3 0a1 1 0 0 1-1-1V5a1 1 0 1 1 2 0v14a1 1 0 0 1-1 1z',
  pip: 'M4 5h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zm8.5 6.5A1.5 1.5 0 0 0 11 13v2.5a1.5 1.5 0 0 0 1.5 1.5h5a1.5 1.5 0 0 0 1.5-1.5V13a1.5 1.5 0 0 0-1.5-1.5z',
  sound: 'M4 9.5h3l4.3-3.8a1 1 0 0 1 1.7.75v11.1a1 1 0 0 1-1.7.75L7 14.5H4a1 1 0 0 1-1-1v-3a1 1 0 0 1 1-1zm12.3-1.9a1 1 0 0 1 1.4.1 6.5 6.5 0 0 1 0 8.6 1 1 0 0 1-1.5-1.3 4.5 4.5 0 0 0 0-6 1 1 0 0 1 .1-1.4z',
  more: 'M5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm7 0a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
  close: 'M6.3 6.3a1 1 0 0 1 1.4 0L12 10.6l4.3-4.3a1 1 0 1 1 1.4 1.4L13.4 12l4.3 4.3a1 1 0 0 1-1.4 1.4L12 13.4l-4.3 4.3a1 1 0 0 1-1.4-1.4l4.3-4.3-4.3-4.3a1 1 0 0 1 0-1.4z',
};

const icon = (name, more = '') => `<svg ${more} viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

/** A round button; with `off`, one that is pressed and shows another icon then. */
const button = (id, { image, off, words, label, key, more = '' }) => `
  <button id="${id}" type="button" part="button ${id}" class="round ${more}" data-label="${label}"
    ${off ? 'aria-pressed="false"' : ''} ${key ? `aria-keyshortcuts="${key}" title="${key}"` : ''}>
    ${off ? icon(image, 'class="when-off"') + icon(off, 'class="when-on"') : icon(image)}
    <span class="caption" ${words ? `data-words="${words}"` : ''} aria-hidden="true"></span>
  </button>`;

const sheet = (id, title, body) => `
  <section id="${id}" class="sheet" part="panel ${id}" aria-labelledby="${id}-title" hidden>
    <header><h3 id="${id}-title" data-words="${title}"></h3>
      <button type="button" class="close" data-label="close" data-closes="${id}">${icon('close')}</button></header>
    ${body}
  </section>`;

const select = (id, words) => `<label for="${id}" data-words="${words}"></label><select id="${id}"></select>`;

export const template = document.createElement('template');
template.innerHTML = `
<p id="live" class="for-screen-readers" role="status" aria-live="polite"></p>
<p id="alarm" class="for-screen-readers" role="alert"></p>
<dialog id="overlay" part="overlay" aria-labelledby="call-name">
  <div id="call" part="stage" hidden>
    <video id="not_my" part="remote-video" autoplay playsinline></video>
    <video id="their-screen" part="remote-screen" autoplay playsinline muted hidden></video>
    <div class="peer" aria-hidden="true"><span id="call-avatar" class="avatar"></span></div>
    <div class="call-head">
      <h2 id="call-name" tabindex="-1" dir="auto"></h2>
      <p id="call-words"></p>
      <button id="safety" type="button" part="safety" class="pill emoji" aria-expanded="false" aria-controls="safety-sheet"
        hidden></button>
      <p id="peer-muted" class="badge" hidden>${icon('mic-off')}<span></span></p>
      <p id="unheard" class="badge" hidden>${icon('mic-off')}<span data-words="unheard"></span></p>
    </div>
    <div id="sheets">
      ${sheet('safety-sheet', 'safety', '<ol id="safety-words"></ol><p id="safety-long"></p>')}
      ${sheet('devices-sheet', 'devices', select('microphone', 'microphoneLabel') + select('camera-choice', 'cameraLabel')
        + `<div id="speaker-field">${select('speaker', 'speakerLabel')}</div>`)}
      ${sheet('quality-sheet', 'quality', '<div id="charts"></div><dl id="facts"></dl>')}
    </div>
    <div id="pip" role="group" tabindex="0" data-label="myVideo">
      <video id="my" part="local-video" autoplay playsinline muted></video>
      <p id="pip-words"></p>
    </div>
    <div class="notices">
      <p id="note" class="badge" hidden></p>
      <div id="media-notice" role="status" hidden><p></p>
        <button type="button" class="close" data-label="close">${icon('close')}</button></div>
      <p id="sharing" class="badge" hidden><span data-words="sharing"></span>
        <button id="stop-sharing" type="button" data-words="stopSharing"></button></p>
      <button id="sound" class="pill light" type="button" hidden>${icon('sound')}<span data-words="sound"></span></button>
    </div>
    <div class="call-foot">
      <div class="controls" part="controls">
        ${button('mute', { image: 'mic', off: 'mic-off', label: 'muteLong', key: 'M' })}
        ${button('camera', { image: 'camera', off: 'camera-off', label: 'cameraLong', key: 'V' })}
        ${button('screen', { image: 'screen', off: 'screen', words: 'screen', label: 'screenLong' })}
        <div class="secondary">
        ${button('devices', { image: 'sliders', words: 'devices', label: 'devicesLong' })}
        ${button('quality', { image: 'chart', words: 'quality', label: 'qualityLong' })}
        ${button('small-window', { image: 'pip', words: 'pip', label: 'pipLong' })}
        </div>
        ${button('more', { image: 'more', words: 'more', label: 'moreLong' })}
        ${button('hang-up', { image: 'hang-up', label: 'hangUp', more: 'danger' })}
      </div>
    </div>
  </div>
  <div id="incoming" hidden>
    <div class="card" part="card">
      <span id="incoming-avatar" class="avatar pulsing" aria-hidden="true"></span>
      <div class="incoming-who">
        <h2 id="incoming-name" tabindex="-1" dir="auto"></h2>
        <p id="incoming-words"></p>
      </div>
      <div class="controls">
        ${button('decline', { image: 'hang-up', words: 'decline', label: 'decline', more: 'danger' })}
        ${button('accept-voice', { image: 'mic', words: 'voiceOnly', label: 'acceptVoice' })}
        ${button('accept', { image: 'phone', words: 'accept', label: 'accept', more: 'good' })}
      </div>
      <details id="decline-more">
        <summary data-words="declineWith"></summary>
        <form id="decline-form">
          <input id="decline-message" type="text" maxlength="200" dir="auto" autocomplete="off" data-label="message"
            data-hint="messageHint">
          <button class="quiet" type="submit" data-words="send"></button>
        </form>
      </details>
    </div>
  </div>
</dialog>
<section id="ended" part="card ended" aria-labelledby="ended-title" hidden>
  <span id="ended-avatar" class="avatar" aria-hidden="true"></span>
  <div>
    <h2 id="ended-title" tabindex="-1" dir="auto"></h2>
    <p id="ended-reason" dir="auto"></p>
  </div>
  <div class="row">
    <button id="call-again" class="pill" part="call-again" type="button">${icon('phone')}<span></span></button>
    <button id="dismiss" class="quiet" part="dismiss" type="button" data-words="done"></button>
  </div>
</section>`;
