/**
 * Short messages at the edge of the page.
 *
 * Three at a time, the rest waits its turn. They lie above open dialogs and stay reachable in them; their timers stop while the
 * pointer or the focus is on them or the tab is hidden. Errors and messages with a button stay until closed. What they say is read
 * out by the page's two live regions, not by the toast itself.
 *
 * @typedef {"success"|"info"|"warning"|"error"} ToastStatus
 * @typedef {object} ToastOptions
 * @property {string} [key]        a toast with the same key is replaced
 * @property {number} [duration]   ms; 0: stays
 * @property {{label: string, run: () => void}} [action]
 * @property {boolean} [persist]   stays until closed
 */
import { t } from "./words.js";

const SHOWN_MAX = 3;
/** Long enough to read two lines. */
const DURATION_MS = 5000;
/** Waiting toasts; older ones are dropped, since nobody reads fifty. */
const WAITING_MAX = 50;
const SIGNS = { success: "✓", info: "i", warning: "!", error: "✕" };

/** @typedef {{message: string, status: ToastStatus, options: ToastOptions}} Toast */
/** @type {Toast[]} */ const waiting = [];
/** @type {HTMLElement|null} */ let layer = null;

/**
 * @param {string} message @param {ToastStatus} [status] @param {ToastOptions} [options]
 */
export function showToast(message, status = "info", options = {}) {
  announce(message, status === "error");
  const shown = options.key ? findShown(options.key) : null;
  shown?.remove();
  waiting.push({ message, status: status in SIGNS ? status : "info", options });
  if (waiting.length > WAITING_MAX) waiting.shift();
  next();
}

/** Says it to those who listen to the page. @param {string} message @param {boolean} [urgent] */
export function announce(message, urgent = false) {
  const region = document.getElementById(urgent ? "assertive" : "polite");
  if (region) region.textContent = message;
}

function next() {
  const place = toastLayer();
  while (waiting.length > 0 && place.childElementCount < SHOWN_MAX) place.append(element(/** @type {Toast} */ (waiting.shift())));
  lift(place);
}

/** The layer closes when there is nothing to say. Otherwise: into the topmost open dialog, or it would be inert beneath it. @param {HTMLElement} place */
function lift(place) {
  const dialogs = document.querySelectorAll("dialog:modal");
  const home = dialogs[dialogs.length - 1] ?? document.body;
  if (place.parentElement !== home) home.append(place);
  const open = place.matches(":popover-open");
  if (place.childElementCount > 0 && !open) place.showPopover();
  if (place.childElementCount === 0 && open) place.hidePopover();
}

function toastLayer() {
  if (!layer?.isConnected) {
    layer = document.createElement("section");
    layer.className = "toast-layer";
    layer.setAttribute("popover", "manual");
    layer.setAttribute("aria-label", t("toast.region"));
    document.body.append(layer);
    for (const name of ["toggle", "close"]) document.addEventListener(name, (event) => event.target instanceof HTMLDialogElement && next(), true);
  }
  return layer;
}

/** @param {string} key */
function findShown(key) {
  return [...(layer?.children ?? [])].find((toast) => /** @type {HTMLElement} */ (toast).dataset.key === key) ?? null;
}

/** @param {Toast} toast */
function element({ message, status, options }) {
  const box = document.createElement("div");
  box.className = `notice notice-${status}`;
  if (options.key) box.dataset.key = options.key;
  box.append(part("span", "notice-sign", SIGNS[status]), part("span", "notice-text", message));
  if (options.action) box.append(button(options.action.label, () => close(box, options.action?.run)));
  const closer = button("✕", () => close(box));
  closer.setAttribute("aria-label", t("action.close"));
  closer.classList.add("notice-close");
  box.append(closer);
  const stays = options.persist || options.action || status === "error" || options.duration === 0;
  if (!stays) expire(box, options.duration ?? DURATION_MS);
  return box;
}

/** @param {string} tag @param {string} name @param {string} text */
function part(tag, name, text) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = text;
  return node;
}

/** @param {string} label @param {() => void} run */
function button(label, run) {
  const node = /** @type {HTMLButtonElement} */ (part("button", "notice-button", label));
  node.type = "button";
  node.addEventListener("click", run);
  return node;
}

/** @param {HTMLElement} box @param {() => void} [then] */
function close(box, then) {
  box.remove();
  then?.();
  next();
}

/** @param {HTMLElement} box @param {number} duration */
function expire(box, duration) {
  const end = () => {
    if (document.hidden || box.matches(":hover, :focus-within")) setTimeout(end, 1000);
    else close(box);
  };
  setTimeout(end, duration);
}
