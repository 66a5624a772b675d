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
 * @param {FieldSpec} field
 * @param {{entity: string, choices: Record<string, Choice[]>, create: boolean, readonly: boolean, kept: any}} context `kept`: the value that a select
 *   must offer even if the list has it no more
 */
export function fieldTemplate(field, context) {
  if (field.kind === "switch") return switchField(field, context);
  if (field.kind === "rights") return rightsField(field, context);
  const id = `field-${field.name}`;
  const required = field.required && (context.create || !field.createOnly);
  return html`
    <div class="field ${field.kind === "text" || field.wide ? "wide" : ""}" data-field=${field.name}>
      <label class="form-label" for=${id}>${label(context.entity, field.name)}${required ? html`<span class="must" aria-hidden="true"> *</span>` : nothing}</label>
      ${control(field, id, Boolean(required), context)}
      ${field.hint ? html`<div class="form-text" id="${id}-hint">${t(field.hint)}</div>` : nothing}
    </div>`;
}

/** @param {FieldSpec} field @param {string} id @param {boolean} required @param {any} context */
function control(field, id, required, { choices, readonly, kept }) {
  const hint = field.hint ? `${id}-hint` : nothing;
  switch (field.kind) {
    case "text":
      return html`<textarea class="form-control" id=${id} name=${field.name} rows="3" maxlength=${field.max ?? nothing} ?readonly=${readonly} aria-describedby=${hint}></textarea>`;
    case "words":
      return html`<select class="form-select" id=${id} name=${field.name} ?disabled=${readonly}>
        ${field.words?.map((word) => html`<option value=${word}>${t(`word.${word}`)}</option>`)}</select>`;
    case "select":
      return html`<select class="form-select" id=${id} name=${field.name} ?required=${required} ?disabled=${readonly} aria-describedby=${hint}>
        <option value="">${required ? t("form.choose") : t("form.none")}</option>
        ${repeat(offered(choices[field.choices ?? ""] ?? [], kept), ({ id }) => id, ({ id, name }) => html`<option value=${id}>${name}</option>`)}</select>`;
    default:
      return html`<input class="form-control" id=${id} name=${field.name} type=${field.kind === "password" ? "password" : field.type ?? "text"}
        ?required=${required} minlength=${field.min ?? nothing} maxlength=${field.max ?? nothing} autocomplete=${field.autocomplete ?? "off"}
        ?readonly=${readonly} aria-describedby=${hint}>`;
  }
}

/** A choice that was deleted while it stands in the form is still shown, or the select would jump to another. @param {Choice[]} choices @param {any} kept */
function offered(choices, kept) {
  if (!kept || choices.some(({ id }) => id === kept.id)) return choices;
  return [...choices, kept];
}

/** @param {FieldSpec} field @param {any} context */
const switchField = (field, { entity, readonly }) => html`
  <div class="field" data-field=${field.name}>
    <div class="form-check form-switch">
      <input class="form-check-input" type="checkbox" role="switch" id="field-${field.name}" name=${field.name} ?disabled=${readonly}>
      <label class="form-check-label" for="field-${field.name}">${label(entity, field.name)}</label>
    </div>
  </div>`;

/** @param {FieldSpec} field @param {any} context */
const rightsField = (field, { entity: owner, readonly }) => html`
  <fieldset class="field wide rights" data-field=${field.name} ?disabled=${readonly}>
    <legend class="form-label">${label(owner, field.name)}</legend>
    <div class="rights-grid">
      <span></span><span class="rights-head" aria-hidden="true">${t("right.view")}</span><span class="rights-head" aria-hidden="true">${t("right.edit")}</span>
      ${ENTITIES.map((entity) => html`
        <span>${t(`page.${entity}`)}</span>
        ${["view", "edit"].map((verb) => html`<span class="rights-cell">
          <input class="form-check-input" type="checkbox" name=${field.name} value="${entity}.${verb}" aria-label="${t(`page.${entity}`)}: ${t(`right.${verb}`)}"></span>`)}`)}
    </div>
    <div class="rights-other">
      ${OTHER_RIGHTS.map((right) => html`
        <label class="form-check"><input class="form-check-input" type="checkbox" name=${field.name} value=${right}>
          <span class="form-check-label">${t(`right.${right}`)}</span></label>`)}
    </div>
  </fieldset>`;

/** What the form holds now. @param {HTMLFormElement} form @param {FieldSpec[]} fields @returns {Record<string, any>} */
export function read(form, fields) {
  return Object.fromEntries(fields.map((field) => [field.name, readOne(controls(form, field.name), field)]));
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

/** Puts these values in, and no others. @param {HTMLFormElement} form @param {FieldSpec[]} fields @param {Record<string, any>} values */
export function fill(form, fields, values) {
  for (const field of fields) if (field.name in values) fillOne(controls(form, field.name), field, values[field.name]);
}

/** @param {HTMLInputElement[]} inputs @param {FieldSpec} field @param {any} value */
function fillOne(inputs, field, value) {
  if (field.kind === "switch") inputs[0].checked = Boolean(value);
  else if (field.kind === "rights") for (const input of inputs) input.checked = (value ?? []).includes(input.value);
  else inputs[0].value = value ?? "";
}

/** @param {HTMLFormElement} form @param {string} name @returns {HTMLInputElement[]} */
const controls = (form, name) => [.../** @type {any} */ (form.querySelectorAll(`[name="${CSS.escape(name)}"]`))];
