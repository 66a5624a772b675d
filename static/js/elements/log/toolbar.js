/**
 * What is asked for, and what is done with it. The fields hold what the person wants; what the server filters by stands in the foot.
 *
 * @typedef {import("../../core/log-filter.js").LogFilter} LogFilter
 *
 * @typedef {object} Bar
 * @property {LogFilter} wanted
 * @property {{sources: string[], environments: string[]}} facets
 * @property {{field: string, message: string}|null} refusal
 * @property {boolean} paused
 * @property {boolean} filters                 whether the fields are shown
 * @property {string} download                 the address
 * @property {(change: Partial<LogFilter>) => void} narrow
 * @property {() => void} facetsWanted
 * @property {() => void} pause
 * @property {() => void} clear
 */
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "../../core/words.js";
import { PICTURES } from "./pictures.js";

const TYPES = /** @type {const} */ (["scan", "debug", "error", ""]);
/** What a person asks for is seldom one level: it is a level and all above it. */
const LEVELS = /** @type {const} */ ({ "": "all", "info,warning,error,critical": "info", "warning,error,critical": "warning", "error,critical": "error", critical: "critical", debug: "debug" });

/** @param {Bar} bar */
export const toolbar = (bar) => html`
  <div class="bar">
    ${bar.filters ? html`${types(bar)}${levels(bar)}${field("source", bar.facets.sources, bar)}${field("environment", bar.facets.environments, bar)}${text(bar)}` : nothing}
    <div class="tools">
      <button type="button" class="tool" data-do="pause" @click=${bar.pause}>${bar.paused ? PICTURES.play : PICTURES.pause}<span>${bar.paused ? t("logs.resume") : t("logs.pause")}</span></button>
      <a class="tool" data-do="download" href=${bar.download} download title=${t("logs.download_hint")}>${PICTURES.download}<span>${t("logs.download")}</span></a>
      <button type="button" class="tool" data-do="clear" title=${t("logs.clear_hint")} @click=${bar.clear}>${PICTURES.clear}<span>${t("logs.clear")}</span></button>
    </div>
  </div>
  ${bar.filters && bar.refusal ? html`<p class="refusal" id="refusal" role="alert">${t("logs.refused", { why: bar.refusal.message })}</p>` : nothing}`;

/** @param {Bar} bar */
const types = ({ wanted, narrow }) => html`
  <div class="types" role="radiogroup" aria-label=${t("logs.type")}>${TYPES.map((type) => html`
    <label><input type="radio" name="type" value=${type || "all"} .checked=${live(wanted.type === type)} @change=${() => narrow({ type })}><span>${type ? t(`logs.type_${type}`) : t("logs.type_all")}</span></label>`)}
  </div>`;

/** @param {Bar} bar */
function levels({ wanted, narrow }) {
  const others = wanted.level in LEVELS ? [] : [wanted.level];
  const choice = (/** @type {string} */ value, /** @type {unknown} */ words) => html`<option value=${value} .selected=${live(value === wanted.level)}>${words}</option>`;
  return html`
    <select aria-label=${t("logs.level")} data-field="level" @change=${(/** @type {any} */ event) => narrow({ level: event.target.value })}>
      ${Object.entries(LEVELS).map(([value, name]) => choice(value, t(`logs.level_${name}`)))}${others.map((level) => choice(level, level))}
    </select>`;
}

/** @param {"source"|"environment"} name @param {string[]} known @param {Bar} bar */
const field = (name, known, { wanted, narrow, facetsWanted, refusal }) => html`
  <input type="text" class="field" aria-label=${t(`logs.${name}`)} placeholder=${t(`logs.${name}`)} title=${t("logs.prefix_hint")} list="list-${name}" data-field=${name} autocomplete="off"
    aria-invalid=${refusal?.field === name ? "true" : "false"} .value=${wanted[name]} @focus=${facetsWanted} @change=${(/** @type {any} */ event) => narrow({ [name]: event.target.value.trim() })}>
  <datalist id="list-${name}">${known.map((value) => html`<option value=${value}></option>`)}</datalist>`;

/** @param {Bar} bar */
const text = ({ wanted, narrow, refusal }) => html`
  <span class="text">
    <input type="search" class="field" aria-label=${t("logs.text")} placeholder=${t("logs.text")} data-field="text" autocomplete="off" spellcheck="false"
      aria-invalid=${refusal?.field === "text" ? "true" : "false"} aria-describedby=${refusal ? "refusal" : nothing} .value=${live(wanted.text)} @input=${(/** @type {any} */ event) => narrow({ text: event.target.value })}>
    <button type="button" class="tool" data-do="regex" aria-pressed=${wanted.regex ? "true" : "false"} aria-label=${t("logs.regex")} title=${t("logs.regex")} @click=${() => narrow({ regex: !wanted.regex })}><code aria-hidden="true">.*</code></button>
  </span>`;
