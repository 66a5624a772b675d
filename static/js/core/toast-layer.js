/**
 * Where the messages lie: above everything, in the topmost open dialog, never over what has the focus.
 *
 * Outside an open modal dialog a popover is inert, even where it is drawn above it: so the layer and the live regions move into the
 * dialog and back. F8 leads to the messages from wherever one is, Esc or F8 back there.
 *
 * @typedef {object} Ports
 * @property {HTMLElement} host                   what moves between its home and the dialogs
 * @property {HTMLElement} [box]                  what holds the messages: the host itself, or in its shadow
 * @property {() => string} label
 * @property {() => void} change                  somebody reads it, or no longer; a dialog opened or closed
 * @property {(home: Element) => void} [moved]    where it is now
 */
import { shortcut } from "./keys.js";

export class ToastLayer {
  #ports;
  #host;
  /** @type {Node} */ #home;
  /** Where the focus was before it came here. @type {HTMLElement|null} */ #origin = null;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
    this.#host = ports.host;
    this.#home = ports.host.parentNode ?? document.body;
    this.box = ports.box ?? ports.host;
    this.box.setAttribute("popover", "manual");
    this.box.setAttribute("aria-keyshortcuts", "F8");
    this.#listen();
    this.#watch();
    shortcut({ key: "F8", label: "key.toasts", typing: true, dialog: true, when: () => this.#open, run: () => this.#come() });
  }

  /** Opens it where it can be reached, or closes it. @param {boolean} filled */
  settle(filled) {
    const dialogs = document.querySelectorAll("dialog:modal");
    const dialog = dialogs[dialogs.length - 1];
    this.#ports.moved?.(dialog ?? document.body);
    this.#move(dialog ?? this.#home);
    this.box.setAttribute("aria-label", this.#ports.label());
    if (filled && !this.#open) this.box.showPopover();
    if (!filled && this.#open) this.box.hidePopover();
    this.#giveWay(document.activeElement);
  }

  /** The focus goes back to where it came from. */
  leave() {
    const near = this.#host.closest("dialog")?.querySelector("input, select, textarea, button") ?? document.getElementById("main");
    const home = this.#origin?.isConnected ? this.#origin : near;
    this.#origin = null;
    if (home instanceof HTMLElement) home.focus({ preventScroll: true });
  }

  get #open() {
    return this.box.matches(":popover-open");
  }

  #listen() {
    const { change } = this.#ports;
    for (const name of ["pointerenter", "pointerleave", "focusin", "focusout"]) this.box.addEventListener(name, () => queueMicrotask(change));
    this.box.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget instanceof HTMLElement && !this.box.contains(relatedTarget)) this.#origin = relatedTarget;
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // or the dialog below would close
      event.stopPropagation();
      this.leave();
    });
  }

  #watch() {
    const { change } = this.#ports;
    const moved = (/** @type {Event} */ event) => {
      if (!(event.target instanceof HTMLDialogElement)) return;
      this.settle(this.box.querySelector(".notice") !== null);
      change();
    };
    for (const name of ["toggle", "close"]) document.addEventListener(name, moved, true);
    document.addEventListener("visibilitychange", change);
    document.addEventListener("focusin", (event) => this.#giveWay(event.target));
  }

  /** @param {Node} home */
  #move(home) {
    if (this.#host.parentNode === home) return;
    const root = /** @type {Document|ShadowRoot} */ (this.box.getRootNode());
    const focused = root.activeElement;
    if (this.#open) this.box.hidePopover(); // opened again it lies above the dialog
    home.appendChild(this.#host);
    if (focused instanceof HTMLElement && this.box.contains(focused)) focused.focus();
  }

  /** To the messages, and back. */
  #come() {
    if (this.box.matches(":focus-within")) return this.leave();
    /** @type {HTMLElement|null} */ (this.box.querySelector(".notice button"))?.focus();
  }

  /** What has the focus is not covered: the layer goes to the other edge, if that is free. @param {EventTarget|null} focused */
  #giveWay(focused) {
    const { box } = this;
    if (!(focused instanceof HTMLElement) || focused === document.body || box.matches(":focus-within") || !this.#open) return;
    if (!overlap(box, focused)) return;
    box.classList.toggle("toast-layer-up");
    if (overlap(box, focused)) box.classList.toggle("toast-layer-up");
  }
}

/** @param {Element} one @param {Element} other */
function overlap(one, other) {
  const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
