/**
 * What a record's dialog shows, put together: the fields with their marks, what selects offer, values in words.
 *
 * @typedef {import("./fields.js").FieldSpec} FieldSpec
 * @typedef {import("./record-edit.js").RecordEdit} RecordEdit
 * @typedef {import("./record-session.js").RecordSession} RecordSession
 * @typedef {import("./record-view.js").RecordState} RecordState
 */
import { beside, clash } from "./field-marks.js";
import { recordView } from "./record-view.js";
import { shown } from "./value.js";

export class RecordFace {
  #entity;
  #fields;
  #names;

  /** @param {string} entity @param {FieldSpec[]} fields @param {import("./names.js").Names} names */
  constructor(entity, fields, names) {
    this.#entity = entity;
    this.#fields = fields;
    this.#names = names;
  }

  /** @param {RecordSession} session @param {Pick<RecordState, "opened"|"kept"|"actions">} dialog */
  template(session, dialog) {
    const { row, saving, deleted, note, error, restored, history, panel, company, readonly } = session;
    return recordView({
      ...dialog, row, saving, deleted, note, error, restored, history, panel,
      entity: this.#entity,
      fields: this.#fields,
      readonly,
      busy: saving && !row,
      people: company?.people ?? [],
      lock: company?.lock ?? null,
      offered: this.#offered(session.edit),
      marks: this.#marks(session, dialog.actions.take),
    });
  }

  /** What the person is asked to decide. @param {RecordEdit} edit @returns {import("./conflict-dialog.js").Clashes} */
  clashes(edit) {
    const { draft, values, conflicts } = edit;
    const changed = Object.keys(draft.changes(values)).length;
    return { conflicts, merged: draft.merged, changed, offered: this.#offered(edit), value: (name, value) => this.#words(name, value) };
  }

  /** @param {RecordSession} session @param {(name: string) => void} take @returns {RecordState["marks"]} */
  #marks({ edit, row, deleted, company }, take) {
    const { values, conflicts, draft } = edit;
    return ({ name }) => {
      const conflict = deleted ? undefined : conflicts.find((conflict) => conflict.name === name);
      return {
        beside: beside({ entity: this.#entity, people: company?.at(name) ?? [], touched: row !== null && draft.touched(name, values), fresh: edit.fresh.get(name) }),
        below: conflict ? clash(conflict, this.#words(name, conflict.theirs), draft.mergeable(conflict), () => take(name)) : null,
      };
    };
  }

  /** A field's value in words. @param {string} name @param {any} value */
  #words(name, value) {
    return shown(this.#fields.find((field) => field.name === name), value, this.#names.of);
  }

  /** @param {RecordEdit} edit @returns {RecordState["offered"]} */
  #offered(edit) {
    return (field) => this.#names.offered(field.choices ?? "", edit.held(field.name));
  }
}
