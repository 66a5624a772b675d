/**
 * One opening of a record: from the row it began with to its save, or to its end.
 *
 * Fields that I did not touch follow the others; what I typed stays, whatever comes. It decides nothing about what both changed: the
 * field says so at once, and saving asks. How it looks, and how it is opened and closed, is the dialog's.
 *
 * @typedef {import("../core/store.js").Row} Row
 * @typedef {import("../core/draft.js").Author} Author
 *
 * @typedef {object} SessionPorts
 * @property {string} entity
 * @property {import("./fields.js").FieldSpec[]} fields
 * @property {boolean} readonly                     he may look only
 * @property {boolean} locked                       editing wants the lock
 * @property {import("../core/store.js").Request} request
 * @property {import("./names.js").Names} names
 * @property {import("./shelf.js").Shelf} shelf
 * @property {() => HTMLFormElement} form
 * @property {() => void} draw
 * @property {() => void} close
 * @property {() => Promise<boolean>} decide         asks about what both changed; false: not now
 * @property {(row: Row, what: "added"|"updated") => void} saved
 * @property {import("./list-view.js").Extra["panel"]} [panel]
 */
import { showErrors, validateForm } from "../core/form.js";
import { label, quoted, t } from "../core/words.js";
import { showToast } from "../utils.js";
import { authorOf, authorOfEvent, signed } from "./author.js";
import { Company } from "./company.js";
import { History } from "./history.js";
import { looksAgain } from "./looks.js";
import { RecordEdit } from "./record-edit.js";
import { mergedWords, refusal, save } from "./record-save.js";

/** @type {Author} */
const SOMEBODY = { name: "", at: null };

export class RecordSession {
  /** @type {Company|null} */ company = null;
  /** @type {History|null} */ history = null;
  /** What else is shown of it. @type {{template: () => unknown, end: () => void}|null} */ panel = null;
  saving = false;
  /** By whom, where it was deleted meanwhile. @type {Author|null} */ deleted = null;
  /** What others changed, for those who hear the page. */ note = "";
  error = "";
  /** Of when the draft is that was brought back, ms. @type {number|null} */ restored = null;
  /** The form is there. */ #ready = false;
  /** @type {import("../core/drafts.js").Kept|null} */ #kept;
  #ports;

  /** @param {Row|null} row null: a new one @param {Record<string, any>} values what a new one begins with @param {SessionPorts} ports */
  constructor(row, values, ports) {
    this.#ports = ports;
    this.row = row;
    this.#kept = ports.readonly ? null : ports.shelf.begin(this.id);
    this.edit = this.#edits(row ?? values, this.#kept?.ancestor);
    ports.names.read(ports.fields, row ?? {});
    if (row) this.#meet(row.id);
  }

  /** The record's, or `"new"`. */
  get id() {
    return this.row?.id ?? "new";
  }

  get readonly() {
    return this.#ports.readonly || (this.company?.blocked ?? false);
  }

  /** What there is to put away; null: nothing would be lost. */
  get unsaved() {
    if (!this.#ready || this.#ports.readonly || !(this.edit.dirty || this.deleted)) return null;
    const { values, draft } = this.edit;
    return { ...draft.saved(values), values };
  }

  /** The form is drawn: what is typed into it begins to count. */
  begin() {
    this.#ready = true;
    this.edit.show({ ...this.edit.draft.row, ...this.#kept?.mine });
    if (!this.#kept) return;
    if (!this.edit.dirty) return this.#ports.shelf.drop();
    this.restored = this.#kept.at;
    this.typing(this.edit.touched[0]);
  }

  /** It is over. What was typed is kept only if nobody decided about it. @param {boolean} keep */
  end(keep) {
    if (!keep) this.#ports.shelf.drop();
    if (!keep) this.#ready = false;
    this.#ports.shelf.end();
    this.#ready = false;
    this.#part();
    this.history = null;
  }

  /** Others changed something; perhaps this record. @param {import("../core/wire.js").SyncEvent[]} events */
  async hear(events) {
    if (!this.#ready || !this.row) return;
    if (events.some(looksAgain)) await this.#look();
    const mine = events.filter((event) => event.id === this.id && !event.soft);
    for (const event of mine) {
      if (!this.#ready) return;
      if (event.reason === "deleted") this.gone(authorOfEvent(event));
      else if (event.data) this.#theirs(event.data, authorOfEvent(event));
      else await this.#look();
    }
    if (mine.length > 0 || events.some(looksAgain)) await this.history?.look();
  }

  /** It was deleted. @param {Author} by */
  gone(by = SOMEBODY) {
    this.#part();
    this.deleted = by;
    this.#ports.shelf.touch();
    this.#ports.draw();
  }

  /** What is in the form of a deleted record becomes a new one. */
  asNew() {
    const { values } = this.edit;
    this.row = null;
    this.edit = this.#edits({});
    this.history = null;
    Object.assign(this, { deleted: null, note: "", restored: null });
    this.edit.show(values);
    this.typing("");
  }

  /** The draft that was brought back is not wanted. */
  discard() {
    this.#ports.shelf.drop();
    this.restored = null;
    const { row } = this.edit.draft;
    this.edit = this.#edits(row);
    this.edit.show(row);
    showErrors(this.#ports.form(), {});
  }

  /** The person types, or something is put into the form for him. @param {string} name of the field */
  typing(name) {
    if (name) this.company?.typing(name);
    this.#ports.shelf.touch();
    this.#ports.draw();
  }

  /** Theirs, in a field that both changed. @param {string} name */
  take(name) {
    this.edit.take(name);
    this.typing(name);
  }

  /** An older value, from the history. @param {string} name @param {any} value */
  put(name, value) {
    if (this.readonly) return;
    this.edit.show({ [name]: value });
    this.typing(name);
  }

  async submit() {
    if (this.saving || this.deleted || this.readonly) return;
    this.error = "";
    if (!validateForm(this.#ports.form()).valid) return this.#ports.draw();
    this.#busy(true);
    try {
      await (this.row ? this.#change(this.row.id) : this.#create());
    } catch (error) {
      this.#refused(/** @type {any} */ (error));
    } finally {
      this.#busy(false);
    }
  }

  async #create() {
    const { request, entity } = this.#ports;
    this.#done((await request("POST", `/api/${entity}`, this.edit.values)).data, "added");
  }

  /** @param {string} id */
  async #change(id) {
    const { request, entity, decide } = this.#ports;
    const { edit } = this;
    const saved = await save(edit, { request, url: `/api/${entity}/${encodeURIComponent(id)}`, decide });
    if (!saved || !this.#ready) return;
    const { row, sent } = saved;
    if (!sent) return this.#done(null, "updated");
    if (edit.draft.merged.size > 0) showToast(t("toast.merged", { changes: mergedWords(edit.draft.merged, entity) }), "info");
    this.row = { ...this.row, ...row };
    edit.took(row, sent);
    if (edit.dirty) this.#ports.saved(row, "updated"); // typed while the answer was under way: the form stays
    else this.#done(row, "updated");
  }

  /** @param {Row|null} row null: there was nothing to save @param {"added"|"updated"} what */
  #done(row, what) {
    this.#ports.close();
    if (row) this.#ports.saved(row, what);
  }

  /** @param {any} error */
  #refused(error) {
    if (error.status === 404 && this.row) return this.gone();
    if (error.code === "locked" && this.company?.lock) return this.company.lock.refused(error.lock);
    this.error = refusal(error, this.#ports.form(), this.edit.draft.names) ?? "";
  }

  async #look() {
    const { id } = this;
    try {
      const { data } = await this.#ports.request("GET", `/api/${this.#ports.entity}/${encodeURIComponent(id)}`);
      if (this.id === id) this.#theirs(data, authorOf(data));
    } catch (error) {
      if (/** @type {any} */ (error).status === 404 && this.id === id && this.#ready) this.gone();
    }
  }

  /** A newer row. @param {Row} row @param {Author} by */
  #theirs(row, by) {
    if (!this.#ready || row.rev <= (this.edit.draft.rev ?? 0)) return;
    this.#ports.names.read(this.#ports.fields, row);
    this.row = { ...this.row, ...row };
    const names = this.edit.rebase(row, by).map((name) => quoted(label(this.#ports.entity, name))).join(", ");
    this.note = names ? t("form.followed", { names, by: signed(by) }) : "";
    this.#ports.shelf.touch();
    this.#ports.draw();
  }

  /** @param {Record<string, any>} row @param {Record<string, any>} [ancestor] */
  #edits(row, ancestor) {
    const form = () => (this.#ready ? this.#ports.form() : null);
    return new RecordEdit(this.#ports.fields, row, { form, ancestor, onChange: this.#ports.draw });
  }

  /** Presence, lock and history. @param {string} id */
  #meet(id) {
    const { entity, readonly, locked, request, fields, names, draw } = this.#ports;
    const put = readonly ? null : (/** @type {string} */ name, /** @type {any} */ value) => this.put(name, value);
    this.company = new Company(entity, id, { locked: locked && !readonly, onChange: draw });
    this.panel = this.#ports.panel?.(() => /** @type {Row} */ (this.row), draw) ?? null;
    this.history = new History(entity, id, { request, fields, onChange: draw, nameOf: names.of, put });
  }

  #part() {
    this.company?.end();
    this.panel?.end();
    this.company = this.panel = null;
  }

  /** @param {boolean} saving */
  #busy(saving) {
    this.saving = saving;
    this.#ports.draw();
  }
}
