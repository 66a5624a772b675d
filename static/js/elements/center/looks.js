/**
 * Colours and buttons that the center's parts share. They follow the page they are on: ours by its custom properties, one with
 * Bootstrap by Bootstrap's, any other by the system's colours.
 */
import { css } from "lit";

export const looks = css`
  :host {
    --c-text: var(--bs-body-color, CanvasText);
    --c-quiet: var(--bs-secondary-color, light-dark(#4c5663, #b6c0cd));
    --c-surface: var(--surface, var(--bs-body-bg, Canvas));
    --c-hover: var(--surface-2, var(--bs-tertiary-bg, light-dark(#eef1f6, #262d37)));
    --c-edge: var(--bs-border-color, light-dark(#dce0e7, #3a4350));
    --c-field: var(--field-border, light-dark(#767f8d, #8a94a3));
    --c-accent: var(--accent, light-dark(#2f5bea, #86a2ff));
    --c-ok: var(--ok, light-dark(#147a4a, #6fd6a2));
    --c-warn: var(--warn, light-dark(#8f5600, #f0b95a));
    --c-bad: var(--bad, light-dark(#b3202f, #ff8f98));
  }
  * { box-sizing: border-box; }
  button, a.button { display: inline-flex; align-items: center; justify-content: center; gap: 0.375rem; min-width: 1.75rem; min-height: 1.75rem; padding: 0.125rem 0.5rem; font: inherit; font-size: 0.875rem;
    color: var(--c-text); background: var(--c-surface); border: 1px solid var(--c-field); border-radius: 0.5rem; text-decoration: none; cursor: pointer; }
  button:hover, a.button:hover { background: var(--c-hover); }
  :focus-visible { outline: 2px solid var(--c-accent); outline-offset: 2px; }
  a { color: var(--bs-link-color, var(--c-accent)); }
  .shape { width: 1em; height: 1em; fill: currentcolor; flex: none; }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  [hidden] { display: none !important; }
`;
