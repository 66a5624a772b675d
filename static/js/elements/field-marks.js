/**
 * What stands at a field of a record that several people have open: who is in it, that it is changed here, that it followed the
 * others, or that both changed it.
 *
 * @typedef {import("../core/draft.js").Author} Author
 * @typedef {import("../core/draft.js").Conflict} Conflict
 */
import { html, nothing } from "lit";
import { t } from "../core/words.js";
import { signed } from "./author.js";
import { icon } from "./icon.js";

/** Beside the label. @param {{entity: string, people: import("../core/roster.js").Person[], touched: boolean, fresh: Author|null|undefined}} field */
export const beside = ({ entity, people, touched, fresh }) => html`
  <span class="marks">
    ${people.length > 0 ? html`<presence-bar class="in-field" compact small entity=${entity} .people=${people}></presence-bar>` : nothing}
    ${touched ? html`<span class="field-mark mark-mine">${icon("pencil")}${t("form.mine")}</span>` : nothing}
    ${fresh !== undefined ? html`<span class="field-mark mark-fresh" title=${signed(fresh)}>${icon("arrow-repeat")}${t("form.fresh")}</span>` : nothing}
  </span>`;

/**
 * Below the control, at once and not only when saving. @param {Conflict} conflict @param {string} value theirs, in words
 * @param {boolean} merges it merges by itself @param {() => void} take
 */
export const clash = ({ name, by }, value, merges, take) => html`
  <div class="clash" data-clash=${name}>
    ${icon("exclamation-triangle")}
    <span class="clash-text" title=${value}>${merges ? t("form.both_merge", { by: signed(by) }) : t("form.theirs", { by: signed(by), value })}</span>
    <button type="button" class="btn btn-sm btn-plain" @click=${take}>${t("form.take")}</button>
  </div>`;
