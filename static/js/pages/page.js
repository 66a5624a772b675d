/**
 * How a page begins: words, the person, the frame, then the page's own view.
 *
 * Views draw with lit into `<main>`; `draw` is asked for as often as one likes and happens once a frame.
 */
import { render } from "lit";
import { failure } from "../elements/failure.js";
import { setAhead } from "../core/format.js";
import { explain, i18n, ready, t } from "../core/words.js";
import { SyncManager } from "../sync.js";
import { mountShell } from "../elements/shell.js";
import { showToast } from "../utils.js";

/** Relative times grow old in steps of this. */
const TICK_MS = 30_000;

/**
 * @typedef {object} Page
 * @property {import("../core/rights.js").User} user
 * @property {() => void} draw
 */

/**
 * @param {string} name
 * @param {(page: Page) => {template: () => unknown, start: () => any}} make  `template` draws; `start` fetches and joins
 */
export async function startPage(name, make) {
  await ready;
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  const user = await whoAmI(main);
  let asked = false;
  const draw = () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      keepingFocus(main, () => render(view.template(), main));
    });
  };
  mountShell(name, user);
  const view = make({ user, draw });
  i18n.onChange(draw);
  SyncManager.onStatus(() => setAhead(SyncManager.ahead));
  setInterval(draw, TICK_MS);
  draw();
  await view.start();
}

/** A removed row that had the focus passes it to the row that takes its place. @param {HTMLElement} main @param {() => void} work */
function keepingFocus(main, work) {
  const focused = document.activeElement;
  const rows = () => [...main.querySelectorAll("tr[data-id]")];
  const at = rows().findIndex((row) => row.contains(focused));
  work();
  if (at < 0 || focused?.isConnected) return;
  const left = rows();
  const heir = left[Math.min(at, left.length - 1)]?.querySelector("button, a, input") ?? main;
  /** @type {HTMLElement} */ (heir).focus({ preventScroll: true });
}

/** @param {HTMLElement} main */
async function whoAmI(main) {
  try {
    return await SyncManager.http.me();
  } catch (error) {
    if (/** @type {any} */ (error).status !== 401) render(failure(error, () => location.reload()), main);
    throw error;
  }
}

/** Says what went wrong, with the number to quote. @param {any} error @param {string} [key] */
export function complain(error, key) {
  if (error?.name === "AbortError") return;
  const quote = error?.requestId ? ` ${t("error.request", { id: error.requestId })}` : "";
  showToast(explain(error) + quote, "error", { key });
}
