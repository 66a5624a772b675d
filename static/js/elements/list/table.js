/**
 * The rows of a list.
 *
 * A row is drawn again only if something in it changed, so that a refresh of a thousand rows costs what its changes cost.
 */
import { html, nothing } from "lit";
import { classMap } from "lit/directives/class-map.js";
import { guard } from "lit/directives/guard.js";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { serverNow } from "../../core/format.js";
import { i18n, label, t } from "../../core/words.js";
import { icon } from "../icon.js";
import { ageStep, toggle, whoAndWhen } from "./cells.js";

/** @typedef {import("../list-view.js").ListModel} ListModel */
/** @typedef {import("../list-view.js").Row} Row */
/** @typedef {import("../list-view.js").Column} Column */

/** What rows show as "5 min ago". */
const AGES = ["updated_at", "last_scan_at", "seen_at"];
/** Deeper branches are indented no further: the name must remain readable. */
const DEPTH_MAX = 6;

/** @param {ListModel} list */
export function table(list) {
  const { store, columns, entity, editable, selection, dense, people, depths, pending, extra, actions } = list;
  const labels = Object.fromEntries(columns.map(({ name }) => [name, label(entity, name)]));
  const shown = columns.map(({ name }) => name).join();
  const now = serverNow();
  const depends = (/** @type {Row} */ row) =>
    [row, store.marks.of(row.id), store.gone.has(row.id), selection.has(row.id), pending.has(row.id), people.at(row.id), people.isOnline(row.id), ...(extra?.of?.(row) ?? []), depths?.get(row.id), shown, editable, i18n.language, ...AGES.map((name) => ageStep(row[name], now))];
  return html`
    <div class="table-frame" aria-busy=${String(store.loading)}>
      <table class="table list rows ${dense ? "table-sm" : ""}">
        <caption class="visually-hidden">${t(`page.${entity}`)}</caption>
        <thead><tr>
          ${editable ? pickAll(store.items.map((row) => row.id), selection, actions.pickAll) : nothing}
          ${columns.map((column) => heading(column, labels[column.name], store.query.sort, actions.sort))}
          ${editable ? html`<th class="tight"><span class="visually-hidden">${t("list.actions")}</span></th>` : nothing}
        </tr></thead>
        <tbody data-rows>${repeat(store.items, (row) => row.id, (row) => guard(depends(row), () => tableRow(row, list, labels)))}</tbody>
      </table>
    </div>`;
}

/** @param {string[]} shown @param {import("../../core/list/selection.js").Selection} selection @param {() => void} pick */
function pickAll(shown, selection, pick) {
  const state = selection.of(shown);
  return html`
    <th class="pick"><input class="form-check-input" type="checkbox" aria-label=${t("list.pick_all")} data-pick-all
      .checked=${live(state === "all")} .indeterminate=${live(state === "some")} @click=${pick}></th>`;
}

/** @param {Column} column @param {string} text @param {string} sorted @param {(sort: string) => void} choose */
function heading({ name, sort = name, align }, text, sorted, choose) {
  if (!sort) return html`<th scope="col" class=${align ?? ""}>${text}</th>`;
  const direction = sorted === sort ? "ascending" : sorted === `-${sort}` ? "descending" : "none";
  const next = direction === "ascending" ? `-${sort}` : sort;
  return html`
    <th scope="col" class=${align ?? ""} aria-sort=${direction}>
      <button class="sort" @click=${() => choose(next)}>${text}<span class="arrow" aria-hidden="true">${{ ascending: "▲", descending: "▼", none: "" }[direction]}</span></button>
    </th>`;
}

/** @param {Row} row @param {ListModel} list @param {Record<string, string>} labels */
function tableRow(row, list, labels) {
  const { columns, store, editable, selection, actions } = list;
  const mark = store.marks.of(row.id);
  const gone = store.gone.has(row.id);
  const name = row.name || row.login;
  return html`
    <tr data-id=${row.id} data-rev=${row.rev} class=${classMap({ gone, marked: mark !== null, picked: selection.has(row.id) })} data-flash=${mark ? mark.n % 2 : nothing}>
      ${editable ? html`<td class="pick"><input class="form-check-input" type="checkbox" aria-label=${t("list.pick", { name })} .checked=${live(selection.has(row.id))}
        @click=${(/** @type {MouseEvent} */ event) => actions.pick(row, event.shiftKey)}></td>` : nothing}
      ${columns.map((column, n) => html`
        <td data-label=${labels[column.name]} class="${column.align ?? ""} ${n === 0 ? "title" : ""} ${touches(mark, column) ? "flash" : ""}"
          title=${mark && touches(mark, column) ? whoAndWhen(mark) : nothing}>${n === 0 ? title(row, column, list, gone) : html`<div class="cell">${content(row, column, list)}</div>`}</td>`)}
      ${editable ? html`<td class="tight"><button class="btn btn-sm btn-plain square" aria-label=${t("list.delete", { name })} title=${t("action.delete")}
        ?disabled=${gone} @click=${() => actions.remove([row])}>${icon("trash")}</button></td>` : nothing}
    </tr>`;
}

/** The name, which opens the record; what is under way; that it is gone. @param {Row} row @param {Column} column @param {ListModel} list @param {boolean} gone */
function title(row, column, { actions, pending, depths }, gone) {
  const depth = Math.min(depths?.get(row.id) ?? 0, DEPTH_MAX);
  return html`
    <div class="named indent-${depth}">
      ${column.opens === false ? html`<span class="name">${row[column.name]}</span>` : html`<button class="open" ?disabled=${gone} @click=${() => actions.open(row)}>${row[column.name]}</button>`}
      ${column.beside?.(row) ?? nothing}
      ${pending.has(row.id) ? html`<span class="busy" title=${t("list.pending")}>${icon("arrow-repeat")}<span class="visually-hidden">${t("list.pending")}</span></span>` : nothing}
      ${gone ? html`<span class="chip">${t("list.gone")}</span>` : nothing}
    </div>`;
}

/** @param {Row} row @param {Column} column @param {ListModel} list */
function content(row, column, list) {
  if (column.name === "enabled") return toggle(row, list);
  return column.cell ? column.cell(row, list.people, list.extra) : (row[column.name] ?? "");
}

/** Whether a change shows in this column. @param {import("../../core/list/marks.js").Mark|null} mark @param {Column} column */
function touches(mark, { name, sort, shows = [] }) {
  if (!mark) return false;
  const { fields } = mark;
  return !fields || fields.has(name) || shows.some((field) => fields.has(field)) || (typeof sort === "string" && fields.has(sort));
}
