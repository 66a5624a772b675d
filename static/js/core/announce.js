/**
 * What is said to those who listen to the page: two live regions, there from the beginning, one of them for what cannot wait.
 *
 * A region beneath an open modal dialog is inert and silent, so both move into it and back: see {@link moveRegions}. Changes of data
 * are said together, at most once in five seconds: a busy room would otherwise never be silent.
 */
import { t } from "./words.js";

/** What is said within this time is said as one: the second message would cut off the first. */
const TOGETHER_MS = 1000;
/** Changes are told no more often than this … */
const CHANGES_MS = 5000;
/** … and the first of them after this, since others often follow. */
const GATHER_MS = 1000;

/** @type {Map<string, number>} */ const saidAt = new Map();
let changes = 0;
let changesSaidAt = -Infinity;

/** @param {string} message @param {boolean} [urgent] interrupts what is being said: for errors */
export function announce(message, urgent = false) {
  const name = urgent ? "assertive" : "polite";
  const region = document.getElementById(name);
  if (!region) return;
  const fresh = Date.now() - (saidAt.get(name) ?? -Infinity) > TOGETHER_MS;
  const same = region.textContent === message; // a region that does not change says nothing
  region.textContent = fresh || !region.textContent ? message + (same ? "\u00a0" : "") : `${region.textContent}\n${message}`;
  saidAt.set(name, Date.now());
}

/** So many records were changed by others. @param {number} count */
export function announceChanges(count) {
  if (count <= 0) return;
  if (changes === 0) setTimeout(sayChanges, Math.max(GATHER_MS, changesSaidAt + CHANGES_MS - Date.now()));
  changes += count;
}

function sayChanges() {
  announce(t("list.changed", { count: changes }));
  changes = 0;
  changesSaidAt = Date.now();
}

/** @param {Element} home where they can be heard */
export function moveRegions(home) {
  for (const name of ["polite", "assertive"]) {
    const region = document.getElementById(name);
    if (region && region.parentElement !== home) home.append(region);
  }
}
