/**
 * Short messages at the edge of the page.
 *
 * Three at a time; the rest waits its turn and is counted. They lie above open dialogs and stay reachable in them. Their time stands
 * still while the pointer or the focus is on them, while the tab is hidden and while a dialog is open. Errors, messages with a button,
 * and all of them where the person has chosen so, stay until closed. What they say is read out by the page's two live regions, not by
 * the message itself. F8 leads to them, Esc back.
 *
 * @typedef {"success"|"info"|"warning"|"error"} ToastStatus
 * @typedef {object} ToastOptions
 * @property {string} [key]        a toast with the same key is replaced, in its place
 * @property {number} [duration]   ms; 0: stays
 * @property {{label: string, run: () => void}} [action]
 * @property {boolean} [persist]   stays until closed
 *
 * @typedef {{message: string, status: ToastStatus, options: ToastOptions}} Toast
 * @typedef {Toast & {box: HTMLElement, countdown: Countdown|null}} Shown
 */
import { announce } from "./announce.js";
import { clock } from "./clock.js";
import { Countdown } from "./countdown.js";
import { layer, leave, settle } from "./toast-layer.js";
import { t } from "./words.js";

const SHOWN_MAX = 3;
/** Long enough to read two lines. */
const DURATION_MS = 5000;
/** Waiting toasts; older ones are dropped, since nobody reads fifty. */
const WAITING_MAX = 50;
/** A toast that is replaced again and again, as by progress, is read out no more often than this. */
const SAY_AGAIN_MS = 5000;
const SIGNS = { success: "✓", info: "i", warning: "!", error: "✕" };
/** Where the browser remembers that its person wants messages to stay. */
const KEEP_KEY = "lockstep_keep_toasts";

/** @type {Toast[]} */ const waiting = [];
/** @type {Shown[]} */ const shown = [];
/** @type {Map<string, {status: string, at: number}>} */ const said = new Map();

/**
 * @param {string} message @param {ToastStatus} [status] @param {ToastOptions} [options]
 */
export function showToast(message, status = "info", options = {}) {
  const toast = { message, status: status in SIGNS ? status : "info", options };
  say(toast);
  if (!replace(toast)) waiting.push(toast);
  if (waiting.length > WAITING_MAX) waiting.shift();
  next();
}

/** @param {Toast} toast */
function say({ message, status, options: { key } }) {
  const before = key ? said.get(key) : undefined;
  if (before?.status === status && clock.now() - before.at < SAY_AGAIN_MS) return;
  if (key) said.set(key, { status, at: clock.now() });
  announce(message, status === "error");
}

/** Puts it in the place of the one with its key, shown or waiting. @param {Toast} toast @returns {boolean} */
function replace(toast) {
  const { key } = toast.options;
  if (!key) return false;
  const waits = waiting.findIndex(({ options }) => options.key === key);
  if (waits >= 0) waiting[waits] = toast;
  const at = shown.findIndex(({ options }) => options.key === key);
  if (at < 0) return waits >= 0;
  const old = shown[at];
  const focused = old.box.contains(document.activeElement);
  old.countdown?.stop();
  shown[at] = made(toast);
  old.box.replaceWith(shown[at].box);
  if (focused) shown[at].box.querySelector("button")?.focus();
  return true;
}

function next() {
  const place = layer(hold);
  for (const toast of waiting.splice(0, SHOWN_MAX - shown.length)) {
    shown.push(made(toast));
    place.insertBefore(shown[shown.length - 1].box, place.querySelector(".toast-more"));
  }
  more(place);
  settle(place, shown.length > 0);
  hold();
}

/** Time stands still, or goes on. */
function hold() {
  const place = layer(hold);
  const held = document.hidden || place.matches(":hover, :focus-within") || document.querySelector("dialog:modal") !== null;
  for (const { countdown } of shown) countdown?.hold(held);
}

/** How many wait. @param {HTMLElement} place */
function more(place) {
  const line = place.querySelector(".toast-more") ?? place.appendChild(part("p", "toast-more", ""));
  /** @type {HTMLElement} */ (line).hidden = waiting.length === 0;
  line.textContent = waiting.length > 0 ? t("toast.more", { count: waiting.length }) : "";
}

/** @param {Toast} toast @returns {Shown} */
function made(toast) {
  const { options, status } = toast;
  const box = element(toast, (event, then) => close(box, event, then));
  const stays = options.persist || options.action || status === "error" || options.duration === 0 || keepToasts();
  return { ...toast, box, countdown: stays ? null : new Countdown(options.duration ?? DURATION_MS, () => close(box), clock) };
}

/** Whether messages stay until they are closed: the person's own setting in this browser. */
export const keepToasts = () => storage()?.getItem(KEEP_KEY) === "1";

/** @param {boolean} keep */
export function setKeepToasts(keep) {
  if (keep) storage()?.setItem(KEEP_KEY, "1");
  else storage()?.removeItem(KEEP_KEY);
}

/** Storage may be forbidden by the browser's settings. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** @param {Toast} toast @param {(event: MouseEvent, then?: () => void) => void} end */
function element({ message, status, options }, end) {
  const box = document.createElement("div");
  box.className = `notice notice-${status}`;
  if (options.key) box.dataset.key = options.key;
  const sign = part("span", "notice-sign", SIGNS[status]);
  sign.setAttribute("aria-hidden", "true");
  box.append(sign, part("span", "notice-text", message));
  if (options.action) box.append(button(options.action.label, (event) => end(event, options.action?.run)));
  const closer = button("✕", end);
  closer.setAttribute("aria-label", t("action.close"));
  closer.classList.add("notice-close");
  box.append(closer);
  return box;
}

/** @param {string} tag @param {string} name @param {string} text */
function part(tag, name, text) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = text;
  return node;
}

/** @param {string} label @param {(event: MouseEvent) => void} run */
function button(label, run) {
  const node = /** @type {HTMLButtonElement} */ (part("button", "notice-button", label));
  node.type = "button";
  node.addEventListener("click", (event) => run(event));
  return node;
}

/** @param {HTMLElement} box @param {MouseEvent} [event] @param {() => void} [then] */
function close(box, event, then) {
  const at = shown.findIndex((toast) => toast.box === box);
  if (at < 0) return;
  const focused = box.contains(document.activeElement);
  shown.splice(at, 1)[0].countdown?.stop();
  box.remove();
  then?.();
  next();
  if (focused) pass(at, event?.detail === 0);
}

/** The focus goes on to the message that took the place, by keyboard; or back to where it came from. @param {number} at @param {boolean} keyboard */
function pass(at, keyboard) {
  const heir = shown[Math.min(at, shown.length - 1)]?.box.querySelector(".notice-close");
  if (keyboard && heir instanceof HTMLElement) heir.focus();
  else leave();
}
