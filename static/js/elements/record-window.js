/**
 * The window of one record: a new one, or one that others may be editing too.
 *
 * It opens, closes, asks before something would be lost and draws; what happens to the record in between is {@link RecordSession}'s.
 * One window serves one page; each opening has a session and a form of its own.
 *
 * @typedef {import("./fields.js").FieldSpec} FieldSpec
 * @typedef {import("../core/store.js").Row} Row
 */
import { render } from "lit";
import { i18n, t } from "../core/words.js";
import { ConflictDialog } from "./conflict-dialog.js";
import { looksAgain } from "./looks.js";
import { Names } from "./names.js";
import { ask } from "./question.js";
import { RecordFace } from "./record-face.js";
import { RecordSession } from "./record-session.js";
import { Shelf } from "./shelf.js";

/**
 * @typedef {object} WindowPorts
 * @property {string} entity
 * @property {FieldSpec[]} fields
 * @property {import("../core/rights.js").User} user
 * @property {boolean} readonly             he may look only
 * @property {(entity: string) => boolean} mayChoose
 * @property {import("../core/store.js").Request} request
 * @property {(row: Row, what: "added"|"updated") => void} saved
 * @property {() => void} closed
 * @property {(row: Row) => void} remove
 * @property {import("./list-view.js").Extra["panel"]} [panel]   what else the dialog shows of a record
 */

export class RecordWindow {
  /** @type {RecordSession|null} */ #session = null;
  /** Counts openings. */ #opened = 0;
  /** What was heard while a form is about to open; null: none is. @type {import("../core/wire.js").SyncEvent[]|null} */ #early = null;
  /** Somebody decided that what was typed is not wanted, or it is saved. */ #settled = false;
  /** @type {Element|null} */ #opener = null;
  #place = document.createElement("div");
  #names;
  #face;
  #shelf;
  #conflict;
  #ports;

  /** @param {WindowPorts} ports */
  constructor(ports) {
    this.#ports = ports;
    this.#names = new Names(ports.request);
    this.#face = new RecordFace(ports.entity, ports.fields, this.#names);
    this.#shelf = new Shelf(ports.user.id, ports.entity, ports.fields, { draft: () => this.#session?.unsaved ?? null, onChange: () => this.#draw() });
    this.#conflict = new ConflictDialog(ports.entity, ports.fields);
    document.body.append(this.#place);
    i18n.onChange(() => this.#draw());
  }

  /** The id of the record shown, `"new"` for a new one, or null. */
  get id() {
    return this.#session?.id ?? null;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.#place.querySelector("dialog.record"));
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.#place.querySelector("form"));
  }

  /** @param {Row|null} row null: a new one @param {Record<string, any>} [values] what a new one begins with */
  async open(row, values = {}) {
    if (this.#session || this.#early) return;
    this.#opener = document.activeElement;
    this.#early = [];
    await this.learn();
    const early = this.#early.splice(0);
    this.#early = null;
    this.#opened += 1;
    this.#settled = false;
    this.#session = this.#begins(row, values);
    this.#draw();
    this.#session.begin();
    this.#dialog.showModal();
    /** @type {HTMLElement|null} */ (this.#form.querySelector("input:not([readonly]), select, textarea"))?.focus();
    await this.hear(early);
  }

  /** A record that is gone: if something was typed about it, the form comes back with it. @param {string} id @returns {Promise<boolean>} */
  async rescue(id) {
    const kept = this.#ports.readonly ? null : this.#shelf.find(id);
    if (!kept) return false;
    await this.open({ ...kept.values, ...kept.ancestor, id, rev: 0 });
    this.#session?.gone();
    return true;
  }

  /** Asks again what the selects offer: names may have changed. */
  async learn() {
    const entities = this.#ports.fields.flatMap((field) => (field.choices && this.#ports.mayChoose(field.choices) ? [field.choices] : []));
    await this.#names.learn(new Set(entities));
    this.#draw();
  }

  /** Others changed something. @param {import("../core/wire.js").SyncEvent[]} events */
  async hear(events) {
    this.#early?.push(...events);
    const session = this.#session;
    if (!session) return;
    if (events.some(looksAgain)) await this.learn();
    await session.hear(events);
  }

  /** Closes without asking; what was typed stays put away. */
  close() {
    this.#dialog?.close();
  }

  /** Closes: what was typed is saved, or not wanted. */
  #settle() {
    this.#settled = true;
    this.close();
  }

  /** @param {Row|null} row @param {Record<string, any>} values */
  #begins(row, values) {
    const { entity, fields, readonly, request, user, saved, panel } = this.#ports;
    return new RecordSession(row, values, {
      entity, fields, readonly, request, saved, panel,
      locked: (user.locks ?? []).includes(entity),
      names: this.#names,
      shelf: this.#shelf,
      form: () => this.#form,
      draw: () => this.#draw(),
      close: () => this.#settle(),
      decide: () => this.#decide(),
    });
  }

  /** Asks about what both changed. @returns {Promise<boolean>} false: not now */
  async #decide() {
    const session = this.#session;
    if (!session || session.deleted) return false;
    const values = await this.#conflict.ask(this.#face.clashes(session.edit));
    if (values) session.edit.decide(values);
    return values !== null;
  }

  #draw() {
    const session = this.#session;
    if (!session) return;
    render(this.#face.template(session, { opened: this.#opened, kept: this.#shelf.kept, actions: this.#actions }), this.#place);
    if (session.deleted) this.#conflict.close();
    else if (this.#conflict.open) this.#conflict.update(this.#face.clashes(session.edit));
  }

  /** @type {import("./record-view.js").RecordState["actions"]} */
  #actions = {
    closed: () => this.#closed(),
    cancel: (event) => this.#cancel(event),
    submit: (event) => (event.preventDefault(), this.#session?.submit()),
    key: (event) => this.#key(event),
    input: (event) => this.#session?.typing(fieldOf(event)),
    focus: (event) => this.#session?.company?.moved(fieldOf(event)),
    leave: () => this.#leave(),
    remove: () => this.#session?.row && this.#ports.remove(this.#session.row),
    asNew: () => this.#session?.asNew(),
    take: (name) => (this.#session?.take(name), this.#focus(name)),
    takeLock: () => this.#session?.company?.lock?.take(),
    discard: () => this.#session?.discard(),
    toggleHistory: () => this.#session?.history?.toggle(),
  };

  /** @param {string} name */
  #focus(name) {
    /** @type {HTMLElement|null} */ (this.#form.querySelector(`[name="${CSS.escape(name)}"]`))?.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.code !== "KeyS" || !(event.ctrlKey || event.metaKey)) return; // the key, in whatever alphabet it writes
    event.preventDefault();
    this.#form.requestSubmit();
  }

  /** Esc. @param {Event} event */
  #cancel(event) {
    if (event.target !== this.#dialog || !this.#session?.unsaved) return;
    event.preventDefault();
    this.#leave();
  }

  async #leave() {
    const session = this.#session;
    const away = !session?.unsaved || (await ask({ title: t("form.leave_title"), text: t("form.leave_text"), yes: t("form.leave_yes"), no: t("form.leave_no"), danger: true }));
    if (away && session === this.#session) this.#settle();
  }

  /** However it came about. The browser closes on a second Esc without asking: then the draft stays. */
  #closed() {
    this.#conflict.close();
    this.#session?.end(!this.#settled);
    this.#session = null;
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus({ preventScroll: true });
    this.#ports.closed();
  }
}

/** The field that an event is about. @param {Event} event */
const fieldOf = ({ target }) => (target instanceof Element ? target.closest("[data-field]")?.getAttribute("data-field") ?? "" : "");
