/** What the cells of a list show. */
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { formatAgo, formatDate } from "../../core/format.js";
import { t } from "../../core/words.js";

/** @typedef {import("../list-view.js").Row} Row */

/** When and by whom, as one cell. @param {Row} row */
export const changed = (row) => html`
  <time datetime=${row.updated_at ?? ""} title=${formatDate(row.updated_at, "full")}>${formatAgo(row.updated_at)}</time>${row.updated_by?.name ? html`<span class="by">, ${row.updated_by.name}</span>` : nothing}`;

/** Seconds for which "n ago" stays the same, by how long ago it was. @type {[number, number][]} up to so many seconds, in steps of */
const STEPS = [[60, 10], [3600, 60], [86_400, 3600]];

/** Changes when "n ago" says something else. @param {string|number|null|undefined} value @param {number} now ms */
export function ageStep(value, now) {
  if (!value) return value;
  const seconds = Math.max(0, (now - (typeof value === "number" ? value : Date.parse(value))) / 1000);
  const [limit, step] = STEPS.find(([limit]) => seconds < limit) ?? [Infinity, 86_400];
  return `${limit} ${Math.floor(seconds / step)}`;
}

/** A switch that acts at once. @param {Row} row @param {import("../list-view.js").ListModel} list */
export function toggle(row, { editable, pending, actions }) {
  const busy = pending.has(row.id);
  return html`
    <div class="form-check form-switch">
      <input class="form-check-input" type="checkbox" role="switch" aria-label=${t("list.toggle", { name: row.name || row.login })} .checked=${live(row.enabled)}
        ?disabled=${!editable} aria-busy=${String(busy)} @click=${(/** @type {Event} */ event) => busy && event.preventDefault()} @change=${() => actions.toggle(row)}>
      <span class="form-check-label">${t(row.enabled ? "word.on" : "word.off")}</span>
    </div>`;
}

/** What a mark says of itself: who and when. @param {import("../../core/list/marks.js").Mark} mark */
export const whoAndWhen = ({ by, at }) => t("list.by", { by: by ?? t("form.system"), at: formatDate(at, "time") });
