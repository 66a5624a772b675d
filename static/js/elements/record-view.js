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
 * @property {boolean} busy             nothing may be typed while it is saved: the form ends with it
 * @property {import("../core/draft.js").Author|null} deleted   by whom, meanwhile
 * @property {string} note              what others changed, for those who hear the page
 * @property {string} error
 * @property {number|null} restored     of when the draft is that was brought back, ms
 * @property {boolean} kept             what was typed is put away
 * @property {import("../core/lock.js").Lock|null} lock
 * @property {import("../core/roster.js").Person[]} people
 * @property {import("./history.js").History|null} history
 * @property {{template: () => unknown}|null} panel   what else is shown of it
 * @property {(field: FieldSpec) => import("../core/refs.js").Choice[]} offered
 * @property {(field: FieldSpec) => {beside: unknown, below: unknown}} marks
 * @property {Record<"closed"|"leave"|"remove"|"asNew"|"takeLock"|"discard"|"toggleHistory", () => void> &
 *   Record<"cancel"|"submit"|"key"|"input"|"focus", (event: any) => void> & {take: (name: string) => void}} actions
 */
import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { formatAgo, formatDate } from "../core/format.js";
import { t } from "../core/words.js";
import { fieldTemplate } from "./fields.js";
import { icon } from "./icon.js";
import { notices } from "./record-notices.js";
import "./presence-bar.js";

/** @param {RecordState} state */
export const recordView = (state) => keyed(state.opened, html`
  <dialog class="record" aria-labelledby="record-title" @close=${state.actions.closed} @cancel=${state.actions.cancel}>
    <form class="sheet" novalidate @submit=${state.actions.submit} @keydown=${state.actions.key} @input=${state.actions.input} @focusin=${state.actions.focus}>
      ${head(state)}
      <div class="sheet-body">
        ${notices(state)}
        <div class="fields">${state.fields.map((field) => fieldTemplate(field, {
          entity: state.entity, create: !state.row, readonly: state.readonly || state.busy, offered: state.offered, ...state.marks(field),
        }))}</div>
        ${state.row?.rev ? meta(state.row) : nothing}
        ${state.panel?.template() ?? nothing}
        ${state.history?.template() ?? nothing}
      </div>
      ${buttons(state)}
    </form>
  </dialog>`);

/** @param {RecordState} state */
const head = ({ row, entity, people, history, actions }) => html`
  <header class="sheet-head">
    <h2 id="record-title">${row ? row.name || row.login : t(`new.${entity}`)}</h2>
    <span class="sheet-tools">
      ${history ? html`<button type="button" class="btn btn-sm btn-plain" data-history aria-expanded=${String(history.open)} @click=${actions.toggleHistory}>
        ${icon("clock-history")}<span class="label">${t("history.title")}</span></button>` : nothing}
      <button type="button" class="btn btn-sm btn-plain square" aria-label=${t("action.close")} @click=${actions.leave}>${icon("x-lg")}</button>
    </span>
    ${row?.rev ? html`<div class="sheet-sub"><span class="rev">${t("form.rev", { rev: String(row.rev) })}</span>
      <presence-bar class="record-people" entity=${entity} .people=${people}></presence-bar></div>` : nothing}
  </header>`;

/** @param {RecordState} state */
const buttons = ({ row, readonly, deleted, saving, kept, actions }) => html`
  <footer class="sheet-buttons">
    ${row && !readonly && !deleted ? html`<button type="button" class="btn btn-plain start" @click=${actions.remove}>${icon("trash")} ${t("action.delete")}</button>` : nothing}
    <span class="kept" ?hidden=${!kept}>${t("form.kept")}</span>
    <button type="button" class="btn btn-plain" @click=${actions.leave}>${readonly ? t("action.close") : t("action.cancel")}</button>
    ${readonly ? nothing : html`<button class="btn btn-primary" aria-keyshortcuts="Control+S" title="Ctrl+S" ?disabled=${saving || Boolean(deleted)}
      aria-busy=${String(saving)}>${saving ? t("form.saving") : row ? t("action.save") : t("action.add")}</button>`}
  </footer>`;

/** @param {Row} row */
const meta = (row) => html`
  <p class="meta">${t("form.updated", { ago: formatAgo(row.updated_at), by: row.updated_by?.name ?? t("form.system") })}
    · ${t("form.created", { date: formatDate(row.created_at) })}</p>`;
