/**
 * Saving a record that others may have saved meanwhile.
 *
 * Only what I changed is sent, on top of the revision that I have seen. Where the server has a newer one, fields that only one of us
 * changed merge by themselves, and so do different lines of a text; what we both changed is decided by the person, never here.
 */
import { showErrors } from "../core/form.js";
import { explain, explainField, label, quoted, t } from "../core/words.js";
import { authorOf } from "./author.js";

/** A merge that is overtaken again and again is left to the person. */
const MERGES_MAX = 5;

/**
 * @param {import("./record-edit.js").RecordEdit} edit
 * @param {{request: import("../core/store.js").Request, url: string, decide: () => Promise<boolean>}} ports `decide`: asks the person
 *   about what both changed; false: not now
 * @returns {Promise<{row: import("../core/store.js").Row, sent: Record<string, any>|null}|null>} the row as it is now and what the form
 *   held when it was sent, null where nothing had to be; all null: he does not want to decide
 */
export async function save(edit, { request, url, decide }) {
  const { draft } = edit;
  for (let merges = 0; ; merges += 1) {
    edit.mergeWithin();
    while (edit.conflicts.length > 0) if (!(await decide())) return null;
    const sent = edit.values;
    const changes = draft.changes(sent);
    if (Object.keys(changes).length === 0) return { row: /** @type {any} */ (draft.row), sent: null };
    try {
      return { row: (await request("PATCH", url, changes, { ifMatch: draft.rev })).data, sent };
    } catch (error) {
      const { status, current } = /** @type {any} */ (error);
      if (status !== 412 || !current || merges >= MERGES_MAX) throw error;
      edit.rebase(current, authorOf(current));
    }
  }
}

/** Who changed what beside me: `Ольга, «Категория»; Иван, «Путь»`. @param {Map<string, import("../core/draft.js").Author>} merged @param {string} entity */
export function mergedWords(merged, entity) {
  const people = [...new Set([...merged.values()].map(({ name }) => name))];
  const fields = (/** @type {string} */ person) => [...merged].filter(([, { name }]) => name === person).map(([field]) => quoted(label(entity, field)));
  return people.map((person) => [person, ...fields(person)].join(", ")).join("; ");
}

/**
 * Why the server did not take it, at the fields that it names. @param {any} error @param {HTMLFormElement} form @param {string[]} names of
 * the form's fields @returns {string|null} in words, where it concerns none of them
 */
export function refusal(error, form, names) {
  const problems = Object.fromEntries(Object.entries(error.fields ?? {}).map(([name, problem]) => [name, explainField(problem)]));
  if (!Object.keys(problems).some((name) => names.includes(name))) return explain(error) + (error.requestId ? ` ${t("error.request", { id: error.requestId })}` : "");
  showErrors(form, problems);
  return null;
}
