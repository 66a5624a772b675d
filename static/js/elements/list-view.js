/**
 * How a list looks: head, search and filters, the table, pages.
 *
 * Rows are keyed by id, so that whatever a person holds in one (focus, an open detail, a selection) stays with it.
 *
 * @typedef {Record<string, any> & {id: string, rev: number}} Row
 *
 * @typedef {object} Column
 * @property {string} name                          the row's field; the heading is `col.<name>`
 * @property {string|false} [sort]                  what the server sorts by; default the name; false: not at all
 * @property {(row: Row) => unknown} [cell]         default: the field as text
 * @property {string} [align]                       `end` for numbers
 *
 * @typedef {object} Filter
 * @property {string} name                          the row's field
 * @property {string} [choices]                     the entity to choose from
 * @property {string[]} [words]                     or words, each with a text `word.<word>`
 *
 * @typedef {object} ListActions
 * @property {(text: string) => void} search
 * @property {(name: string, value: string) => void} filter
 * @property {(sort: string) => void} sort
 * @property {(page: number) => void} page
 * @property {(row: Row|null) => void} open
 * @property {(row: Row) => void} remove
 * @property {(row: Row) => void} toggle
 * @property {() => void} reset
 * @property {() => void} again
 */
import { html, nothing } from "lit";
import { classMap } from "lit/directives/class-map.js";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { formatAgo, formatDate, formatNumber } from "../core/format.js";
import { label, t } from "../core/words.js";
import { failure } from "./failure.js";
import { icon } from "./icon.js";

/**
 * @param {object} list
 * @param {string} list.entity
 * @param {import("../core/store.js").ListStore} list.store
 * @param {Column[]} list.columns
 * @param {Filter[]} list.filters
 * @param {boolean} list.editable
 * @param {boolean} list.slow                       the first data takes long enough to say so
 * @param {Set<string>} list.pending                ids of rows whose switch is under way
 * @param {Record<string, import("../core/refs.js").Choice[]>} list.choices
 * @param {ListActions} list.actions
 */
export function listView(list) {
  const { store, entity, editable, actions } = list;
  return html`
    <div class="page-head">
      <h1>${t(`page.${entity}`)} <span class="count">${store.loaded ? formatNumber(store.total) : ""}</span></h1>
      <span class="fresh">${store.freshAt ? t("list.fresh", { ago: formatAgo(store.freshAt) }) : ""}</span>
      ${editable ? html`<button class="btn btn-primary" data-add @click=${() => actions.open(null)}>${icon("plus-lg")} ${t("action.add")}</button>` : nothing}
    </div>
    ${toolbar(list)}
    ${store.error ? failure(store.error, actions.again) : nothing}
    ${body(list)}
    ${pager(store, actions.page)}`;
}

/** @param {Parameters<typeof listView>[0]} list */
function toolbar({ store, entity: shown, filters, choices, actions }) {
  const { q, filters: chosen } = store.query;
  const narrowed = q !== "" || Object.keys(chosen).length > 0;
  return html`
    <div class="toolbar" role="search">
      <div class="search">${icon("search")}
        <input class="form-control" type="search" id="search" placeholder=${t("list.search")} aria-label=${t("list.search")} aria-keyshortcuts="/"
          .defaultValue=${q} @input=${(/** @type {any} */ event) => actions.search(event.target.value)}></div>
      ${filters.map(({ name, choices: entity, words }) => html`
        <select class="form-select filter" aria-label=${t("list.filter", { name: label(shown, name) })} data-filter=${name}
          @change=${(/** @type {any} */ event) => actions.filter(name, event.target.value)}>
          <option value="" ?selected=${!chosen[name]}>${label(shown, name)}: ${t("list.any")}</option>
          ${words?.map((word) => html`<option value=${word} ?selected=${chosen[name] === word}>${t(`word.${word}`)}</option>`)}
          ${repeat((entity && choices[entity]) || [], ({ id }) => id, (choice) => html`<option value=${choice.id} ?selected=${chosen[name] === choice.id}>${choice.name}</option>`)}
        </select>`)}
      ${narrowed ? html`<button class="btn btn-plain" @click=${actions.reset}>${icon("x-lg")} ${t("list.reset")}</button>` : nothing}
    </div>`;
}

/** @param {Parameters<typeof listView>[0]} list */
function body(list) {
  const { store, entity, editable, slow, actions } = list;
  if (!store.loaded) return store.loading && slow ? html`<div class="waiting" role="status">${t("list.loading")}</div>` : nothing;
  if (store.items.length > 0) return table(list);
  const narrowed = store.query.q !== "" || Object.keys(store.query.filters).length > 0;
  return html`
    <div class="empty">
      <p class="empty-title">${t(narrowed ? "list.nothing_found" : `empty.${entity}`)}</p>
      <p>${t(narrowed ? "list.nothing_found_hint" : `empty.${entity}_hint`)}</p>
      ${narrowed ? html`<button class="btn btn-plain" @click=${actions.reset}>${t("list.reset")}</button>`
        : editable ? html`<button class="btn btn-primary" @click=${() => actions.open(null)}>${icon("plus-lg")} ${t("action.add")}</button>` : nothing}
    </div>`;
}

/** @param {Parameters<typeof listView>[0]} list */
function table(list) {
  const { store, columns, entity, actions } = list;
  return html`
    <div class="table-frame" aria-busy=${String(store.loading)}>
      <table class="table list">
        <caption class="visually-hidden">${t(`page.${entity}`)}</caption>
        <thead><tr>${columns.map((column) => heading(column, label(entity, column.name), store.query.sort, actions.sort))}<th class="tight"><span class="visually-hidden">${t("list.actions")}</span></th></tr></thead>
        <tbody>${repeat(store.items, (row) => row.id, (row) => tableRow(row, list))}</tbody>
      </table>
    </div>`;
}

/** @param {Column} column @param {string} label @param {string} sorted @param {(sort: string) => void} choose */
function heading({ name, sort = name, align }, label, sorted, choose) {
  if (!sort) return html`<th scope="col" class=${align ?? ""}>${label}</th>`;
  const direction = sorted === sort ? "ascending" : sorted === `-${sort}` ? "descending" : "none";
  const next = direction === "ascending" ? `-${sort}` : sort;
  return html`
    <th scope="col" class=${align ?? ""} aria-sort=${direction}>
      <button class="sort" @click=${() => choose(next)}>${label}<span class="arrow" aria-hidden="true">${{ ascending: "▲", descending: "▼", none: "" }[direction]}</span></button>
    </th>`;
}

/** @param {Row} row @param {Parameters<typeof listView>[0]} list */
function tableRow(row, { entity, columns, store, editable, pending, actions }) {
  const touched = store.touched.get(row.id) === row.rev;
  const name = row.name || row.login;
  const classes = { "flash-odd": touched && row.rev % 2 === 1, "flash-even": touched && row.rev % 2 === 0 };
  return html`
    <tr data-id=${row.id} data-rev=${row.rev} class=${classMap(classes)} @animationend=${() => store.seen(row.id, row.rev)}>
      ${columns.map((column, n) => html`
        <td data-label=${label(entity, column.name)} class=${column.align ?? ""}>
          ${n === 0 ? html`<button class="open" @click=${() => actions.open(row)}>${row[column.name]}</button>`
            : html`<div class="cell">${column.name === "enabled" ? toggle(row, name, editable, pending, actions.toggle)
              : column.cell ? column.cell(row) : (row[column.name] ?? "")}</div>`}
        </td>`)}
      <td class="tight">
        ${editable ? html`<button class="btn btn-sm btn-plain square" aria-label=${t("list.delete", { name })} title=${t("action.delete")}
          @click=${() => actions.remove(row)}>${icon("trash")}</button>` : nothing}
      </td>
    </tr>`;
}

/** @param {Row} row @param {string} name @param {boolean} editable @param {Set<string>} pending @param {(row: Row) => void} toggle */
const toggle = (row, name, editable, pending, toggle) => html`
  <div class="form-check form-switch">
    <input class="form-check-input" type="checkbox" role="switch" aria-label=${t("list.toggle", { name })} .checked=${live(row.enabled)}
      ?disabled=${!editable} aria-busy=${String(pending.has(row.id))} @change=${() => toggle(row)}>
    <span class="form-check-label">${t(row.enabled ? "word.on" : "word.off")}</span>
  </div>`;

/** @param {import("../core/store.js").ListStore} store @param {(page: number) => void} go */
function pager(store, go) {
  const { page } = store.query;
  if (store.pages <= 1) return nothing;
  return html`
    <nav class="pager" aria-label=${t("list.pages")}>
      <button class="btn btn-sm btn-plain" ?disabled=${page <= 1} @click=${() => go(page - 1)}>‹ ${t("list.previous")}</button>
      <span>${t("list.page_of", { page, pages: store.pages })}</span>
      <button class="btn btn-sm btn-plain" ?disabled=${page >= store.pages} @click=${() => go(page + 1)}>${t("list.next")} ›</button>
    </nav>`;
}

/** When and by whom, as one cell. @param {Row} row */
export const changed = (row) => html`
  <time datetime=${row.updated_at ?? ""} title=${formatDate(row.updated_at, "full")}>${formatAgo(row.updated_at)}</time>${row.updated_by?.name ? html`<span class="by">, ${row.updated_by.name}</span>` : nothing}`;
