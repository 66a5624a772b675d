/**
 * How a record's dialog looks. The values of its fields are the person's and are not drawn here.
 *
 * @typedef {import("./fields.js").FieldSpec} FieldSpec
 * @typedef {import("../core/store.js").Row} Row
 *
 * @typedef {object} RecordState
 * @property {number} opened            counts openings: each has a form of its own
 * @property {Row|null} row             null: a new one
 * @property {string} entity
 * @property {FieldSpec[]} fields
 * @property {boolean} readonly
 * @property {boolean} saving
 * @property {boolean} deleted          by somebody else, meanwhile
 * @property {string} note              what followed the others' changes
 * @property {string} error
 * @property {Record<string, import("../core/refs.js").Choice[]>} choices
 * @property {import("../core/draft.js").Conflict[]} conflicts
 * @property {{closed: () => void, cancel: (event: Event) => void, submit: (event: Event) => void, key: (event: KeyboardEvent) => void,
 *   leave: () => void, remove: () => void, asNew: () => void, theirs: () => void, mine: () => void}} actions
 */
import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { formatAgo, formatDate } from "../core/format.js";
import { label, t } from "../core/words.js";
import { conflictPanel } from "./conflict.js";
import { fieldTemplate } from "./fields.js";
import { icon } from "./icon.js";

/** @param {RecordState} state */
export const recordView = (state) => keyed(state.opened, html`
  <dialog class="record" aria-labelledby="record-title" @close=${state.actions.closed} @cancel=${state.actions.cancel}>
    <form class="sheet" novalidate @submit=${state.actions.submit} @keydown=${state.actions.key}>
      ${head(state)}
      <div class="sheet-body">
        ${notices(state)}
        <div class="fields">${state.fields.map((field) => fieldTemplate(field, {
          entity: state.entity, choices: state.choices, create: !state.row, readonly: state.readonly, kept: kept(field, state.row),
        }))}</div>
        ${state.row ? meta(state.row) : nothing}
      </div>
      ${buttons(state)}
    </form>
  </dialog>`);

/** @param {RecordState} state */
const head = ({ row, entity, actions }) => html`
  <header class="sheet-head">
    <h2 id="record-title">${row ? row.name || row.login : t(`new.${entity}`)}</h2>
    ${row ? html`<span class="rev">${t("form.rev", { rev: String(row.rev) })}</span>` : nothing}
    <button type="button" class="btn btn-sm btn-plain square" aria-label=${t("action.close")} @click=${actions.leave}>${icon("x-lg")}</button>
  </header>`;

/** @param {RecordState} state */
const notices = ({ row, entity, deleted, note, error, conflicts, fields, choices, actions }) => html`
  <div class="banner banner-bad" role="alert" ?hidden=${!deleted}>${icon("trash")}<span>${t("form.deleted")}</span>
    <button type="button" class="btn btn-sm btn-plain" @click=${actions.asNew}>${t("form.as_new")}</button></div>
  <div class="banner" role="status" ?hidden=${!note}>${icon("arrow-repeat")}<span>${note}</span></div>
  ${conflicts.length > 0 ? conflictPanel(conflicts, {
    by: row?.updated_by?.name ?? t("form.system"),
    at: formatDate(row?.updated_at, "time"),
    label: (name) => label(entity, name),
    value: (name, value) => shown(fields.find((field) => field.name === name), value, choices),
  }, actions) : nothing}
  <div class="alert alert-danger" role="alert" ?hidden=${!error}>${error}</div>
  <div class="alert alert-danger" data-summary hidden></div>`;

/** @param {RecordState} state */
const buttons = ({ row, readonly, deleted, saving, actions }) => html`
  <footer class="sheet-buttons">
    ${row && !readonly && !deleted ? html`<button type="button" class="btn btn-plain start" @click=${actions.remove}>${icon("trash")} ${t("action.delete")}</button>` : nothing}
    <button type="button" class="btn btn-plain" @click=${actions.leave}>${t(readonly ? "action.close" : "action.cancel")}</button>
    ${readonly ? nothing : html`<button class="btn btn-primary" ?disabled=${saving || deleted}>${t(row ? "action.save" : "action.add")}</button>`}
  </footer>`;

/** @param {Row} row */
const meta = (row) => html`
  <p class="meta">${t("form.updated", { ago: formatAgo(row.updated_at), by: row.updated_by?.name ?? t("form.system") })}
    · ${t("form.created", { date: formatDate(row.created_at) })}</p>`;

/** The choice that the row holds, which its select must offer even when the list has it no more. @param {FieldSpec} field @param {Row|null} row */
function kept(field, row) {
  const id = field.kind === "select" ? row?.[field.name] : null;
  return id ? { id, name: row?.[field.name.replace(/_id$/, "_name")] ?? `#${id}` } : null;
}

/** A value in words. @param {FieldSpec|undefined} field @param {any} value @param {RecordState["choices"]} choices */
function shown(field, value, choices) {
  if (value === null || value === undefined || value === "") return t("form.none");
  if (field?.kind === "switch") return t(value ? "word.yes" : "word.no");
  if (field?.kind === "words") return t(`word.${value}`);
  if (field?.kind === "rights") return value.join(", ");
  if (field?.kind === "select") return choices[field.choices ?? ""]?.find(({ id }) => id === value)?.name ?? `#${value}`;
  return String(value);
}
