/** The style of `<ringback-call>`. Pages customize it with `--ringback-…` properties and parts. */

const css = `
:host {
  --accent: var(--ringback-accent, #0b6a62);
  --surface: var(--ringback-surface, Canvas);
  --ink: var(--ringback-ink, CanvasText);
  --soft: var(--ringback-soft, var(--ink));
  --line: var(--ringback-line, rgb(128 128 128 / 32%));
  --danger: var(--ringback-danger, #d23c41);
  --good: var(--ringback-good, #16794c);
  --stage: var(--ringback-stage, radial-gradient(120% 90% at 50% 20%, #234247 0%, #13262b 48%, #0a1416 100%));
  --radius: var(--ringback-radius, 22px);
  --focus: var(--ringback-focus, var(--accent));
  font: var(--ringback-font, 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  color: var(--ink);
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, p, ol, dl, dd { margin: 0; padding: 0; }
h2, h3 { line-height: 1.2; letter-spacing: -.015em; }
svg { width: 1.35em; height: 1.35em; fill: currentColor; flex: none; }
button, input, select { font: inherit; color: inherit; }
button { border: 0; background: none; cursor: pointer; -webkit-tap-highlight-color: transparent; }
button:disabled { opacity: .45; cursor: default; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; }
[tabindex="-1"]:focus { outline: none; }
.for-screen-readers { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }

#overlay { position: fixed; inset: 0; width: 100%; height: 100%; max-width: none; max-height: none; margin: 0; padding: 0;
  border: 0; background: none; color: inherit; overflow: hidden; container: ringback / size; }
#overlay::backdrop { background: rgb(16 30 33 / 55%); backdrop-filter: blur(14px); }
:host([inline]) { display: block; position: relative; min-height: 20rem; }
:host([inline]) :is(#overlay, #ended) { position: absolute; }
:host([inline]) #overlay { border-radius: var(--radius); }

.avatar { --hue: 180; flex: none; display: grid; place-items: center; width: 44px; height: 44px; border-radius: 50%;
  background: linear-gradient(145deg, hsl(var(--hue) 44% 36%), hsl(calc(var(--hue) + 28) 48% 26%)); color: #fff;
  font-weight: 650; line-height: 1; user-select: none; position: relative; }
.pulsing::before, .pulsing::after { content: ""; position: absolute; inset: 0; border-radius: 50%;
  box-shadow: 0 0 0 2px hsl(var(--hue) 50% 60% / 70%); animation: ripple 2.6s cubic-bezier(.2, .6, .4, 1) infinite; }
.pulsing::after { animation-delay: 1.3s; }
@keyframes ripple { from { transform: scale(1); opacity: .9; } to { transform: scale(1.5); opacity: 0; } }
@keyframes rise { from { transform: translateY(14px); opacity: 0; } }

/* A call: dark in both color schemes. Everything between head and foot is in the second row, never over buttons. */
#call { position: absolute; inset: 0; overflow: hidden; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
  background: var(--stage); color: #fff; --focus: #fff; }
#call > * { grid-column: 1; }
#not_my, #their-screen { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover;
  background: transparent; opacity: 0; transition: opacity .4s, filter .4s; }
#call.with-picture #not_my, #call.with-screen #their-screen { opacity: 1; }
#call.with-screen :is(#not_my, #their-screen) { position: relative; grid-row: 2; min-height: 0; }
#call.with-screen #their-screen { object-fit: contain; }
#call.with-screen #not_my { align-self: end; justify-self: start; width: clamp(96px, 14cqw, 220px); height: auto;
  max-height: 45%; aspect-ratio: 16 / 10; margin: 0 1rem 1rem; border-radius: 16px; z-index: 1;
  box-shadow: 0 0 0 1.5px rgb(255 255 255 / 22%); }
#call.interrupted video { filter: brightness(.45) saturate(.6); }
.peer { grid-row: 2; display: grid; place-items: center; min-height: 0; transition: opacity .4s; pointer-events: none; }
.peer .avatar { width: clamp(64px, 20cqmin, 176px); height: auto; aspect-ratio: 1; font-size: clamp(1.75rem, 8cqmin, 4.5rem);
  box-shadow: 0 18px 50px rgb(0 0 0 / 35%); }
#call.voice .peer .avatar { width: clamp(64px, 34cqmin, 220px); transition: box-shadow .12s linear;
  box-shadow: 0 0 0 calc(var(--level, 0) * 5cqmin) hsl(var(--hue) 50% 60% / 32%),
    0 0 0 calc(var(--level, 0) * 11cqmin) hsl(var(--hue) 50% 60% / 14%); }
#call.with-picture .peer, #call.with-screen .peer { opacity: 0; }
.call-head, .call-foot { position: relative; z-index: 3; display: grid; justify-items: center; gap: .375rem;
  text-align: center; transition: opacity .3s; }
.call-head { grid-row: 1; padding: calc(1.25rem + env(safe-area-inset-top)) 1.5rem .75rem; }
.call-foot { grid-row: 3; padding: .75rem .75rem calc(1.25rem + env(safe-area-inset-bottom)); }
/* A gradient behind text that is over the video, below everything else. */
.with-picture::before, .with-picture::after { content: ""; position: relative; z-index: 1; grid-column: 1; grid-row: 1;
  margin-bottom: -5rem; pointer-events: none; background: linear-gradient(rgb(4 12 14 / 76%), rgb(4 12 14 / 70%) 40%,
    rgb(4 12 14 / 52%) 62%, rgb(4 12 14 / 26%) 80%, rgb(4 12 14 / 8%) 93%, transparent); transition: opacity .3s; }
.with-picture::after { grid-row: 3; margin: -4rem 0 0; rotate: 180deg; }
#call.with-screen::before, #call.with-screen::after { display: none; }
.call-head h2 { max-width: 100%; font-size: 1.5rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  text-shadow: 0 1px 3px rgb(0 0 0 / 50%); unicode-bidi: isolate; }
#call-words { min-height: 1.5em; color: #e6eeed; font-variant-numeric: tabular-nums;
  text-shadow: 0 1px 3px rgb(0 0 0 / 60%); text-wrap: balance; }
#call.idle { cursor: none; }
#call.idle :is(.call-head, .call-foot), #call.idle::before, #call.idle::after { opacity: 0; }

.badge, .pill { display: inline-flex; align-items: center; gap: .4rem; padding: .3125rem .875rem; border-radius: 999px;
  background: rgb(6 16 18 / 80%); font-size: .875rem; color: #fff; max-width: 100%; }
.badge svg { width: 1.05rem; height: 1.05rem; }
.badge button { min-height: 32px; padding: 0 .75rem; border-radius: 999px; background: #fff; color: #10211f; font-weight: 600; }
.pill { min-height: 40px; }
.pill.emoji { font-size: 1.25rem; letter-spacing: .25em; padding-inline-end: .6rem; }
.pill.emoji:hover { background: rgb(6 16 18 / 92%); }
.pill.light { min-height: 44px; padding: .5rem 1.25rem; font-weight: 600; background: #fff; color: #10211f; }

.controls { display: flex; flex-wrap: wrap; justify-content: center; gap: .75rem clamp(.625rem, 2.4cqw, 1.5rem); }
.secondary { display: contents; }
#more { display: none; }
.round { display: inline-flex; flex-direction: column; align-items: center; gap: .4375rem; min-width: 64px; padding: 0;
  border-radius: 20px; font-size: .8125rem; font-weight: 500; }
#call .round { text-shadow: 0 1px 2px rgb(0 0 0 / 50%); }
.round svg { width: 58px; height: 58px; padding: 17px; border-radius: 50%; background: rgb(255 255 255 / 20%);
  transition: background-color .15s, color .15s; }
#call .round svg { backdrop-filter: blur(14px); }
.round:hover:enabled svg { background: rgb(255 255 255 / 30%); }
.round:focus-visible { outline-offset: 6px; }
.round .when-on { display: none; }
.round[aria-pressed="true"] .when-on, .round[aria-pressed="true"]:hover:enabled .when-on { display: block;
  background: #fff; color: #13262b; }
.round[aria-pressed="true"] .when-off { display: none; }
.round.danger svg, .round.danger:hover:enabled svg { background: var(--danger); color: #fff; }
.round.good svg, .round.good:hover:enabled svg { background: var(--good); color: #fff; }
.round:is(.danger, .good):hover:enabled svg { filter: brightness(1.12); }

.notices { grid-row: 2; z-index: 4; align-self: end; justify-self: center; display: grid; justify-items: center; gap: .5rem;
  max-width: calc(100% - 1.5rem); max-height: 100%; overflow: auto; pointer-events: none; }
.notices > * { pointer-events: auto; }
#media-notice { display: flex; align-items: start; gap: .5rem; max-width: 32rem; padding: .625rem .625rem .625rem 1.125rem;
  border-radius: 16px; background: rgb(6 16 18 / 88%); font-size: .875rem; line-height: 1.45; text-align: start; }
#media-notice p { padding-block: .3rem; }
.close { display: grid; place-items: center; flex: none; width: 36px; height: 36px; padding: 0; border-radius: 50%; }
.close:hover { background: rgb(255 255 255 / 14%); }

#pip { grid-row: 2; z-index: 2; align-self: end; justify-self: end; position: relative; margin: 0 1rem .5rem;
  height: clamp(64px, 24cqh, 150px); max-height: 100%; max-width: 40%; min-height: 0; aspect-ratio: 16 / 10;
  border-radius: 18px; overflow: hidden;
  background: #22393d; cursor: grab; touch-action: none;
  box-shadow: 0 0 0 1.5px rgb(255 255 255 / 22%), 0 14px 40px rgb(0 0 0 / 40%); }
#pip[data-block="start"] { align-self: start; }
#pip[data-inline="start"] { justify-self: start; }
#call.voice :is(#pip, #small-window) { display: none; }
#my { display: block; width: 100%; height: 100%; object-fit: cover; transform: scaleX(-1); }
#pip-words { position: absolute; inset: 0; display: none; place-items: center; padding: .5rem; font-size: .8125rem;
  text-align: center; color: #dbe7e5; }
#pip.without-picture #my { opacity: 0; }
#pip.without-picture #pip-words { display: grid; }

/* Sheets beside the video: safety, devices, quality. */
#sheets { grid-row: 1 / 3; z-index: 5; justify-self: end; width: min(22rem, 100%); min-height: 0; max-height: 100%;
  display: flex; flex-direction: column; overflow: auto; pointer-events: none; padding: 1rem 1rem .25rem; }
.sheet { pointer-events: auto; display: grid; gap: .625rem; padding: .875rem 1.125rem 1.125rem; border-radius: 20px;
  background: rgb(9 20 22 / 97%); box-shadow: 0 0 0 1px rgb(255 255 255 / 14%);
  font-size: .9375rem; animation: rise .2s ease-out; }
.sheet header { display: flex; align-items: center; justify-content: space-between; }
.sheet h3 { font-size: 1rem; }
.sheet label { font-size: .8125rem; color: #c3d2d1; }
.sheet select { width: 100%; min-height: 44px; margin-top: -.375rem; padding-block: .375rem; padding-inline: .75rem 2.25rem;
  border-radius: 12px; border: 1px solid #7d9290; color: #fff; appearance: none; text-overflow: ellipsis;
  background: linear-gradient(45deg, transparent 50%, #c3d2d1 50%) right 1.125rem center / 6px 5px no-repeat,
    linear-gradient(-45deg, transparent 50%, #c3d2d1 50%) right .75rem center / 6px 5px no-repeat #14282c; }
.sheet select:dir(rtl) { background-position-x: left .75rem, left 1.125rem; }
#speaker-field { display: grid; gap: .625rem; }
#safety-words { display: grid; grid-template-columns: repeat(3, 1fr); gap: .625rem; list-style: none; text-align: center; }
#safety-words span { display: block; font-size: 2rem; line-height: 1.2; }
#safety-long { font-size: .875rem; color: #c3d2d1; text-wrap: pretty; }
#charts { display: grid; gap: .5rem; }
.chart { display: grid; grid-template-columns: 1fr auto; align-items: baseline; gap: 0 .5rem; }
.chart span { font-size: .8125rem; color: #c3d2d1; }
.chart b { font-variant-numeric: tabular-nums; font-weight: 600; }
.chart svg { grid-column: 1 / -1; width: 100%; height: 44px; fill: none; border-radius: 8px; background: rgb(255 255 255 / 6%); }
.chart polyline { stroke: var(--chart, #5ecbba); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.chart polygon { fill: var(--chart, #5ecbba); fill-opacity: .22; }
.chart.loss { --chart: #ff9d7a; }
.chart.roundTrip { --chart: #f5cf6b; }
.chart.sent { --chart: #8db8ff; }
#facts { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; font-size: .875rem; }
#facts dt { color: #c3d2d1; }
#facts dd { text-align: end; font-variant-numeric: tabular-nums; }

/* An incoming call: in the middle, or as a banner during another call. */
#incoming { position: absolute; inset: 0; display: grid; place-items: center; padding: 1.25rem; overflow: auto; }
.card { display: grid; justify-items: center; gap: 1.5rem; width: min(100%, 24rem); padding: 3rem 2rem 1.5rem;
  border-radius: calc(var(--radius) + 8px); text-align: center; background: var(--surface); border: 1px solid var(--line);
  box-shadow: 0 1px 2px rgb(0 0 0 / 10%), 0 18px 50px rgb(0 0 0 / 16%); animation: rise .35s ease-out; }
#incoming .avatar { width: 112px; height: 112px; font-size: 2.75rem; }
.incoming-who { min-width: 0; max-width: 100%; }
#incoming h2 { font-size: 1.625rem; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; overflow: hidden; unicode-bidi: isolate; }
#incoming-words { color: var(--soft); }
#incoming .controls { gap: 1rem 2rem; margin-top: .25rem; }
#incoming .round svg { width: 66px; height: 66px; padding: 19px; }
#accept-voice svg { background: rgb(128 128 128 / 24%) !important; }
#decline-more { width: 100%; }
#decline-more summary { padding: .625rem; color: var(--soft); font-size: .875rem; cursor: pointer; border-radius: 12px; }
#decline-more summary:hover { color: var(--ink); }
#decline-form { display: flex; gap: .5rem; padding-top: .5rem; }
#decline-form input { width: 100%; min-width: 0; min-height: 48px; padding: .625rem 1rem; border-radius: 14px;
  border: 1.5px solid var(--soft); background: var(--surface); }
#decline-form input::placeholder { color: var(--soft); opacity: 1; }
.quiet { min-height: 44px; padding: .5rem 1.125rem; border: 1px solid var(--line); border-radius: 999px; font-weight: 600; }
#incoming.banner { inset: 0 0 auto; z-index: 6; padding: calc(.75rem + env(safe-area-inset-top)) .75rem 0; overflow: visible;
  pointer-events: none; }
#incoming.banner .card { pointer-events: auto; grid-template-columns: auto minmax(0, 1fr) auto; align-items: center;
  gap: .25rem .875rem; width: min(100%, 36rem); padding: .75rem 1rem; border-radius: 22px; text-align: start; }
#incoming.banner .avatar { width: 48px; height: 48px; font-size: 1.25rem; }
#incoming.banner :is(.caption, #decline-more, #accept-voice) { display: none; }
#incoming.banner .avatar::before, #incoming.banner .avatar::after { display: none; }
#incoming.banner h2 { font-size: 1.0625rem; -webkit-line-clamp: 1; }
#incoming.banner #incoming-words { font-size: .8125rem; line-height: 1.35; }
#incoming.banner .controls { gap: .5rem; margin: 0; flex-wrap: nowrap; }
#incoming.banner .incoming-who { justify-self: start; }
#incoming.banner .round { min-width: 48px; }
#incoming.banner .round svg { width: 48px; height: 48px; padding: 13px; }

/* The end of the last call: a card over the page, which remains usable. */
#ended { position: fixed; z-index: 1000; inset: calc(.75rem + env(safe-area-inset-top)) 1rem auto; margin-inline: auto;
  width: min(100% - 2rem, 30rem); max-height: calc(100% - 2rem); overflow: auto; display: grid;
  grid-template-columns: auto minmax(0, 1fr); gap: .875rem 1rem; align-items: center; padding: 1.25rem;
  border-radius: var(--radius); background: var(--surface); border: 1px solid var(--line);
  box-shadow: 0 1px 2px rgb(0 0 0 / 10%), 0 18px 50px rgb(0 0 0 / 22%); animation: rise .35s ease-out; }
#ended .avatar { width: 56px; height: 56px; font-size: 1.375rem; }
#ended h2 { font-size: 1.125rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
#ended-reason { color: var(--soft); overflow-wrap: anywhere; text-wrap: pretty; }
.row { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .625rem; }
#ended .pill { min-height: 44px; padding: .5rem 1.25rem; font-size: 1rem; font-weight: 600; background: var(--ink);
  color: var(--surface); }
#ended .pill svg { width: 1.2em; height: 1.2em; }
:host([inline]) #ended { inset: 0; margin: auto; height: fit-content; }
@media (min-width: 52rem) {
  :host(:not([inline])) #ended { grid-template-columns: auto minmax(0, 1fr) auto; width: 46rem; padding: .75rem 1.25rem; }
  :host(:not([inline])) .row { grid-column: auto; flex-wrap: nowrap; }
}

@container ringback (max-width: 700px) {
  #call .controls { gap: .75rem 0; width: 100%; max-width: 30rem; }
  #call .controls > .round { flex: 1 0 48px; min-width: 0; }
  #call .round { font-size: .75rem; line-height: 1.2; }
  #call .round svg { width: 52px; height: 52px; padding: 14px; }
  #more { display: inline-flex; }
  .secondary { display: none; flex-basis: 100%; order: -1; justify-content: center; gap: .5rem; }
  .with-more .secondary { display: flex; flex-wrap: wrap; }
  .secondary .round { flex: 0 1 84px; min-width: 0; }
  #pip { height: clamp(64px, 24cqh, 128px); aspect-ratio: 3 / 4; }
  .card { padding-inline: 1rem; }
  #incoming .controls { gap: .75rem 1rem; }
}
@container ringback (max-width: 700px) and (min-height: 620px) {
  #more { display: none; }
  .secondary { display: flex; }
  #call .secondary .round svg { width: 44px; height: 44px; padding: 12px; }
}
@container ringback (max-width: 300px) {
  #call .round svg { width: 40px; height: 40px; padding: 10px; }
}
@container ringback (max-height: 480px) {
  .call-head { display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: .125rem .75rem;
    padding: calc(.375rem + env(safe-area-inset-top)) 1rem .375rem; }
  .call-head h2 { font-size: 1.125rem; }
  #call-words { min-height: 0; }
  .call-foot { padding-block: .375rem calc(.5rem + env(safe-area-inset-bottom)); }
  #call .caption, #incoming .caption, .with-more .notices { display: none; }
  #call .round svg { width: 44px; height: 44px; padding: 11px; }
  .pill.emoji { min-height: 32px; font-size: 1rem; }
  #incoming { padding: .5rem; }
  .card { gap: .5rem; padding: .75rem 1rem; }
  #incoming .avatar { width: 56px; height: 56px; font-size: 1.5rem; }
  #incoming h2 { font-size: 1.25rem; -webkit-line-clamp: 1; }
  #incoming .controls { margin: 0; }
  #incoming .round svg { width: 52px; height: 52px; padding: 14px; }
  #decline-more summary { padding: .25rem; }
}
@container ringback (max-height: 300px) {
  .peer .avatar { width: 48px; font-size: 1.25rem; }
  .with-more .call-head, .with-more .peer, #call .badge:not(#sharing) { display: none; }
  #call .controls { gap: .25rem 0; }
  .call-head, .call-foot { padding-block: .25rem; }
  #incoming .avatar, #decline-more { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition-duration: .01s !important; }
  .pulsing::before { box-shadow: 0 0 0 5px hsl(var(--hue) 50% 60% / 45%); }
  .pulsing::after { display: none; }
}
@media (forced-colors: active) { .round svg { border: 2px solid ButtonText; } }
`;

export const style = new CSSStyleSheet();
style.replaceSync(css);
