/**
 * Short messages at the edge of a page.
 *
 * Three at a time; the rest waits its turn and is counted. They lie above open dialogs and stay reachable in them. Their time stands
 * still while the pointer or the focus is on them, while the tab is hidden and while a dialog is open. Errors, messages with a button,
 * and all of them where the person has chosen so, stay until closed. What they say is read out by live regions, not by the message
 * itself. F8 leads to them, Esc back.
 *
 * The page has one of these, {@link import("./toast.js")}; `<notification-center>` on a page that is not ours has its own.
 *
 * @typedef {"success"|"info"|"warning"|"error"} ToastStatus
 * @typedef {object} ToastOptions
 * @property {string} [key]        a toast with the same key is replaced, in its place
 * @property {number} [duration]   ms; 0: stays
 * @property {{label: string, run: () => void}} [action]
 * @property {boolean} [persist]   stays until closed
 * @property {() => void} [open]   its text can be pressed, and leads somewhere
 *
 * @typedef {{message: string, status: ToastStatus, options: ToastOptions}} Toast
 * @typedef {Toast & {box: HTMLElement, countdown: Countdown|null}} Shown
 *
 * @typedef {object} Ports
 * @property {(change: () => void) => import("./toast-layer.js").ToastLayer} layer   made when it is first needed
 * @property {{more: (count: number) => string, close: () => string}} words
 * @property {(message: string, urgent: boolean) => void} say
 * @property {() => boolean} keep                                                    whether all stay until closed
 * @property {import("./clock.js").Clock} clock
 */
import { Countdown } from "./countdown.js";

const SHOWN_MAX = 3;
/** Long enough to read two lines. */
const DURATION_MS = 5000;
/** Waiting toasts; older ones are dropped, since nobody reads fifty. */
const WAITING_MAX = 50;
/** A toast that is replaced again and again, as by progress, is read out no more often than this. */
const SAY_AGAIN_MS = 5000;
const SIGNS = { success: "✓", info: "i", warning: "!", error: "✕" };

export class Toasts {
  /** How many are shown at a time. */ max = SHOWN_MAX;
  /** @type {Toast[]} */ #waiting = [];
  /** @type {Shown[]} */ #shown = [];
  /** @type {Map<string, {status: string, at: number}>} */ #said = new Map();
  /** @type {import("./toast-layer.js").ToastLayer|null} */ #made = null;
  #ports;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** @param {string} message @param {ToastStatus} [status] @param {ToastOptions} [options] */
  show(message, status = "info", options = {}) {
    const toast = { message, status: status in SIGNS ? status : "info", options };
    this.#say(toast);
    if (!this.#replace(toast)) this.#waiting.push(toast);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    this.#next();
  }

  /** What it says is no longer news. @param {string} key */
  dismiss(key) {
    this.#waiting = this.#waiting.filter(({ options }) => options.key !== key);
    const toast = this.#shown.find(({ options }) => options.key === key);
    if (toast) this.#close(toast.box);
    else if (this.#made) this.#next();
  }

  get #layer() {
    return (this.#made ??= this.#ports.layer(() => this.#hold()));
  }

  /** @param {Toast} toast */
  #say({ message, status, options: { key } }) {
    const { clock, say } = this.#ports;
    const before = key ? this.#said.get(key) : undefined;
    if (before?.status === status && clock.now() - before.at < SAY_AGAIN_MS) return;
    if (key) this.#said.set(key, { status, at: clock.now() });
    say(message, status === "error");
  }

  /** Puts it in the place of the one with its key, shown or waiting. @param {Toast} toast @returns {boolean} */
  #replace(toast) {
    const { key } = toast.options;
    if (!key) return false;
    const waits = this.#waiting.findIndex(({ options }) => options.key === key);
    if (waits >= 0) this.#waiting[waits] = toast;
    const at = this.#shown.findIndex(({ options }) => options.key === key);
    if (at < 0) return waits >= 0;
    const old = this.#shown[at];
    const focused = old.box.contains(focusIn(old.box));
    old.countdown?.stop();
    this.#shown[at] = this.#make(toast);
    old.box.replaceWith(this.#shown[at].box);
    if (focused) this.#shown[at].box.querySelector("button")?.focus();
    return true;
  }

  #next() {
    const { box } = this.#layer;
    for (const toast of this.#waiting.splice(0, Math.max(0, this.max - this.#shown.length))) {
      this.#shown.push(this.#make(toast));
      box.insertBefore(this.#shown[this.#shown.length - 1].box, box.querySelector(".toast-more"));
    }
    this.#more(box);
    this.#layer.settle(this.#shown.length > 0);
    this.#hold();
  }

  /** Time stands still, or goes on. */
  #hold() {
    const held = document.hidden || this.#layer.box.matches(":hover, :focus-within") || document.querySelector("dialog:modal") !== null;
    for (const { countdown } of this.#shown) countdown?.hold(held);
  }

  /** How many wait. @param {HTMLElement} box */
  #more(box) {
    const line = box.querySelector(".toast-more") ?? box.appendChild(part("p", "toast-more", ""));
    const count = this.#waiting.length;
    /** @type {HTMLElement} */ (line).hidden = count === 0;
    line.textContent = count > 0 ? this.#ports.words.more(count) : "";
  }

  /** @param {Toast} toast @returns {Shown} */
  #make(toast) {
    const { options, status } = toast;
    const box = this.#element(toast, (event, then) => this.#close(box, event, then));
    const stays = options.persist || options.action || status === "error" || options.duration === 0 || this.#ports.keep();
    return { ...toast, box, countdown: stays ? null : new Countdown(options.duration ?? DURATION_MS, () => this.#close(box), this.#ports.clock) };
  }

  /** @param {Toast} toast @param {(event: MouseEvent, then?: () => void) => void} end */
  #element({ message, status, options }, end) {
    const box = part("div", `notice notice-${status}`, "");
    box.setAttribute("part", "toast");
    if (options.key) box.dataset.key = options.key;
    const sign = part("span", "notice-sign", SIGNS[status]);
    sign.setAttribute("aria-hidden", "true");
    box.append(sign, this.#text(message, options, end));
    if (options.action) box.append(button(options.action.label, "notice-button", (event) => end(event, options.action?.run)));
    const closer = button("✕", "notice-button notice-close", end);
    closer.setAttribute("aria-label", this.#ports.words.close());
    box.append(closer);
    return box;
  }

  /** @param {string} message @param {ToastOptions} options @param {(event: MouseEvent, then?: () => void) => void} end */
  #text(message, { open }, end) {
    if (!open) return part("span", "notice-text", message);
    return button(message, "notice-text btn btn-link text-reset text-start p-0", (event) => end(event, open));
  }

  /** @param {HTMLElement} box @param {MouseEvent} [event] @param {() => void} [then] */
  #close(box, event, then) {
    const at = this.#shown.findIndex((toast) => toast.box === box);
    if (at < 0) return;
    const focused = box.contains(focusIn(box));
    this.#shown.splice(at, 1)[0].countdown?.stop();
    box.remove();
    then?.();
    this.#next();
    if (focused) this.#pass(at, event?.detail === 0);
  }

  /** The focus goes on to the message that took the place, by keyboard; or back to where it came from. @param {number} at @param {boolean} keyboard */
  #pass(at, keyboard) {
    const heir = this.#shown[Math.min(at, this.#shown.length - 1)]?.box.querySelector(".notice-close");
    if (keyboard && heir instanceof HTMLElement) heir.focus();
    else this.#layer.leave();
  }
}

/** What has the focus among a node's own. @param {HTMLElement} node */
const focusIn = (node) => /** @type {Document|ShadowRoot} */ (node.getRootNode()).activeElement ?? null;

/** @param {string} tag @param {string} name @param {string} text */
function part(tag, name, text) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = text;
  return node;
}

/** @param {string} label @param {string} name @param {(event: MouseEvent) => void} run */
function button(label, name, run) {
  const node = /** @type {HTMLButtonElement} */ (part("button", name, label));
  node.type = "button";
  node.addEventListener("click", (event) => run(event));
  return node;
}
