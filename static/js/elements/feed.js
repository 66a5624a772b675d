/** Changes as sentences: when, who, what, which fields, and what looks again because of it. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { fieldNames } from "../core/changes.js";
import { asDate, formatDate } from "../core/format.js";
import { ENTITIES } from "../core/rights.js";
import { i18n, quoted, t, word } from "../core/words.js";
import { icon } from "./icon.js";

/** @typedef {import("../core/feed.js").Line} Line */

const SIGNS = { added: icon("plus-circle"), updated: icon("pencil"), deleted: icon("trash"), toggled: icon("toggle-on") };

/** @param {Line[]} lines @param {{details?: boolean, empty?: string}} [options] `details`: with the worker; `empty`: said where there is none */
export const feedView = (lines, { details = false, empty = t("feed.empty") } = {}) => html`
  ${lines.length === 0 ? html`<p class="by">${empty}</p>` : nothing}
  <ol class="feed">
    ${repeat(lines, (line) => line.key, (line) => html`
      <li data-seq=${line.seq} data-entity=${line.entity}>
        ${moment(line.seq)}
        <span class="feed-sign feed-${line.reason}">${sign(line.reason)}</span>
        <span class="feed-text">${sentence(line)}</span>
        ${details && line.worker ? html`<span class="feed-detail">${t("feed.worker", { worker: String(line.worker) })}</span>` : nothing}
      </li>`)}
  </ol>`;

/** @param {string} reason */
export const sign = (reason) => SIGNS[/** @type {keyof typeof SIGNS} */ (reason)] ?? SIGNS.updated;

/** When it was: today by the clock, earlier with its date. @param {number} seq ms */
export function moment(seq) {
  const today = new Date().toDateString() === new Date(seq).toDateString();
  return html`<time datetime=${asDate(seq)?.toISOString() ?? ""} title=${formatDate(seq, "full")}>${formatDate(seq, today ? "time" : "date")}</time>`;
}

/** @param {Line} line */
function sentence(line) {
  const who = line.actor?.name ?? t("form.system");
  return html`<span class="who">${who}</span> ${reasonWord(line.reason)}: ${thing(line)}${fields(line)}${effects(line)}`;
}

/** @param {string} reason */
export const reasonWord = (reason) => word("feed", reason);

/** What was changed, with a link where there is something to open. @param {Pick<Line, "entity"|"id"|"name"|"reason">} line */
export function thing({ entity, id, name, reason }) {
  if (!ENTITIES.includes(entity)) return html`<b>${word("page", entity.replace(":changed", ""))}</b>${id === "*" ? "" : ` #${id}`}`;
  if (id === "*") return html`<a href="/${entity}">${t(`page.${entity}`)}</a>`;
  const called = name || `#${id}`;
  return html`${t(`one.${entity}`)} ${reason === "deleted" ? html`<b>${quoted(called)}</b>` : html`<a href="/${entity}?open=${id}">${quoted(called)}</a>`}`;
}

/** @param {Line} line */
const fields = ({ entity, fields }) => (fields && fields.length > 0 ? html`<span class="feed-fields"> — ${fieldNames(i18n, entity, fields)}</span>` : nothing);

/** @param {Line} line */
function effects({ effects }) {
  if (effects.length === 0) return nothing;
  const rooms = effects.map((room) => word("page", room)).join(", ");
  return html`<span class="feed-effects" title=${t("feed.soft_hint")}> → ${t("feed.soft", { rooms })}</span>`;
}
