/** What stands above the rows: how many there are and how fresh, the pace, search and filters, and what waits to be shown. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatAgo, formatDate, formatNumber } from "../../core/format.js";
import { label, t, word as wordIn } from "../../core/words.js";
import { icon } from "../icon.js";
import { menu } from "./menu.js";

/** @typedef {import("../list-view.js").ListModel} ListModel */

/** @param {ListModel} list */
export const head = ({ store, entity, editable, extra, actions }) => html`
  <div class="page-head">
    <h1>${t(`page.${entity}`)} <span class="count">${store.loaded ? formatNumber(store.total) : ""}</span></h1>
    <div class="paces" role="group" aria-label=${t("list.pace")}>
      ${[false, true].map((manual) => html`<button aria-pressed=${String(store.manual === manual)} data-pace=${manual ? "manual" : "live"} title=${t(manual ? "list.manual_hint" : "list.live_hint")}
        @click=${() => actions.pace(manual)}>${t(manual ? "list.manual" : "list.live")}</button>`)}
    </div>
    <span class="fresh">${fresh(store)}</span>
    ${extra?.tools?.() ?? nothing}
    ${editable ? html`<button class="btn btn-primary" data-add @click=${() => actions.open(null)}>${icon("plus-lg")} ${t("action.add")}</button>` : nothing}
  </div>`;

/** How old what is shown is; where changes are held back, up to when it is all there is. @param {import("../../core/store.js").ListStore} store */
function fresh({ freshAt, manual, waiting }) {
  if (!freshAt) return "";
  return manual && waiting.any ? t("list.shown_at", { time: formatDate(freshAt, "time") }) : t("list.fresh", { ago: formatAgo(freshAt) });
}

/** @param {ListModel} list */
export function toolbar({ store, entity, columns, filters, choices, actions }) {
  const { q, filters: chosen } = store.query;
  const narrowed = q !== "" || Object.keys(chosen).length > 0;
  return html`
    <div class="toolbar" role="search">
      <div class="search">${icon("search")}
        <input class="form-control" type="search" id="search" placeholder=${t("list.search")} aria-label=${t("list.search")} aria-keyshortcuts="/"
          .defaultValue=${q} @input=${(/** @type {any} */ event) => actions.search(event.target.value)}></div>
      ${filters.map((filter) => html`
        <select class="form-select filter" aria-label=${t("list.filter", { name: label(entity, filter.name) })} data-filter=${filter.name}
          @change=${(/** @type {any} */ event) => actions.filter(filter.name, event.target.value)}>
          <option value="" ?selected=${!chosen[filter.name]}>${label(entity, filter.name)}: ${filter.usual?.() ?? t("list.any")}</option>
          ${options(filter, choices, chosen[filter.name])}
        </select>`)}
      <select class="form-select filter sorter" aria-label=${t("list.sort")} data-sort @change=${(/** @type {any} */ event) => actions.sort(event.target.value)}>
        ${columns.flatMap((column) => sorts(column, entity, store.query.sort))}
      </select>
      <button class="btn btn-plain" data-reset ?disabled=${!narrowed} @click=${actions.reset}>${icon("x-lg")} ${t("list.reset")}</button>
    </div>`;
}

/** Where there is no head of a table to sort by. @param {import("../list-view.js").Column} column @param {string} entity @param {string} sorted */
function sorts({ name, sort = name }, entity, sorted) {
  if (!sort) return [];
  return [sort, `-${sort}`].map((value, n) => html`<option value=${value} ?selected=${value === sorted}>${label(entity, name)} ${n ? "▼" : "▲"}</option>`);
}

/** @param {string} name */
const wordOf = (name) => wordIn("word", name);

/** What a filter offers. @param {import("../list-view.js").Filter} filter @param {ListModel["choices"]} choices @param {string} [chosen] */
export const options = ({ choices: entity, words = [], text = wordOf }, choices, chosen) => html`
  ${words.map((word) => html`<option value=${word} ?selected=${chosen === word}>${text(word)}</option>`)}
  ${repeat((entity && choices[entity]) || [], ({ id }) => id, ({ id, name }) => html`<option value=${id} ?selected=${chosen === id}>${name}</option>`)}`;

/** One line with its place kept: what waits on its left, how the table looks on its right. @param {ListModel} list */
export const line = (list) => html`
  <div class="list-line">
    <div class="news">${news(list)}</div>
    ${menu(t("list.columns"), icon("layout-three-columns"), columnsMenu(list))}
    <button class="btn btn-sm btn-plain" aria-pressed=${String(list.dense)} data-density aria-label=${t("list.dense")} @click=${list.actions.density}>${icon("list")} <span class="word">${t("list.dense")}</span></button>
    ${list.csv ? html`<a class="btn btn-sm btn-plain" href=${list.csv} download data-csv aria-label="CSV">${icon("download")} <span class="word">CSV</span></a>` : nothing}
  </div>`;

/** In the manual pace a pill; where only the order waits, because somebody points at a row, a quiet note. @param {ListModel} list */
function news({ store, actions }) {
  const { waiting, manual } = store;
  if (!waiting.any || !store.loaded) return nothing;
  const count = waiting.count;
  if (manual) {
    return html`<button class="pill" data-waiting @click=${actions.showWaiting}>${icon("arrow-up")} ${count === null ? t("list.waiting_some") : t("list.waiting", { count })} — ${t("list.show")}</button>`;
  }
  return html`<button class="quiet" data-held title=${t("list.held_hint")} @click=${actions.showWaiting}>${icon("pause-circle")} ${count === null ? t("list.held_some") : t("list.held", { count })}</button>`;
}

/** @param {ListModel} list */
const columnsMenu = ({ allColumns, columns, entity, actions }) => allColumns.map((column, n) => html`
  <label class="menu-line"><input class="form-check-input" type="checkbox" .checked=${columns.includes(column)} ?disabled=${n === 0}
    data-column=${column.name} @change=${(/** @type {any} */ event) => actions.column(column.name, event.target.checked)}> ${label(entity, column.name)}</label>`);
