/** Changes as sentences: when, who, what. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { asDate, formatDate } from "../core/format.js";
import { ENTITIES } from "../core/rights.js";
import { t, word } from "../core/words.js";
import { icon } from "./icon.js";

/** @typedef {import("../core/wire.js").SyncEvent} SyncEvent */

/** Lines kept; who wants more reads the audit. */
export const FEED_MAX = 50;

const SIGNS = { added: icon("plus-circle"), updated: icon("pencil"), deleted: icon("trash"), toggled: icon("toggle-on") };

/** The newest first, each once. @param {SyncEvent[]} feed @param {SyncEvent[]} news @returns {SyncEvent[]} */
export function merge(feed, news) {
  const lines = new Map([...feed, ...news].filter((event) => !event.soft && event.seq > 0).map((event) => [`${event.epoch} ${event.seq}`, event]));
  return [...lines.values()].sort((a, b) => b.seq - a.seq).slice(0, FEED_MAX);
}

/** @param {SyncEvent[]} feed @param {{details?: boolean}} [options] `details`: with worker and number */
export const feedView = (feed, { details = false } = {}) => html`
  ${feed.length === 0 ? html`<p class="by">${t("feed.empty")}</p>` : nothing}
  <ol class="feed">
    ${repeat(feed, (event) => `${event.epoch} ${event.seq}`, (event) => html`
      <li data-seq=${event.seq}>
        <time datetime=${asDate(event.seq)?.toISOString() ?? ""} title=${formatDate(event.seq, "full")}>${when(event.seq)}</time>
        <span class="feed-sign feed-${event.reason}">${SIGNS[event.reason]}</span>
        <span class="feed-text">${sentence(event)}</span>
        ${details ? html`<span class="feed-detail">${t("feed.worker", { worker: String(event.worker) })}</span>` : nothing}
      </li>`)}
  </ol>`;

/** Today by the clock, earlier with its date. @param {number} seq */
function when(seq) {
  const today = new Date().toDateString() === new Date(seq).toDateString();
  return formatDate(seq, today ? "time" : "date");
}

/** @param {SyncEvent} event */
function sentence(event) {
  const entity = (event.event ?? event.scope.replace("room:", "")).split(":")[0];
  const who = event.actor?.name ?? t("form.system");
  const kind = ENTITIES.includes(entity) ? t(`one.${entity}`) : event.event ?? entity;
  const name = event.data?.name ?? event.data?.login ?? (event.id === "*" ? "" : `#${event.id}`);
  const known = ENTITIES.includes(entity) && event.reason !== "deleted" && event.id !== "*";
  const what = known ? html`<a href="/${entity}?open=${event.id}">${name}</a>` : html`<b>${name}</b>`;
  return html`<span class="who">${who}</span> ${word("feed", event.reason)}: ${kind} ${what}`;
}
