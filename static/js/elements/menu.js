/** A button with a small panel under it. The browser opens and closes it; here it only finds its place. */
import { html } from "lit";
import { icon } from "./icon.js";

/** Between the button and its panel, and between the panel and the edge of the window, px. */
const GAP = 6;

/**
 * @param {object} menu
 * @param {string} menu.id       of the panel, once on the page
 * @param {string} menu.label    what the button is for
 * @param {unknown} menu.face    what the button shows
 * @param {unknown} menu.panel
 * @param {string} [menu.look]   further classes of the button
 */
export const menu = ({ id, label, face, panel, look = "" }) => html`
  <button type="button" class="btn btn-sm btn-plain ${look}" popovertarget=${id} aria-label=${label} title=${label}>${face}</button>
  <div id=${id} popover class="menu" @toggle=${opened}><div class="menu-panel">${panel}</div></div>`;

/** @param {string} [word] */
export const arrow = (word = "") => html`${word}${icon("chevron-down")}`;

/** Under its button, within the window. Anchors would do it, where browsers have them. @param {any} event */
function opened(event) {
  if (event.newState !== "open") return;
  const panel = /** @type {HTMLElement} */ (event.target);
  const button = /** @type {HTMLElement} */ (panel.previousElementSibling).getBoundingClientRect();
  panel.style.setProperty("top", `${button.bottom + GAP}px`);
  panel.style.setProperty("right", `${Math.max(GAP, document.documentElement.clientWidth - button.right)}px`);
}

/** Closes the panel that a control is in. @param {Event} event */
export const closeMenu = (event) => /** @type {HTMLElement} */ (event.currentTarget).closest("[popover]")?.matches(":popover-open") && /** @type {any} */ (event.currentTarget).closest("[popover]").hidePopover();
