/** A list without rows: it says what the next step is. And one whose rows are awaited. */
import { html, nothing } from "lit";
import { t } from "../../core/words.js";
import { icon } from "../icon.js";

/** Enough to look like a list, few enough to fit everywhere. */
const BONES = [0, 1, 2, 3, 4, 5];

/** @param {import("../list-view.js").ListModel} list */
export function emptyList(list) {
  const { store: { query, pages, total }, actions } = list;
  const narrowed = query.q !== "" || Object.keys(query.filters).length > 0;
  if (query.page > 1 && total > 0) return beyond(pages, actions.page);
  return narrowed ? nothingFound(actions.reset) : nothingYet(list);
}

/** @param {() => void} reset */
const nothingFound = (reset) => html`
  <div class="empty">
    <p class="empty-title">${t("list.nothing_found")}</p>
    <p>${t("list.nothing_found_hint")}</p>
    <button class="btn btn-plain" @click=${reset}>${t("list.reset")}</button>
  </div>`;

/** @param {number} pages @param {(page: number) => void} go */
const beyond = (pages, go) => html`
  <div class="empty">
    <p class="empty-title">${t("list.beyond", { pages })}</p>
    <button class="btn btn-plain" @click=${() => go(pages)}>${t("list.last_page")}</button>
  </div>`;

/** @param {import("../list-view.js").ListModel} list */
const nothingYet = ({ entity, editable, next, actions }) => html`
  <div class="empty">
    <p class="empty-title">${t(`empty.${entity}`)}</p>
    <p>${t(`empty.${entity}_hint`)}</p>
    <div class="empty-steps">
      ${editable ? html`<button class="btn btn-primary" @click=${() => actions.open(null)}>${icon("plus-lg")} ${t("action.add")}</button>` : nothing}
      ${next ? next() : nothing}
    </div>
  </div>`;

export const skeleton = () => html`
  <div class="table-frame skeleton" role="status">
    <span class="visually-hidden">${t("list.loading")}</span>
    ${BONES.map((bone) => html`<div class="bone bone-${bone % 3}" aria-hidden="true"></div>`)}
  </div>`;
