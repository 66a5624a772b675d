/**
 * Where the messages lie: above everything, in the topmost open dialog, never over what has the focus.
 *
 * Outside an open modal dialog a popover is inert, even where it is drawn above it: so the layer and the live regions move into the
 * dialog and back. F8 leads to the messages from wherever one is, Esc or F8 back there.
 */
import { moveRegions } from "./announce.js";
import { shortcut } from "./keys.js";
import { t } from "./words.js";

/** @type {HTMLElement|null} */ let place = null;
/** Where the focus was before it came here. @type {HTMLElement|null} */ let origin = null;

/** The layer, made when it is first needed. @param {() => void} change whether somebody reads it, or a dialog opened or closed @returns {HTMLElement} */
export function layer(change) {
  if (place) return place;
  const made = document.createElement("section");
  made.className = "toast-layer";
  made.setAttribute("popover", "manual");
  made.setAttribute("aria-keyshortcuts", "F8");
  for (const name of ["pointerenter", "pointerleave", "focusin", "focusout"]) made.addEventListener(name, () => queueMicrotask(change));
  made.addEventListener("focusin", remember);
  made.addEventListener("keydown", back);
  document.body.append(made);
  watch(made, change);
  place = made;
  return made;
}

/** @param {HTMLElement} made @param {() => void} change */
function watch(made, change) {
  const moved = (/** @type {Event} */ event) => {
    if (!(event.target instanceof HTMLDialogElement)) return;
    settle(made, made.querySelector(".notice") !== null);
    change();
  };
  for (const name of ["toggle", "close"]) document.addEventListener(name, moved, true);
  document.addEventListener("visibilitychange", change);
  document.addEventListener("focusin", (event) => giveWay(made, event.target));
}

/** Opens it where it can be reached, or closes it. @param {HTMLElement} place @param {boolean} filled */
export function settle(place, filled) {
  const dialogs = document.querySelectorAll("dialog:modal");
  const home = dialogs[dialogs.length - 1] ?? document.body;
  moveRegions(home);
  move(place, home);
  place.setAttribute("aria-label", t("toast.region"));
  const open = place.matches(":popover-open");
  if (filled && !open) place.showPopover();
  if (!filled && open) place.hidePopover();
  giveWay(place, document.activeElement);
}

/** @param {HTMLElement} place @param {Element} home */
function move(place, home) {
  if (place.parentElement === home) return;
  const focused = document.activeElement;
  if (place.matches(":popover-open")) place.hidePopover(); // opened again it lies above the dialog
  home.append(place);
  if (focused instanceof HTMLElement && place.contains(focused)) focused.focus();
}

/** To the messages, and back. */
function come() {
  if (place?.contains(document.activeElement)) return leave();
  /** @type {HTMLElement|null|undefined} */ (place?.querySelector(".notice button"))?.focus();
}

/** @param {FocusEvent} event */
function remember({ relatedTarget }) {
  if (relatedTarget instanceof HTMLElement && !place?.contains(relatedTarget)) origin = relatedTarget;
}

/** @param {KeyboardEvent} event */
function back(event) {
  if (event.key !== "Escape") return;
  event.preventDefault(); // or the dialog below would close
  event.stopPropagation();
  leave();
}

/** The focus goes back to where it came from. */
export function leave() {
  const near = place?.closest("dialog")?.querySelector("input, select, textarea, button") ?? document.getElementById("main");
  const home = origin?.isConnected ? origin : near;
  origin = null;
  if (home instanceof HTMLElement) home.focus({ preventScroll: true });
}

/** What has the focus is not covered: the layer goes to the other edge, if that is free. @param {HTMLElement} place @param {EventTarget|null} focused */
function giveWay(place, focused) {
  if (!(focused instanceof HTMLElement) || focused === document.body || place.contains(focused) || !place.matches(":popover-open")) return;
  if (!overlap(place, focused)) return;
  place.classList.toggle("toast-layer-up");
  if (overlap(place, focused)) place.classList.toggle("toast-layer-up");
}

/** @param {Element} one @param {Element} other */
function overlap(one, other) {
  const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

shortcut({
  key: "F8", label: "key.toasts", typing: true, dialog: true,
  when: () => place?.matches(":popover-open") ?? false,
  run: come,
});
