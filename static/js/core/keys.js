/**
 * What the keyboard does on this page: every shortcut in one table, so that the help can list what is really there.
 *
 * Letters are places on the keyboard: whoever writes Russian presses the key where a Latin `j` would be. While the person types, only
 * shortcuts with Ctrl run, and `Escape` where its owner says so; while a dialog is open, only those that say they belong there.
 *
 * ```js
 * const off = shortcut({ key: "/", label: "key.search", run: () => search.focus() });
 * ```
 *
 * @typedef {object} Shortcut
 * @property {string} key           `"j"`, `"/"`, `"Enter"`, `"Ctrl+k"` (Ctrl, or Cmd on a Mac), `"Alt+Shift+D"`
 * @property {import("./words.js").Key} label     what it does
 * @property {import("./words.js").Key} [group]   over which part of the help it stands; default `key.page`
 * @property {(event: KeyboardEvent) => boolean} [when]   whether it means anything just now; the key is left alone otherwise
 * @property {(event: KeyboardEvent) => any} run
 * @property {boolean} [typing]     also while the person types
 * @property {boolean} [dialog]     also while a dialog is open
 */

/** @type {Set<Shortcut>} */ const table = new Set();
let listening = false;

/** Keys that a Russian layout gives where a Latin one has these. */
const PLACES = { "/": { ".": "Slash" }, "?": { ",": "Slash" } };

/** @param {Shortcut} entry @returns {() => void} off */
export function shortcut(entry) {
  /** @type {Shortcut} */ const kept = { group: "key.page", ...entry };
  table.add(kept);
  if (!listening) addEventListener("keydown", heard);
  listening = true;
  return () => table.delete(kept);
}

/** All that there are, in the order in which they were made. @returns {Shortcut[]} */
export const shortcuts = () => [...table];

/** Whether a keystroke is this key. @param {string} key @param {KeyboardEvent} event */
export function presses(key, event) {
  const parts = key.split("+");
  const name = parts.pop() || "+";
  const has = (/** @type {string} */ modifier) => parts.includes(modifier);
  const sign = name.length === 1 && name.toLowerCase() === name.toUpperCase(); // "?" needs Shift on some keyboards and not on others
  if (has("Ctrl") !== (event.ctrlKey || event.metaKey) || has("Alt") !== event.altKey) return false;
  if (!sign && has("Shift") !== event.shiftKey) return false;
  return same(name, event);
}

/** @param {string} name @param {KeyboardEvent} event */
function same(name, { key, code }) {
  if (key.toLowerCase() === name.toLowerCase()) return true;
  if (/^[a-z]$/i.test(name)) return code === `Key${name.toUpperCase()}` && !/^[a-z]$/i.test(key);
  return /** @type {any} */ (PLACES)[name]?.[key] === code && code !== undefined;
}

/** @param {KeyboardEvent} event */
function heard(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const typing = types(event.composedPath()[0] ?? event.target); // a field within a shadow root is not the event's target out here
  const dialog = document.querySelector("dialog:modal") !== null;
  for (const entry of [...table].reverse()) { // who came last knows best
    const fits = presses(entry.key, event) && (!typing || entry.typing || event.ctrlKey || event.metaKey) && (!dialog || entry.dialog);
    if (!fits || (entry.when && !entry.when(event))) continue;
    event.preventDefault();
    entry.run(event);
    return;
  }
}

/** @param {EventTarget|null} target */
const types = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));
