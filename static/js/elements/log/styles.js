/** The looks of `<log-stream>`: colours are those of the page around it where it has ours, else the system's. */
import { css } from "lit";

export const styles = css`
  :host { display: flex; flex-direction: column; position: relative; height: 28rem; min-height: 16rem; box-sizing: border-box; overflow: hidden; font-size: 0.875rem; line-height: 1.4;
    color: var(--bs-body-color, CanvasText); background: var(--surface, Canvas); border: 1px solid var(--bs-border-color, GrayText); border-radius: 0.625rem;
    --line: var(--field-border, GrayText); --quiet: var(--bs-secondary-color, color-mix(in srgb, CanvasText 70%, Canvas)); --soft: var(--accent-soft, color-mix(in srgb, Highlight 25%, Canvas));
    --red: var(--bad, light-dark(#b3202f, #ff8f98)); --amber: var(--warn, light-dark(#8f5600, #f0b95a)); --green: var(--ok, light-dark(#147a4a, #6fd6a2)); --panel: var(--surface-2, color-mix(in srgb, CanvasText 6%, Canvas)); }
  :host([hidden]) { display: none; }
  *, ::before, ::after { box-sizing: border-box; }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .icon { width: 1em; height: 1em; fill: currentcolor; flex: none; }
  button, select, input, .tool { font: inherit; color: inherit; }
  :focus-visible { outline: 2px solid var(--accent, Highlight); outline-offset: -2px; }

  .bar, .foot { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.5rem; padding: 0.5rem 0.625rem; }
  .bar { border-bottom: 1px solid var(--bs-border-color, GrayText); }
  .foot { border-top: 1px solid var(--bs-border-color, GrayText); padding-block: 0.25rem; font-size: 0.8125rem; color: var(--quiet); gap: 0.25rem 0.875rem; }
  .tools, .looks { display: flex; flex-wrap: wrap; gap: 0.375rem; margin-inline-start: auto; }
  .looks { gap: 0.25rem 0.75rem; align-items: center; }
  .tool, select, .field { min-height: 2rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface, Canvas); padding: 0.125rem 0.5rem; }
  .tool { display: inline-flex; align-items: center; gap: 0.375rem; text-decoration: none; cursor: pointer; }
  .tool:hover { background: var(--panel); }
  .tool[aria-pressed="true"] { background: var(--soft); font-weight: 650; }
  .foot select { min-height: 1.5rem; padding-block: 0; }
  .field { min-width: 0; width: 7.5rem; }
  .field[aria-invalid="true"] { border-color: var(--red); }
  .text { display: inline-flex; flex: 1 1 10rem; max-width: 22rem; gap: 0.25rem; }
  .text .field { flex: 1; }
  .types { display: inline-flex; border: 1px solid var(--line); border-radius: 0.5rem; overflow: hidden; min-width: 0; }
  .types label { position: relative; display: inline-flex; align-items: center; min-height: 1.875rem; padding: 0 0.625rem; cursor: pointer; }
  .types input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
  .types label:has(:checked) { background: var(--soft); font-weight: 650; }
  .types label:has(:focus-visible) { outline: 2px solid var(--accent, Highlight); outline-offset: -2px; }
  .refusal, .banner { margin: 0; padding: 0.375rem 0.75rem; border-inline-start: 3px solid var(--red); background: var(--panel); }
  .banner { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.625rem; border-color: var(--accent, Highlight); }
  .banner strong { flex: 1 1 10rem; }
  .toggle { display: inline-flex; align-items: center; gap: 0.3125rem; min-height: 1.5rem; cursor: pointer; }
  .toggle input { width: 1rem; height: 1rem; margin: 0; accent-color: var(--accent, auto); }
  .state { display: inline-flex; align-items: center; gap: 0.375rem; color: var(--bs-body-color, CanvasText); }
  .dot { width: 0.5rem; height: 0.5rem; border-radius: 50%; box-shadow: inset 0 0 0 2px var(--amber); }
  .live .dot { box-shadow: none; background: var(--green); }
  .ended .dot { box-shadow: none; background: var(--red); border-radius: 2px; }

  .stage { position: relative; flex: 1; min-height: 0; display: flex; flex-direction: column; }
  .sight { position: relative; flex: 1; min-height: 0; display: flex; }
  .rows { flex: 1; min-height: 0; overflow: auto; overflow-anchor: none; overscroll-behavior: contain; padding-block: 0.25rem; font-family: ui-monospace, "DejaVu Sans Mono", "Cascadia Mono", Menlo, Consolas, monospace; font-size: 0.8125rem; }
  .row { display: flex; gap: 0.75ch; align-items: baseline; min-height: 1.625rem; padding: 0.0625rem 0.625rem; border-inline-start: 3px solid transparent; white-space: nowrap; cursor: pointer; }
  .block { content-visibility: auto; }
  .window .row { height: 1.625rem; overflow: hidden; }
  .row:hover { background: var(--panel); }
  .row[data-chosen], .row[data-target] { background: var(--soft); border-color: var(--accent, Highlight); }
  .time { flex: none; min-height: 1.5rem; padding: 0; border: 0; background: none; color: var(--quiet); cursor: pointer; }
  .row .level { flex: none; width: 8ch; font-weight: 650; }
  .type { flex: none; width: 5ch; color: var(--quiet); }
  .row .source { flex: none; width: 13ch; overflow: hidden; text-overflow: ellipsis; color: var(--quiet); }
  .row .message { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; unicode-bidi: isolate; }
  :host([wrap]) .row:not(.window *) .message { white-space: pre-wrap; overflow-wrap: anywhere; }
  .row[data-chosen] :is(.time, .type, .source), .row[data-target] :is(.time, .type, .source) { color: inherit; }
  .debug .level { color: var(--quiet); }
  .info .level { color: var(--bs-link-color, LinkText); }
  .warning .level { color: var(--amber); }
  .error .level, .critical .level { color: var(--red); }
  .row:is(.error, .critical):not([data-chosen], [data-target]) { border-color: var(--red); }
  .critical .level { text-decoration: underline; }
  .row.gap { color: var(--amber); cursor: default; justify-content: center; font-weight: 600; }
  .row.gap span { overflow: hidden; text-overflow: ellipsis; }
  .row.gap::before, .row.gap::after { content: ""; flex: 1; min-width: 1rem; align-self: center; border-top: 1px dashed currentcolor; }
  .empty { padding: 1.5rem 1rem; text-align: center; color: var(--quiet); font-family: system-ui, sans-serif; font-size: 0.9375rem; }
  .empty p { margin: 0 0 0.75rem; overflow-wrap: anywhere; }
  .news { position: absolute; inset-inline-end: 1.25rem; bottom: 0.625rem; min-height: 2rem; padding: 0.125rem 0.875rem; border: 1px solid var(--accent, Highlight); border-radius: 1rem; cursor: pointer;
    background: var(--soft); color: var(--bs-body-color, CanvasText); box-shadow: var(--shadow, 0 1px 4px rgb(0 0 0 / 30%)); }

  .details { max-height: 55%; flex: none; overflow: auto; border-top: 1px solid var(--bs-border-color, GrayText); background: var(--panel); padding: 0.5rem 0.75rem 0.75rem; }
  .details-head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem; }
  .details-head strong { flex: 1; white-space: nowrap; }
  pre { margin: 0.5rem 0; font-size: 0.8125rem; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
  dl { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 0; }
  dt { font-size: 0.75rem; color: var(--quiet); }
  dd { margin: 0; overflow-wrap: anywhere; }
  .metadata { margin-top: 0.5rem; font-size: 0.75rem; color: var(--quiet); }
  .metadata pre { margin-block: 0.125rem 0; color: var(--bs-body-color, CanvasText); }
  .by-hand { width: 100%; margin-top: 0.375rem; }

  @media (max-width: 40rem) {
    .row .source, .row .type { display: none; }
    .tools .tool span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .row .level { width: auto; }
    .field { flex: 1 1 7rem; }
    .tool { min-width: 2rem; justify-content: center; }
    .details { position: absolute; inset: auto 0 0; max-height: 80%; z-index: 1; box-shadow: 0 -6px 20px rgb(10 15 25 / 25%); }
  }
`;
