/** How `<ringback-call>` looks. The host page sets `--ringback-…` properties and styles parts. */

const css = `
:host {
  --accent: var(--ringback-accent, #0b6a62);
  --surface: var(--ringback-surface, Canvas);
  --ink: var(--ringback-ink, CanvasText);
  --soft: var(--ringback-soft, color-mix(in srgb, var(--ink) 72%, var(--surface)));
  --line: var(--ringback-line, color-mix(in srgb, var(--ink) 18%, var(--surface)));
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
  border: 0; background: none; color: inherit; overflow: hidden; }
#overlay::backdrop { background: color-mix(in srgb, var(--surface) 72%, transparent); backdrop-filter: blur(14px); }
:host([inline]) { display: block; position: relative; min-height: 20rem; }
:host([inline]) #overlay { position: absolute; border-radius: var(--radius); }

.avatar { --hue: 180; flex: none; display: grid; place-items: center; width: 44px; height: 44px; border-radius: 50%;
  background: linear-gradient(145deg, hsl(var(--hue) 44% 36%), hsl(calc(var(--hue) + 28) 48% 26%)); color: #fff;
  font-weight: 650; line-height: 1; user-select: none; position: relative; }
.pulsing::before, .pulsing::after { content: ""; position: absolute; inset: 0; border-radius: 50%;
  box-shadow: 0 0 0 2px hsl(var(--hue) 50% 60% / 70%); animation: ripple 2.6s cubic-bezier(.2, .6, .4, 1) infinite; }
.pulsing::after { animation-delay: 1.3s; }
@keyframes ripple { from { transform: scale(1); opacity: .9; } to { transform: scale(1.5); opacity: 0; } }
@keyframes rise { from { transform: translateY(14px); opacity: 0; } }

/* A call: dark in both schemes, as a cinema is. */
#call { position: absolute; inset: 0; overflow: hidden; display: grid; grid-template-rows: auto 1fr auto;
  background: var(--stage); color: #fff; --focus: #fff; }
#not_my, #their-screen { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover;
  background: transparent; opacity: 0; transition: opacity .4s, filter .4s; }
#call.with-picture #not_my, #call.with-screen #their-screen { opacity: 1; }
#call.with-screen #their-screen { object-fit: contain; background: #0a1416; padding-block: 8.75rem 8.5rem; }
#call.with-screen #not_my { inset: auto auto 1.5rem 1.5rem; inset-inline: 1.5rem auto; width: clamp(120px, 14vw, 220px);
  height: auto; aspect-ratio: 16 / 10; border-radius: 16px; z-index: 1; box-shadow: 0 0 0 1.5px rgb(255 255 255 / 22%); }
#call.interrupted video { filter: brightness(.45) saturate(.6); }
.peer { position: absolute; inset: 0; display: grid; place-items: center; padding-bottom: 4vh; transition: opacity .4s;
  pointer-events: none; }
.peer .avatar { width: clamp(112px, 20vmin, 176px); height: clamp(112px, 20vmin, 176px);
  font-size: clamp(2.75rem, 8vmin, 4.5rem); box-shadow: 0 18px 50px rgb(0 0 0 / 35%); }
#call.with-picture .peer, #call.with-screen .peer { opacity: 0; }
.call-head, .call-foot { position: relative; display: grid; justify-items: center; gap: .375rem; text-align: center; }
.call-head { padding: calc(1.25rem + env(safe-area-inset-top)) 1.5rem 2.5rem;
  background: linear-gradient(rgb(4 12 14 / 76%), rgb(4 12 14 / 60%) 70%, transparent); }
.call-head h2 { max-width: 100%; font-size: 1.5rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  text-shadow: 0 1px 3px rgb(0 0 0 / 50%); unicode-bidi: isolate; }
#call-words { min-height: 1.5em; color: #e6eeed; font-variant-numeric: tabular-nums;
  text-shadow: 0 1px 3px rgb(0 0 0 / 60%); text-wrap: balance; }
.call-foot { grid-row: 3; gap: .75rem; padding: 3rem 1.25rem calc(1.5rem + env(safe-area-inset-bottom));
  background: linear-gradient(transparent, rgb(4 12 14 / 55%) 35%, rgb(4 12 14 / 72%)); }

.badge, .pill { display: inline-flex; align-items: center; gap: .4rem; padding: .3125rem .875rem; border-radius: 999px;
  background: rgb(6 16 18 / 80%); font-size: .875rem; color: #fff; max-width: 100%; }
.badge svg { width: 1.05rem; height: 1.05rem; }
.badge button { min-height: 32px; padding: 0 .75rem; border-radius: 999px; background: #fff; color: #10211f; font-weight: 600; }
.pill { min-height: 40px; }
.pill.emoji { font-size: 1.25rem; letter-spacing: .25em; padding-inline-end: .6rem; }
.pill.emoji:hover { background: rgb(6 16 18 / 92%); }
.pill.light { min-height: 44px; padding: .5rem 1.25rem; font-weight: 600; background: #fff; color: #10211f; }

.controls { display: flex; flex-wrap: wrap; justify-content: center; gap: .75rem clamp(.625rem, 2.4vw, 1.5rem); }
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

#media-notice { display: flex; align-items: start; gap: .5rem; max-width: 32rem; padding: .625rem .625rem .625rem 1.125rem;
  border-radius: 16px; background: rgb(6 16 18 / 88%); font-size: .875rem; line-height: 1.45; text-align: start; }
#media-notice p { padding-block: .3rem; }
.close { display: grid; place-items: center; flex: none; width: 36px; height: 36px; padding: 0; border-radius: 50%; }
.close:hover { background: rgb(255 255 255 / 14%); }

#pip { position: absolute; z-index: 1; inset-inline-end: 1.5rem; bottom: calc(1.5rem + env(safe-area-inset-bottom));
  width: clamp(160px, 17vw, 250px); aspect-ratio: 16 / 10; border-radius: 18px; overflow: hidden; background: #22393d;
  box-shadow: 0 0 0 1.5px rgb(255 255 255 / 22%), 0 14px 40px rgb(0 0 0 / 40%); }
#my { display: block; width: 100%; height: 100%; object-fit: cover; transform: scaleX(-1); }
#pip-words { position: absolute; inset: 0; display: none; place-items: center; padding: .5rem; font-size: .8125rem;
  text-align: center; color: #dbe7e5; }
#pip.without-picture #my { opacity: 0; }
#pip.without-picture #pip-words { display: grid; }

/* Sheets beside the picture: safety, devices, quality. */
#sheets { position: absolute; z-index: 2; inset-block: calc(1rem + env(safe-area-inset-top)) 8rem; inset-inline-end: 1rem;
  width: min(21rem, calc(100vw - 2rem)); display: flex; flex-direction: column; gap: .75rem; overflow: auto;
  pointer-events: none; padding: 4px; }
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
.chart polygon { fill: color-mix(in srgb, var(--chart, #5ecbba) 22%, transparent); }
.chart.loss { --chart: #ff9d7a; }
.chart.roundTrip { --chart: #f5cf6b; }
.chart.sent { --chart: #8db8ff; }
#facts { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; font-size: .875rem; }
#facts dt { color: #c3d2d1; }
#facts dd { text-align: end; font-variant-numeric: tabular-nums; }

/* Somebody calls: alone in the middle, or as a banner over a call. */
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
#accept-voice svg { background: color-mix(in srgb, var(--ink) 12%, var(--surface)) !important; }
#decline-more { width: 100%; }
#decline-more summary { padding: .625rem; color: var(--soft); font-size: .875rem; cursor: pointer; border-radius: 12px; }
#decline-more summary:hover { color: var(--ink); }
#decline-form { display: flex; gap: .5rem; padding-top: .5rem; }
#decline-form input { width: 100%; min-width: 0; min-height: 48px; padding: .625rem 1rem; border-radius: 14px;
  border: 1.5px solid var(--soft); background: var(--surface); }
#decline-form input::placeholder { color: var(--soft); opacity: 1; }
.quiet { min-height: 44px; padding: .5rem 1.125rem; border: 1px solid var(--line); border-radius: 999px; font-weight: 600; }
#incoming.banner { inset: 0 0 auto; z-index: 3; padding: calc(.75rem + env(safe-area-inset-top)) .75rem 0; overflow: visible;
  pointer-events: none; }
#incoming.banner .card { pointer-events: auto; grid-template-columns: auto minmax(0, 1fr) auto; align-items: center;
  gap: .25rem .875rem; width: min(100%, 36rem); padding: .75rem 1rem; border-radius: 22px; text-align: start; }
#incoming.banner .avatar { width: 48px; height: 48px; font-size: 1.25rem; }
#incoming.banner :is(.avatar::before, .avatar::after, .caption, #decline-more, #accept-voice) { display: none; }
#incoming.banner .avatar::before, #incoming.banner .avatar::after { display: none; }
#incoming.banner h2 { font-size: 1.0625rem; -webkit-line-clamp: 1; }
#incoming.banner #incoming-words { font-size: .8125rem; line-height: 1.35; }
#incoming.banner .controls { gap: .5rem; margin: 0; flex-wrap: nowrap; }
#incoming.banner .incoming-who { justify-self: start; }
#incoming.banner .round { min-width: 48px; }
#incoming.banner .round svg { width: 48px; height: 48px; padding: 13px; }

@media (max-width: 46rem) {
  #pip { width: 96px; aspect-ratio: 3 / 4; inset-inline-end: 1rem; bottom: calc(15rem + env(safe-area-inset-bottom)); }
  .peer { padding-bottom: 12vh; }
  #call .controls { gap: .75rem .25rem; max-width: 22rem; }
  #call .round { min-width: 74px; }
  #call .round svg { width: 52px; height: 52px; padding: 14px; }
  #sheets { inset-block: auto calc(14.5rem + env(safe-area-inset-bottom)); max-height: calc(100% - 17rem); }
  #call.with-screen #their-screen { padding-block: 9rem 15rem; }
  #call.with-screen #not_my { inset-block-end: calc(15rem + env(safe-area-inset-bottom)); width: 96px; }
}
@media (max-height: 30rem) {
  .call-head { padding-block: .5rem 1rem; }
  .call-foot { padding-block: .75rem .5rem; }
  .caption { display: none; }
  .round svg { width: 46px; height: 46px; padding: 12px; }
  .peer .avatar { width: 72px; height: 72px; font-size: 2rem; }
  #pip { bottom: .75rem; width: 130px; aspect-ratio: 16 / 10; }
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
