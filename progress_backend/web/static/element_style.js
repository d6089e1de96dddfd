// The look of <task-progress>, as a sheet that a strict Content-Security-Policy lets in. Custom
// properties: --task-progress-color, -track, -ink, -soft, -height, -radius.
export const STYLE = `
:host {
  display: block; container-type: inline-size; min-width: 0; line-height: 1.4; text-align: start;
  --color: var(--task-progress-color, light-dark(#1666cf, #6cabff));
  --ink: var(--task-progress-ink, inherit);
  --soft: var(--task-progress-soft, color-mix(in srgb, currentColor 72%, transparent));
  --track: var(--task-progress-track, color-mix(in srgb, currentColor 15%, transparent));
}
:host([hidden]), [hidden] { display: none !important; }
:host([data-status="completed"]) { --color: var(--task-progress-completed, light-dark(#187546, #57c28c)); }
:host([data-status="error"]) { --color: var(--task-progress-error, light-dark(#c02d28, #ff7f76)); }
:host([data-status="paused"]) { --color: var(--task-progress-paused, light-dark(#8a5d00, #e2b23f)); }
:host([data-status="cancelled"]) { --color: var(--task-progress-cancelled, light-dark(#75508f, #c6a0de)); }
:host([data-status="created"]) { --color: var(--task-progress-created, light-dark(#5c6570, #9aa3ae)); }
[part="head"], [part="foot"] { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1em; color: var(--ink); }
[part="name"] { font-weight: 600; overflow-wrap: anywhere; unicode-bidi: isolate; }
[part="status"] { color: var(--color); font-weight: 600; font-size: .9em; }
[part="bar"] { height: var(--task-progress-height, .5em); margin: .3em 0; border-radius: var(--task-progress-radius, .25em); background: var(--track); overflow: hidden; }
[part="fill"] { display: block; height: 100%; border-radius: inherit; background: var(--color); transition: width .4s ease-out; }
[data-unknown] [part="fill"] { width: 35%; animation: to-and-fro 2.4s ease-in-out infinite alternate; }
@keyframes to-and-fro { from { margin-inline-start: 0; } to { margin-inline-start: 65%; } }
[part="foot"] { font-size: .9em; font-variant-numeric: tabular-nums; }
[part="time"] { color: var(--soft); }
p { margin: .15em 0 0; overflow-wrap: anywhere; unicode-bidi: plaintext; }
[part="message"] { color: var(--soft); }
[part="problem"] { color: var(--color); }
[part="note"] { color: var(--soft); font-size: .9em; }
:host([data-state="stale"]) [part="fill"] { opacity: .55; animation-play-state: paused; }
[part="acts"] { display: flex; gap: .5em; margin-top: .4em; }
[part="acts"]:not(:has(> :not([hidden]))) { display: none; }
button { font: inherit; font-size: .9em; min-height: 1.9em; padding: .1em .8em; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: .4em; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--color); outline-offset: 2px; }
button:disabled { opacity: .6; cursor: default; }
.spoken { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
@media (prefers-reduced-motion: reduce) { [part="fill"] { transition: none; animation: none !important; } }
@media (forced-colors: active) {
  [part="bar"] { border: 1px solid CanvasText; }
  [part="fill"] { background: Highlight; forced-color-adjust: none; }
}
`;
