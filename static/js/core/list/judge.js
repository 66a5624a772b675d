/**
 * What an event asks of a list, at the least cost that is right. Pure.
 *
 * A row that the event brings is put in place. A row whose values are not known is asked for by its id. Only what may bring rows,
 * take rows or move rows needs the list again.
 *
 * @typedef {import("../wire.js").SyncEvent} SyncEvent
 * @typedef {import("../store.js").Row} Row
 *
 * @typedef {object} Shown                         the list as it is shown
 * @property {(id: string) => Row|undefined} row
 * @property {Row[]} items
 * @property {import("../store.js").Query} query
 * @property {number} pages
 * @property {Record<string, string>} refs         field → the entity it points to
 * @property {string[]} placing                    fields that the place of a row depends on beside sort and filters
 *
 * @typedef {{do: "nothing"}|{do: "look"}} Plain                        `look`: only the list itself can tell
 * @typedef {{do: "patch", row: Row, moves: boolean}} Patch             these values; `moves`: the row may belong elsewhere now
 * @typedef {{do: "remove", id: string}|{do: "arrive", id: string}} Step `arrive`: a row that is not shown and perhaps should be
 * @typedef {{do: "ask", ids: string[]}} Ask                             only values are unknown
 * @typedef {Plain|Patch|Step|Ask} Order
 */

/** @param {SyncEvent} event @param {Shown} shown @returns {Order} */
export function judge(event, shown) {
  if (event.synthetic || event.data?.bulk) return { do: "look" };
  if (event.soft) return cause(event, shown);
  if (event.id === "*") return { do: "look" };
  const row = shown.row(event.id);
  if (event.reason === "deleted") return row || shown.pages > 1 ? { do: "remove", id: event.id } : { do: "nothing" };
  if (!row) return outside(event, shown);
  if (event.rev !== undefined && event.rev <= row.rev) return { do: "nothing" };
  if (!event.data) return { do: "ask", ids: [event.id] };
  const now = { ...row, ...event.data };
  return { do: "patch", row: now, moves: moves(row, now, shown) };
}

/** The same change as a reason to look at what shows its name. @param {SyncEvent} event @param {string} entity whose row it is @returns {SyncEvent} */
export const causeOf = (event, entity) => ({ ...event, soft: true, cause: { event: `${entity}:changed`, id: event.id, seq: event.seq } });

/** Whether a row may belong elsewhere now. @param {Row} before @param {Row} now @param {Shown} shown */
export function moves(before, now, { query, placing }) {
  if (query.q !== "") return true; // only the server knows whether it still matches
  const names = [query.sort.replace("-", ""), ...Object.keys(query.filters), ...placing];
  return names.some((name) => before[name] !== now[name]);
}

/** Something that rows show by name has changed. @param {SyncEvent} event @param {Shown} shown @returns {Order} */
function cause({ cause }, { items, query, refs }) {
  const entity = cause?.event?.split(":")[0];
  const fields = Object.keys(refs).filter((field) => refs[field] === entity);
  if (!cause || cause.id === "*" || fields.length === 0) return { do: "look" };
  if (fields.some((field) => query.sort.replace("-", "") === nameOf(field))) return { do: "look" };
  const ids = items.filter((row) => fields.some((field) => row[field] === cause.id)).map((row) => row.id);
  return ids.length > 0 ? { do: "ask", ids } : { do: "nothing" };
}

/** A change of a row that is not shown. @param {SyncEvent} event @param {Shown} shown @returns {Order} */
function outside({ id, data }, { query, pages }) {
  const fields = Object.entries(query.filters).filter(([name]) => data && name in data);
  const refused = fields.some(([name, wanted]) => String(data[name]) !== wanted);
  // On a list of several pages it may have left another one, and then the pages are no longer the same.
  return refused && pages === 1 ? { do: "nothing" } : { do: "arrive", id };
}

/** The field with the name of what a field points to. @param {string} field */
export const nameOf = (field) => field.replace(/_id$/, "_name");
