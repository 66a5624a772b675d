/**
 * Two people changed the same fields: for each of them what it was, mine, theirs, or another value, and the person decides.
 *
 * It lies above the record's dialog. What comes while it is open is shown in it; what was chosen or typed stays.
 *
 * @typedef {import("./fields.js").FieldSpec} FieldSpec
 * @typedef {import("../core/draft.js").Conflict} Conflict
 * @typedef {import("../core/draft.js").Author} Author
 *
 * @typedef {object} Clashes
 * @property {Conflict[]} conflicts
 * @property {Map<string, Author>} merged      fields that merged by themselves
 * @property {number} changed                  how many fields I changed
 * @property {(field: FieldSpec) => import("../core/refs.js").Choice[]} offered
 * @property {(name: string, value: any) => string} value    in words
 */
import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { label, t } from "../core/words.js";
import { validateForm } from "../core/form.js";
import { signed } from "./author.js";
import { fieldTemplate, fill, read } from "./fields.js";
import { icon } from "./icon.js";

/** Before the names of the controls for another value. */
const OWN = "own-";

export class ConflictDialog {
  #place = document.createElement("div");
  /** @type {Clashes|null} */ #clashes = null;
  /** Field → what was chosen. @type {Map<string, "mine"|"theirs"|"own">} */ #chosen = new Map();
  #resolve = (/** @type {Record<string, any>|null} */ _values) => {};
  #entity;
  #fields;

  /** @param {string} entity @param {FieldSpec[]} fields */
  constructor(entity, fields) {
    this.#entity = entity;
    this.#fields = fields;
  }

  get open() {
    return this.#clashes !== null;
  }

  /** @param {Clashes} clashes @returns {Promise<Record<string, any>|null>} what was decided, by field; null: nothing */
  ask(clashes) {
    this.#chosen.clear();
    document.body.append(this.#place); // behind the record's dialog in the document: toasts look for the last one
    this.#draw(clashes);
    this.#dialog.showModal();
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Others went on, or the language changed. @param {Clashes} clashes */
  update(clashes) {
    if (!this.open) return;
    if (clashes.conflicts.length === 0) this.#answer({}); // nothing is left to decide
    else this.#draw(clashes);
  }

  /** Takes the question back. */
  close() {
    if (this.open) this.#answer(null);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.#place.querySelector("dialog"));
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.#place.querySelector("form"));
  }

  /** @param {Clashes} clashes */
  #draw(clashes) {
    this.#clashes = clashes;
    render(this.#template(clashes), this.#place);
    for (const { name, mine } of clashes.conflicts) if (!this.#chosen.has(name)) this.#begin(name, mine);
  }

  /** At first mine is chosen, and it is what another value begins with. @param {string} name @param {any} mine */
  #begin(name, mine) {
    this.#chosen.set(name, "mine");
    fill(this.#form, this.#field(name), { [name]: mine }, OWN);
    const radio = this.#form.querySelector(`[name="choice-${CSS.escape(name)}"][value="mine"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
  }

  /** @param {string} name */
  #field(name) {
    return this.#fields.filter((field) => field.name === name);
  }

  /** @param {Clashes} clashes */
  #template({ conflicts, merged, changed, offered, value }) {
    return html`
      <dialog class="conflict" aria-labelledby="conflict-title" @close=${() => this.close()}>
        <form class="sheet" novalidate @submit=${this.#submit}>
          <header class="sheet-head"><h2 id="conflict-title">${icon("exclamation-triangle")} ${t("conflict.title", { count: conflicts.length, all: Math.max(changed, conflicts.length) })}</h2></header>
          <div class="sheet-body">
            <p>${t("conflict.kept")}</p>
            ${repeat(conflicts, ({ name }) => name, (conflict) => this.#clash(conflict, offered, value))}
            ${merged.size > 0 ? html`<ul class="merged">${[...merged].map(([name, by]) => html`
              <li data-merged=${name}>${icon("check2")} <b>${label(this.#entity, name)}</b> — ${t("conflict.merged", { by: signed(by) })}</li>`)}</ul>` : nothing}
          </div>
          <footer class="sheet-buttons">
            <button type="button" class="btn btn-plain start" data-theirs @click=${this.#takeAll}>${t("conflict.take_all")}</button>
            <button type="button" class="btn btn-plain" @click=${() => this.close()}>${t("action.cancel")}</button>
            <button class="btn btn-primary">${t("conflict.save")}</button>
          </footer>
        </form>
      </dialog>`;
  }

  /** @param {Conflict} conflict @param {Clashes["offered"]} offered @param {Clashes["value"]} value */
  #clash({ name, base, mine, theirs, by }, offered, value) {
    const [field] = this.#field(name);
    const own = this.#chosen.get(name) === "own";
    return html`
      <fieldset class="choice" data-conflict=${name}>
        <legend>${label(this.#entity, name)}</legend>
        <div class="choice-was"><span class="choice-head">${t("conflict.base")}</span><span class="choice-value">${value(name, base)}</span></div>
        ${this.#option(name, "mine", t("conflict.mine"), value(name, mine))}
        ${this.#option(name, "theirs", signed(by), value(name, theirs))}
        ${this.#option(name, "own", t("conflict.own"), null)}
        <fieldset class="choice-own" ?hidden=${!own} ?disabled=${!own}>
          ${fieldTemplate({ ...field, hint: undefined }, { entity: this.#entity, create: false, readonly: false, offered, prefix: OWN })}</fieldset>
      </fieldset>`;
  }

  /** @param {string} name @param {"mine"|"theirs"|"own"} choice @param {string} head @param {string|null} value */
  #option(name, choice, head, value) {
    return html`
      <label class="choice-option"><input class="form-check-input" type="radio" name="choice-${name}" value=${choice} @change=${() => this.#choose(name, choice)}>
        <span class="choice-head">${head}</span>${value === null ? nothing : html`<span class="choice-value">${value}</span>`}</label>`;
  }

  /** @param {string} name @param {"mine"|"theirs"|"own"} choice */
  #choose(name, choice) {
    this.#chosen.set(name, choice);
    if (this.#clashes) this.#draw(this.#clashes);
    if (choice === "own") /** @type {HTMLElement|null} */ (this.#form.querySelector(`[name="${CSS.escape(OWN + name)}"]`))?.focus();
  }

  #submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!this.#clashes || !validateForm(this.#form).valid) return;
    const { conflicts } = this.#clashes;
    this.#answer(Object.fromEntries(conflicts.map((conflict) => [conflict.name, this.#decided(conflict)])));
  };

  /** @param {Conflict} conflict */
  #decided({ name, mine, theirs }) {
    const choice = this.#chosen.get(name);
    if (choice === "own") return read(this.#form, this.#field(name), OWN)[name];
    return choice === "theirs" ? theirs : mine;
  }

  #takeAll = () => {
    const { conflicts = [] } = this.#clashes ?? {};
    this.#answer(Object.fromEntries(conflicts.map(({ name, theirs }) => [name, theirs])));
  };

  /** @param {Record<string, any>|null} values */
  #answer(values) {
    this.#clashes = null; // before the close event comes
    this.#dialog.close();
    this.#place.remove();
    this.#resolve(values);
  }
}
