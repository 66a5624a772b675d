/**
 * Checking a form and showing what is wrong with it.
 *
 * Each bad field gets `aria-invalid` and a text beside it that says how to mend it; the form gets a summary with links; the focus
 * goes to the first bad field.
 *
 * @typedef {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} Field
 * @typedef {(value: string, form: HTMLFormElement) => string|null|undefined} Rule  the problem in words, or nothing
 */
import { t } from "./words.js";

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, Rule>} [rules]  by the field's name, beside what the markup demands
 * @returns {{valid: boolean, errors: Record<string, string>}}
 */
export function validateForm(form, rules = {}) {
  /** @type {Record<string, string>} */ const errors = {};
  for (const field of fieldsOf(form)) {
    const problem = native(field) ?? rules[field.name]?.(field.value, form);
    if (problem && !(field.name in errors)) errors[field.name] = problem;
  }
  showErrors(form, errors);
  return { valid: Object.keys(errors).length === 0, errors };
}

/** Shows these problems and no others. @param {HTMLFormElement} form @param {Record<string, string>} errors by field name */
export function showErrors(form, errors) {
  const fields = fieldsOf(form);
  for (const field of fields) mark(field, errors[field.name]);
  summary(form, errors, fields);
  fields.find((field) => field.name in errors)?.focus();
}

/** @param {HTMLFormElement} form @returns {Field[]} */
export const fieldsOf = (form) => /** @type {Field[]} */ ([...form.elements].filter((element) => "name" in element && element.name && "validity" in element));

/** What the markup demands, in our words: the browser's come in its own language. @param {Field} field */
function native(field) {
  const { validity } = field;
  if (validity.valid) return null;
  if (validity.valueMissing) return t("field.required");
  if (validity.tooLong) return t("field.too_long", { max: Number(field.getAttribute("maxlength")) });
  if (validity.tooShort) return t("field.too_short", { min: Number(field.getAttribute("minlength")) });
  return t("field.format");
}

/** @param {Field} field @param {string|undefined} problem */
function mark(field, problem) {
  field.classList.toggle("is-invalid", problem !== undefined);
  if (problem === undefined) field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
  const place = feedback(field, problem !== undefined);
  if (place) place.textContent = problem ?? "";
}

/** The text beside the field. @param {Field} field @param {boolean} make */
function feedback(field, make) {
  const id = `${field.id || field.name}-problem`;
  let place = field.form?.querySelector(`[id="${CSS.escape(id)}"]`) ?? null;
  if (!place && make) {
    place = document.createElement("div");
    place.id = id;
    place.className = "invalid-feedback";
    (field.closest("[data-field]") ?? field.parentElement)?.append(place);
    field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  }
  return place;
}

/** @param {HTMLFormElement} form @param {Record<string, string>} errors @param {Field[]} fields */
function summary(form, errors, fields) {
  const place = form.querySelector("[data-summary]");
  if (!(place instanceof HTMLElement)) return;
  const problems = Object.entries(errors);
  place.hidden = problems.length === 0;
  place.replaceChildren(...problems.map(([name, problem]) => line(problem, fields.find((field) => field.name === name))));
}

/** @param {string} problem @param {Field|undefined} field */
function line(problem, field) {
  const row = document.createElement("div");
  const label = field?.labels?.[0]?.textContent?.replace(/\*\s*$/, "").trim();
  if (!field?.id) {
    row.textContent = problem;
    return row;
  }
  const link = document.createElement("a");
  link.href = `#${field.id}`;
  link.className = "alert-link";
  link.textContent = label ? `${label}: ${problem}` : problem;
  link.addEventListener("click", (event) => (event.preventDefault(), field.focus()));
  row.append(link);
  return row;
}
