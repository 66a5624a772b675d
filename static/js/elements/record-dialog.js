/**
 * One record in a dialog: a new one, or one that others may be editing too.
 *
 * Fields that I did not touch follow the others' changes; what I typed stays, whatever comes. If both changed one field, saving asks
 * first; if the record was deleted meanwhile, the dialog stays and offers to save it as a new one.
 *
 * @typedef {import("./fields.js").FieldSpec} FieldSpec
 * @typedef {import("../core/store.js").Row} Row
 */
import { render } from "lit";
import { Draft } from "../core/draft.js";
import { showErrors, validateForm } from "../core/form.js";
import { choices } from "../core/refs.js";
import { explain, explainField, i18n, label, t } from "../core/words.js";
import { fill, read } from "./fields.js";
import { ask } from "./question.js";
import { recordView } from "./record-view.js";

/** A merge that is overtaken again and again is left to the person. */
const MERGES_MAX = 3;

/** Whether an event may have changed names that others show. The idle guard's may not: its look is to cost one 304. @param {import("../core/wire.js").SyncEvent} event */
export const looksAgain = (event) => event.synthetic !== "idle" && (Boolean(event.soft) || event.id === "*");

export class RecordDialog {
  /** @type {Row|null} */ #row = null;
  #draft = new Draft({}, []);
  #opened = 0;
  #state = { open: false, saving: false, deleted: false, note: "", error: "" };
  /** @type {Record<string, import("../core/refs.js").Choice[]>} */ #choices = {};
  /** @type {Element|null} */ #opener = null;
  #place = document.createElement("div");
  #ports;

  /**
   * @param {object} ports
   * @param {string} ports.entity
   * @param {FieldSpec[]} ports.fields
   * @param {boolean} ports.readonly             he may look only
   * @param {(entity: string) => boolean} ports.mayChoose
   * @param {import("../core/store.js").Request} ports.request
   * @param {(row: Row, what: "added"|"updated") => void} ports.saved
   * @param {() => void} ports.closed
   * @param {(row: Row) => void} ports.remove
   */
  constructor(ports) {
    this.#ports = ports;
    document.body.append(this.#place);
    i18n.onChange(() => this.#draw());
  }

  /** The id of the record shown, or null. */
  get id() {
    return this.#state.open && this.#row ? this.#row.id : null;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.#place.querySelector("dialog"));
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.#place.querySelector("form"));
  }

  /** @param {Row|null} row null: a new one @param {Record<string, any>} [values] what a new one begins with */
  async open(row, values = {}) {
    this.#opener = document.activeElement;
    this.#row = row;
    this.#opened += 1;
    this.#draft = new Draft(row ?? values, this.#ports.fields.map((field) => field.name));
    this.#state = { open: true, saving: false, deleted: false, note: "", error: "" };
    await this.learn();
    this.#draw();
    fill(this.#form, this.#ports.fields, this.#draft.base);
    this.#dialog.showModal();
    /** @type {HTMLElement|null} */ (this.#form.querySelector("input:not([readonly]), select, textarea"))?.focus();
  }

  /** Asks again what the selects offer: names may have changed. */
  async learn() {
    const entities = new Set(this.#ports.fields.flatMap((field) => (field.choices && this.#ports.mayChoose(field.choices) ? [field.choices] : [])));
    await Promise.all([...entities].map(async (entity) => {
      this.#choices[entity] = await choices(this.#ports.request, entity).catch(() => this.#choices[entity] ?? []);
    }));
    if (this.#state.open) this.#draw();
  }

  /** Others changed something; perhaps this record. @param {import("../core/wire.js").SyncEvent[]} events */
  async hear(events) {
    const { id } = this;
    if (!this.#state.open) return;
    if (events.some(looksAgain)) await Promise.all([this.learn(), id ? this.#look(id) : null]);
    const mine = events.filter((event) => event.id === id && !event.soft);
    for (const event of mine) {
      if (event.reason === "deleted") this.#gone();
      else if (event.data) this.#theirs(event.data, event.actor?.name);
      else await this.#look(event.id);
    }
  }

  /** @param {string} id */
  async #look(id) {
    try {
      const { data } = await this.#ports.request("GET", `/api/${this.#ports.entity}/${id}`);
      if (this.id === id) this.#theirs(data, data.updated_by?.name);
    } catch (error) {
      if (/** @type {any} */ (error).status === 404 && this.id === id) this.#gone();
    }
  }

  #gone() {
    this.#state.deleted = true;
    this.#draw();
  }

  /** A newer row: what I did not touch follows it. @param {Row} row @param {string} [by] */
  #theirs(row, by) {
    const before = this.#draft.rev;
    const updates = this.#draft.rebase(row, read(this.#form, this.#ports.fields));
    if (row.rev <= before) return;
    this.#row = { ...this.#row, ...row };
    const names = Object.keys(updates).map((name) => `«${label(this.#ports.entity, name)}»`).join(", ");
    this.#state.note = names ? t("form.followed", { names, by: by ?? "?" }) : "";
    this.#draw(); // first: a select must have the option before it can show it
    fill(this.#form, this.#ports.fields, updates);
    this.#flash(Object.keys(updates));
  }

  /** @param {string[]} names */
  #flash(names) {
    for (const name of names) {
      const field = this.#form.querySelector(`[data-field="${CSS.escape(name)}"]`);
      field?.animate([{ backgroundColor: "var(--flash)" }, { backgroundColor: "transparent" }], { duration: 2000 });
    }
  }

  #draw() {
    render(this.#template(), this.#place);
  }

  #template() {
    const { fields, entity, readonly } = this.#ports;
    return recordView({
      ...this.#state, entity, fields, readonly,
      opened: this.#opened,
      row: this.#row,
      choices: this.#choices,
      conflicts: this.#state.deleted ? [] : this.#draft.conflicts,
      actions: {
        closed: () => this.#closed(),
        cancel: (event) => this.#cancel(event),
        submit: (event) => this.#submit(event),
        key: (event) => this.#key(event),
        leave: () => this.#leave(),
        remove: () => this.#row && this.#ports.remove(this.#row),
        asNew: () => this.#asNew(),
        theirs: () => this.#take(),
        mine: () => this.#keep(),
      },
    });
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.#state.saving || this.#state.deleted || this.#ports.readonly) return;
    this.#state.error = "";
    if (!validateForm(this.#form).valid) return;
    if (this.#draft.conflicts.length > 0) return this.#form.querySelector("[data-conflict]")?.scrollIntoView();
    this.#busy(true);
    try {
      await this.#save(MERGES_MAX);
    } catch (error) {
      this.#refused(/** @type {any} */ (error));
    } finally {
      this.#busy(false);
    }
  }

  /** @param {number} merges */
  async #save(merges) {
    const { request, entity, fields } = this.#ports;
    const values = read(this.#form, fields);
    if ("password" in values && values.password === "") delete values.password;
    if (!this.#row) return this.#done((await request("POST", `/api/${entity}`, values)).data, "added");
    const changes = this.#draft.changes(values);
    if (Object.keys(changes).length === 0) return this.#dialog.close();
    try {
      const { data } = await request("PATCH", `/api/${entity}/${this.#row.id}`, changes, { ifMatch: this.#draft.rev });
      this.#done(data, "updated");
    } catch (error) {
      const { current, status } = /** @type {any} */ (error);
      if (status !== 412 || !current) throw error;
      this.#theirs(current, current.updated_by?.name);
      if (this.#draft.conflicts.length === 0 && merges > 0) await this.#save(merges - 1);
    }
  }

  /** @param {Row} row @param {"added"|"updated"} what */
  #done(row, what) {
    this.#draft = new Draft(row, this.#draft.names); // nothing left to lose: closing asks nothing
    fill(this.#form, this.#ports.fields, row);
    this.#dialog.close();
    this.#ports.saved(row, what);
  }

  /** @param {any} error */
  #refused(error) {
    if (error.status === 404) return this.#gone();
    const problems = Object.fromEntries(Object.entries(error.fields ?? {}).map(([name, problem]) => [name, explainField(problem)]));
    const placed = Object.keys(problems).some((name) => this.#draft.names.includes(name));
    if (placed) showErrors(this.#form, problems);
    else this.#state.error = explain(error) + (error.requestId ? ` ${t("error.request", { id: error.requestId })}` : "");
  }

  /** Theirs, where we differ. */
  #take() {
    fill(this.#form, this.#ports.fields, Object.fromEntries(this.#draft.conflicts.map(({ name, theirs }) => [name, theirs])));
    this.#draft.settle();
    this.#draw();
  }

  /** Mine, over theirs. */
  #keep() {
    this.#draft.settle();
    this.#draw();
    this.#form.requestSubmit();
  }

  /** The record is gone; what is in the form becomes a new one. */
  #asNew() {
    this.#row = null;
    this.#draft = new Draft({}, this.#draft.names);
    this.#state = { ...this.#state, deleted: false, note: "" };
    this.#draw();
  }

  /** @param {boolean} saving */
  #busy(saving) {
    this.#state.saving = saving;
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  get #dirty() {
    const values = read(this.#form, this.#ports.fields);
    return !this.#ports.readonly && Object.keys(this.#draft.changes(values)).length > 0;
  }

  /** Esc. @param {Event} event */
  #cancel(event) {
    if (event.target !== this.#dialog || !this.#dirty) return;
    event.preventDefault();
    this.#leave();
  }

  async #leave() {
    const away = !this.#dirty || (await ask({ title: t("form.leave_title"), text: t("form.leave_text"), yes: t("form.leave_yes"), no: t("form.leave_no"), danger: true }));
    if (away) this.close();
  }

  /** Closes without asking. */
  close() {
    this.#dialog?.close();
  }

  #closed() {
    this.#state.open = false;
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus({ preventScroll: true });
    this.#ports.closed();
  }
}
