/** The foot of a list, always in its place: what is done to chosen rows, the pages, how many rows a page has. */
import { html, nothing } from "lit";
import { PER_PAGES } from "../../core/address.js";
import { formatNumber } from "../../core/format.js";
import { label, t } from "../../core/words.js";
import { icon } from "../icon.js";
import { options } from "./head.js";
import { near } from "./pages.js";

/** @typedef {import("../list-view.js").ListModel} ListModel */

/** @param {ListModel} list */
export function foot(list) {
  if (!list.store.loaded || (list.store.items.length === 0 && list.store.pages <= 1)) return nothing;
  return html`
    <div class="list-foot">
      ${list.editable ? html`<div class="bulk" role="group" aria-label=${t("bulk.region")}>${chosen(list)}</div>` : nothing}
      ${pager(list.store, list.actions.page)}
      <select class="form-select form-select-sm per-page" aria-label=${t("list.per_page")} data-per-page @change=${(/** @type {any} */ event) => list.actions.perPage(Number(event.target.value))}>
        ${sizes(list.store.query.per_page).map((size) => html`<option value=${size} ?selected=${size === list.store.query.per_page}>${size}</option>`)}
      </select>
    </div>`;
}

/** @param {ListModel} list */
function chosen(list) {
  const { selection, progress, bulk, actions } = list;
  if (progress) return working(progress, actions.stop);
  if (selection.size === 0) return nothing;
  return html`
    <span class="bulk-count" role="status">${t("bulk.chosen", { count: selection.size })}</span>
    ${(bulk.set ?? []).map((field) => setter(field, list))}
    ${bulk.set ? html`<button class="btn btn-sm btn-plain" data-bulk="set" ?disabled=${Object.keys(list.settings).length === 0} @click=${actions.applySettings}>${t("bulk.apply")}</button>` : nothing}
    ${bulk.enable ? [true, false].map((on) => html`<button class="btn btn-sm btn-plain" data-bulk=${on ? "on" : "off"} @click=${() => actions.enable(on)}>${t(on ? "bulk.on" : "bulk.off")}</button>`) : nothing}
    <button class="btn btn-sm btn-plain" data-bulk="delete" @click=${actions.removePicked}>${icon("trash")} ${t("action.delete")}</button>
    ${selection.size < list.store.items.length ? html`<button class="btn btn-sm btn-plain" data-bulk="all" @click=${actions.pickAll}>${t("bulk.all")}</button>` : nothing}
    <button class="btn btn-sm btn-plain square" data-bulk="clear" aria-label=${t("bulk.clear")} title=${t("bulk.clear")} @click=${actions.unpick}>${icon("x-lg")}</button>`;
}

/** @param {string} field @param {ListModel} list */
function setter(field, { entity, filters, choices, settings, actions }) {
  const filter = filters.find(({ name }) => name === field);
  if (!filter) return nothing; // he may not see what there is to choose
  return html`
    <select class="form-select form-select-sm" aria-label=${t("bulk.set", { name: label(entity, field) })} data-bulk-field=${field}
      @change=${(/** @type {any} */ event) => actions.setting(field, event.target.value)}>
      <option value="" ?selected=${!(field in settings)}>${label(entity, field)}: ${t("bulk.keep")}</option>
      ${filter.choices ? html`<option value="null" ?selected=${settings[field] === "null"}>${t("bulk.none")}</option>` : nothing}
      ${options(filter, choices, settings[field])}
    </select>`;
}

/** @param {{ended: number, total: number}} progress @param {() => void} stop */
const working = ({ ended, total }, stop) => html`
  <span class="bulk-count" role="status">${t("bulk.progress", { ended, total })}</span>
  <progress value=${ended} max=${total} aria-label=${t("bulk.region")}></progress>
  <button class="btn btn-sm btn-plain" data-bulk="stop" @click=${stop}>${t("bulk.stop")}</button>`;

/** @param {import("../../core/store.js").ListStore} store @param {(page: number) => void} go */
function pager({ query: { page }, pages }, go) {
  return html`
    <nav class="pager" aria-label=${t("list.pages")} ?hidden=${pages <= 1}>
      <button class="btn btn-sm btn-plain square" aria-label=${t("list.previous")} ?disabled=${page <= 1} @click=${() => go(page - 1)}>‹</button>
      ${near(page, pages).map((number) => number === null ? html`<span class="more" aria-hidden="true">…</span>`
        : html`<button class="btn btn-sm btn-plain square" aria-label=${t("list.page_of", { page: number, pages })} aria-current=${number === page ? "page" : nothing} @click=${() => go(number)}>${formatNumber(number)}</button>`)}
      <button class="btn btn-sm btn-plain square" aria-label=${t("list.next")} ?disabled=${page >= pages} @click=${() => go(page + 1)}>›</button>
    </nav>`;
}

/** @param {number} size one that the address named is offered too */
const sizes = (size) => [...new Set([...PER_PAGES, size])].sort((a, b) => a - b);
