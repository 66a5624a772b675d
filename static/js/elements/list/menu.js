/** A button with a sheet under it: the browser's own popover, placed by us, since not every browser places it. */
import { html } from "lit";

/** @type {Map<string, string>} */ const ids = new Map();

/** @param {string} label @param {unknown} sign @param {unknown} content */
export function menu(label, sign, content) {
  const id = ids.get(label) ?? `menu-${ids.size + 1}`;
  ids.set(label, id);
  return html`
    <button class="btn btn-sm btn-plain" popovertarget=${id} data-menu aria-label=${label}>${sign} <span class="word">${label}</span></button>
    <div popover id=${id} class="menu" aria-label=${label} @toggle=${place}><div class="menu-sheet">${content}</div></div>`;
}

/** Under its button, within the window. @param {any} event */
function place({ target, newState }) {
  if (newState !== "open") return;
  const sheet = /** @type {HTMLElement} */ (target);
  const button = /** @type {HTMLElement} */ (sheet.previousElementSibling).getBoundingClientRect();
  const left = Math.max(8, Math.min(button.left, innerWidth - sheet.offsetWidth - 8));
  sheet.style.setProperty("left", `${left}px`);
  sheet.style.setProperty("top", `${Math.min(button.bottom + 4, innerHeight - sheet.offsetHeight - 8)}px`);
}
