/** What the cells of a list show. */
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { formatAgo, formatDate } from "../../core/format.js";
import { t } from "../../core/words.js";

/** @typedef {import("../list-view.js").Row} Row */

/** When and by whom, as one cell. @param {Row} row */
export const changed = (row) => html`
  <time datetime=${row.updated_at ?? ""} title=${formatDate(row.updated_at, "full")}>${formatAgo(row.updated_at)}</time>${row.updated_by?.name ? html`<span class="by">, ${row.updated_by.name}</span>` : nothing}`;

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
