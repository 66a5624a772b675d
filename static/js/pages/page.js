/**
 * How a page begins: words, the person, the frame, then the page's own view.
 *
 * Views draw with lit into `<main>`; `draw` is asked for as often as one likes and happens once a frame.
 */
import { render } from "lit";
import "lit/directives/repeat.js"; // every page draws lists: so it comes in the file that all share
import { failure } from "../elements/failure.js";
import { setAhead } from "../core/format.js";
import { explain, i18n, ready, t } from "../core/words.js";
import { SyncManager } from "../sync.js";
import { mountShell } from "../elements/shell.js";
import { showToast } from "../utils.js";
import { keepingPlace } from "./list/place.js";

/** Relative times grow old in steps of this. */
const TICK_MS = 30_000;

/**
 * @typedef {object} Page
 * @property {import("../core/rights.js").User} user
 * @property {() => void} draw
 */

/**
 * @param {string} name
 * @param {(page: Page) => {template: () => unknown, start: () => any, rights?: () => void}} make  `template` draws; `start` fetches and
 *   joins; `rights`: the person may do something else now
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
      measured("draw", () => keepingPlace(main, () => render(view.template(), main)));
    });
  };
  const view = make({ user, draw });
  mountShell(name, user, () => (view.rights?.(), draw()));
  i18n.onChange(draw);
  SyncManager.onStatus(() => setAhead(SyncManager.ahead));
  setInterval(draw, TICK_MS);
  draw();
  await view.start();
}

/** Tells whoever observes (`PerformanceObserver`, the browser's tools) what it cost; nothing is kept. @param {string} name @param {() => void} work */
function measured(name, work) {
  const start = performance.now();
  work();
  performance.measure(`lockstep:${name}`, { start });
  performance.clearMeasures(`lockstep:${name}`);
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

/** Says what went wrong, with the number to quote, and how to try again. @param {any} error @param {string} [key] @param {() => void} [again] */
export function complain(error, key, again) {
  if (error?.name === "AbortError") return;
  const quote = error?.requestId ? ` ${t("error.request", { id: error.requestId })}` : "";
  showToast(explain(error) + quote, "error", { key, action: again && { label: t("action.retry"), run: again } });
}
