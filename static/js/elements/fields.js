/**
 * The fields of a record's form: how each kind is drawn, read and filled.
 *
 * What a person types is his: nothing here binds a value, so no redraw can take it away. Values are put in once, by {@link fill}.
 *
 * @typedef {object} FieldSpec
 * @property {string} name
 * @property {"line"|"text"|"select"|"words"|"switch"|"password"|"rights"} kind
 * @property {boolean} [required]
 * @property {number} [min]
 * @property {number} [max]           characters
 * @property {string} [choices]       `select`: the entity to choose from
 * @property {string[]} [words]       `words`: what can be chosen, each with a text `word.<word>`
 * @property {import("../core/words.js").Key} [hint]  a line below the field
 * @property {string} [type]          `line`: the input's type
 * @property {string} [autocomplete]
 * @property {boolean} [wide]         takes a line of its own
 * @property {boolean} [createOnly]   required for a new record only
 *
 * @typedef {import("../core/refs.js").Choice} Choice
 */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { ENTITIES, OTHER_RIGHTS } from "../core/rights.js";
import { label, t } from "../core/words.js";

/**
 * @typedef {object} FieldContext
 * @property {string} entity
 * @property {boolean} create             a new record
 * @property {boolean} readonly
 * @property {(field: FieldSpec) => Choice[]} offered   what a select offers
 * @property {string} [prefix]            of names and ids, where a second control of the same field is on the page
 * @property {unknown} [beside]           what stands beside the label
 * @property {unknown} [below]            and below the control
 */

/** @param {FieldSpec} field @param {FieldContext} context */
export function fieldTemplate(field, context) {
  if (field.kind === "switch") return switchField(field, context);
  if (field.kind === "rights") return rightsField(field, context);
  const { entity, create, prefix = "", beside, below } = context;
  const id = `${prefix}field-${field.name}`;
  const required = Boolean(field.required && (create || !field.createOnly));
  return html`
    <div class="field ${field.kind === "text" || field.wide ? "wide" : ""}" data-field=${prefix + field.name}>
      <div class="field-head">
        <label class="form-label" for=${id}>${label(entity, field.name)}${required ? html`<span class="must" aria-hidden="true"> *</span>` : nothing}</label>
        ${beside ?? nothing}
      </div>
      ${control(field, id, required, context)}
      ${below ?? nothing}
      ${field.hint ? html`<div class="form-text" id="${id}-hint">${t(field.hint)}</div>` : nothing}
    </div>`;
}

/** @param {FieldSpec} field @param {string} id @param {boolean} required @param {FieldContext} context */
function control(field, id, required, { offered, readonly, prefix = "" }) {
  const hint = field.hint ? `${id}-hint` : nothing;
  const name = prefix + field.name;
  switch (field.kind) {
    case "text":
      return html`<textarea class="form-control" id=${id} name=${name} rows="3" maxlength=${field.max ?? nothing} ?readonly=${readonly} aria-describedby=${hint}></textarea>`;
    case "words":
      return html`<select class="form-select" id=${id} name=${name} ?disabled=${readonly}>
        ${field.words?.map((word) => html`<option value=${word}>${t(`word.${word}`)}</option>`)}</select>`;
    case "select":
      return html`<select class="form-select" id=${id} name=${name} ?required=${required} ?disabled=${readonly} aria-describedby=${hint}>
        <option value="">${required ? t("form.choose") : t("form.none")}</option>
        ${repeat(offered(field), ({ id }) => id, ({ id, name }) => html`<option value=${id}>${name}</option>`)}</select>`;
    default:
      return html`<input class="form-control" id=${id} name=${name} type=${field.kind === "password" ? "password" : field.type ?? "text"}
        ?required=${required} minlength=${field.min ?? nothing} maxlength=${field.max ?? nothing} autocomplete=${field.autocomplete ?? "off"}
        ?readonly=${readonly} aria-describedby=${hint}>`;
  }
}

/** @param {FieldSpec} field @param {FieldContext} context */
const switchField = (field, { entity, readonly, prefix = "", beside, below }) => html`
  <div class="field" data-field=${prefix + field.name}>
    <div class="field-head">
      <div class="form-check form-switch">
        <input class="form-check-input" type="checkbox" role="switch" id="${prefix}field-${field.name}" name=${prefix + field.name} ?disabled=${readonly}>
        <label class="form-check-label" for="${prefix}field-${field.name}">${label(entity, field.name)}</label>
      </div>
      ${beside ?? nothing}
    </div>
    ${below ?? nothing}
  </div>`;

/** @param {FieldSpec} field @param {FieldContext} context */
const rightsField = (field, { entity: owner, readonly, prefix = "", beside, below }) => html`
  <fieldset class="field wide rights" data-field=${prefix + field.name} ?disabled=${readonly}>
    <legend class="form-label">${label(owner, field.name)}</legend>
    ${beside ?? nothing}
    <div class="rights-grid">
      <span></span><span class="rights-head" aria-hidden="true">${t("right.view")}</span><span class="rights-head" aria-hidden="true">${t("right.edit")}</span>
      ${ENTITIES.map((entity) => html`
        <span>${t(`page.${entity}`)}</span>
        ${["view", "edit"].map((verb) => html`<span class="rights-cell">
          <input class="form-check-input" type="checkbox" name=${prefix + field.name} value="${entity}.${verb}" aria-label="${t(`page.${entity}`)}: ${t(`right.${verb}`)}"></span>`)}`)}
    </div>
    <div class="rights-other">
      ${OTHER_RIGHTS.map((right) => html`
        <label class="form-check"><input class="form-check-input" type="checkbox" name=${prefix + field.name} value=${right}>
          <span class="form-check-label">${t(`right.${right}`)}</span></label>`)}
    </div>
    ${below ?? nothing}
  </fieldset>`;

/** What the form holds now. @param {HTMLFormElement} form @param {FieldSpec[]} fields @param {string} [prefix] @returns {Record<string, any>} */
export function read(form, fields, prefix = "") {
  return Object.fromEntries(fields.map((field) => [field.name, readOne(controls(form, prefix + field.name), field)]));
}

/** @param {HTMLInputElement[]} inputs @param {FieldSpec} field */
function readOne(inputs, field) {
  switch (field.kind) {
    case "switch": return inputs[0].checked;
    case "rights": return inputs.filter((input) => input.checked).map((input) => input.value);
    case "select": return inputs[0].value || null;
    case "line": return inputs[0].value.trim();
    default: return inputs[0].value;
  }
}

/** Puts these values in, and no others. @param {HTMLFormElement} form @param {FieldSpec[]} fields @param {Record<string, any>} values @param {string} [prefix] */
export function fill(form, fields, values, prefix = "") {
  for (const field of fields) if (field.name in values) fillOne(controls(form, prefix + field.name), field, values[field.name]);
}

/** @param {HTMLInputElement[]} inputs @param {FieldSpec} field @param {any} value */
function fillOne(inputs, field, value) {
  if (field.kind === "switch") inputs[0].checked = Boolean(value);
  else if (field.kind === "rights") for (const input of inputs) input.checked = (value ?? []).includes(input.value);
  else inputs[0].value = value ?? "";
}

/** @param {HTMLFormElement} form @param {string} name @returns {HTMLInputElement[]} */
const controls = (form, name) => [.../** @type {any} */ (form.querySelectorAll(`[name="${CSS.escape(name)}"]`))];
