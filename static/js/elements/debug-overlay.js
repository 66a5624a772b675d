/**
 * The road of events as this page sees it: rooms and their positions, why each refresh ran, what came last.
 *
 * For whoever looks for a fault; opened by Alt+Shift+D or `window.__syncDebug = true`, loaded only then. It lies in the corner and never
 * takes the focus. Its words are those of the protocol, in English in both languages, since they are quoted in reports.
 */
import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { titleOf } from "../core/debug.js";
import { formatDate, formatNumber } from "../core/format.js";
import { t } from "../core/words.js";
import "../pages/page.js"; // loaded after it, so the build need not cut what both use into pieces
import { icon } from "./icon.js";

/** How often ages are drawn again, ms. */
const TICK_MS = 1000;

/** @typedef {import("../core/manager.js").SyncManager} Manager */

/** @type {(() => void)|null} */ let shut = null;

/** Opens it, and shuts it when the switch goes off. @param {Manager} sync */
export function openOverlay(sync) {
  if (shut) return;
  const place = document.createElement("aside");
  place.className = "debug";
  place.setAttribute("aria-label", t("debug.title"));
  place.translate = false;
  place.dataset.theirs = ""; // words of the wire, of no catalogue
  document.body.append(place);
  let asked = false;
  const draw = () => {
    asked = false;
    render(template(sync), place);
  };
  const soon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(draw);
  };
  const timer = setInterval(soon, TICK_MS);
  const offs = [sync.debug.onNote(soon), sync.onStatus(soon), () => clearInterval(timer), sync.debug.onSwitch((on) => on || shut?.())];
  shut = () => {
    shut = null;
    for (const off of offs) off();
    place.remove();
  };
  draw();
}

/** @param {Manager} sync */
function template(sync) {
  const { state, transport, rtt, attempt } = sync.status;
  const { worker, build } = sync.hello ?? {};
  return html`
    <div class="debug-head"><b>SyncManager</b> <span data-debug-status>${[state, transport, rtt === null ? "" : `rtt ${Math.round(rtt)} ms`, attempt > 1 ? `attempt ${attempt}` : "", worker ? `worker ${worker}` : "", build ?? ""].filter(Boolean).join(" · ")}</span>
      <button type="button" class="btn btn-sm btn-plain square" aria-label=${t("action.close")} title=${`${t("action.close")} (Alt+Shift+D)`} @click=${() => (sync.debug.on = false)}>${icon("x-lg")}</button></div>
    <div class="debug-body">
      <p class="debug-counts">${Object.entries(sync.debug.summary).map(([name, count]) => html`<span data-debug-count=${name}>${name} <b>${formatNumber(count)}</b></span> `)}</p>
      <table class="debug-rooms"><thead><tr>${["room", "state", "epoch:seq", "proved", "members"].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${repeat(sync.rooms, ({ name }) => name, roomRow)}</tbody></table>
      <h3>runs</h3>
      <ol class="debug-log" data-debug-runs>${notes(sync, ({ what }) => what === "run" || what === "idle" || what === "failed")}</ol>
      <h3>events</h3>
      <ol class="debug-log" data-debug-events>${notes(sync, ({ what }) => what !== "run")}</ol>
    </div>`;
}

/** @param {Manager["rooms"][number]} room */
function roomRow({ name, state, position, provenAt, staleSince, denied, members }) {
  const now = Date.now();
  const proved = denied ?? (staleSince === null ? (Number.isFinite(provenAt) ? age(now - provenAt) : "—") : `stale for ${age(now - staleSince)}`);
  return html`<tr data-debug-room=${name} data-seq=${position?.seq ?? ""}><th scope="row">${name}</th><td>${state}</td><td>${position ? `${position.epoch}:${position.seq}` : "—"}</td><td>${proved}</td><td>${members}</td></tr>`;
}

/** The newest first. @param {Manager} sync @param {(note: import("../core/debug.js").Note) => boolean} wanted */
function notes(sync, wanted) {
  const found = sync.debug.entries.filter(wanted).reverse();
  if (found.length === 0) return nothing;
  return found.map(({ at, what, detail }) => html`<li><time>${formatDate(at, "time")}</time> ${titleOf(what, detail)}${what === "run" ? html` <i>← ${detail.why}</i>` : nothing}${detail?.event?.seq ? html` <code>${detail.event.seq}${detail.event.prev === undefined ? "" : ` ← ${detail.event.prev}`}</code>` : nothing}</li>`);
}

/** @param {number} ms */
const age = (ms) => `${Math.max(0, Math.round(ms / 1000))} s`;
