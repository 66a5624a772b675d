/**
 * How a list looks: head, search and filters, what waits, the table, and the foot with what is done to chosen rows.
 *
 * Rows are keyed by id, so that whatever a person holds in one (focus, an open detail, a selection) stays with it. What comes and
 * goes above the rows (a pill, a note) has its place reserved: nothing jumps.
 *
 * @typedef {import("../core/store.js").Row} Row
 *
 * @typedef {{at: (id: string) => readonly any[], isOnline: (id: string) => boolean}} People
 *
 * @typedef {object} Column
 * @property {string} name                          the row's field; the heading is `col.<name>`
 * @property {string|false} [sort]                  what the server sorts by; default the name; false: not at all
 * @property {(row: Row, people: People, extra: any) => unknown} [cell]   default: the field as text
 * @property {string} [align]                       `end` for numbers
 * @property {string[]} [shows]                     further fields that the cell shows: a change of theirs marks it
 * @property {(row: Row) => unknown} [beside]       of the first one: what stands beside the name
 * @property {boolean} [opens]                      of the first one: false, it opens nothing
 *
 * @typedef {object} Filter
 * @property {string} name                          the row's field, or `updated_since`
 * @property {string} [choices]                     the entity to choose from
 * @property {string[]} [words]                     or words
 * @property {(word: string) => string} [text]      what a word is called; default its text `word.<word>`
 * @property {() => string} [usual]                 what it is called that none is chosen; default: all
 *
 * @typedef {object} BulkSpec
 * @property {string[]} [set]                       filters' names that can be set for many rows
 * @property {boolean} [enable]                     rows can be switched on and off
 *
 * @typedef {object} Extra                          what one list has that others have not; `cell` is given it
 * @property {(row: Row) => unknown[]} [of]         what a row shows of it: as many values for each row
 * @property {() => unknown} [tools]                buttons beside that for a new row
 * @property {() => unknown} [above]                what stands over the rows
 * @property {() => void} [start]                   the rows are on view
 * @property {(row: () => Row, draw: () => void) => {template: () => unknown, end: () => void}} [panel]   in the record's dialog
 *
 * @typedef {object} ListModel
 * @property {string} entity
 * @property {import("../core/store.js").ListStore} store
 * @property {Column[]} columns                     those shown; the first one opens the record
 * @property {Column[]} allColumns
 * @property {Filter[]} filters
 * @property {BulkSpec} bulk
 * @property {boolean} editable
 * @property {boolean} slow                         the first data takes long enough to say so
 * @property {boolean} dense
 * @property {Set<string>} pending                  ids of rows whose change is under way
 * @property {import("../core/list/selection.js").Selection} selection
 * @property {{ended: number, total: number}|null} progress   of what is being done to many rows
 * @property {Record<string, string>} settings      what is to be set for the chosen rows: field → value
 * @property {Record<string, import("../core/refs.js").Choice[]>} choices
 * @property {People} people                        who looks at a record or edits it, who is on line
 * @property {Map<string, number>|null} depths      of rows that are shown as a tree
 * @property {string} csv                           the address of the present view as a table; empty: there is none
 * @property {() => unknown} [next]                 what else an empty page offers
 * @property {Extra} [extra]
 * @property {ListActions} actions
 *
 * @typedef {object} ListActions
 * @property {(text: string) => void} search
 * @property {(name: string, value: string) => void} filter
 * @property {(sort: string) => void} sort
 * @property {(page: number) => void} page
 * @property {(rows: number) => void} perPage
 * @property {(manual: boolean) => void} pace
 * @property {() => void} showWaiting
 * @property {(name: string, shown: boolean) => void} column
 * @property {() => void} density
 * @property {(row: Row|null) => void} open
 * @property {(rows: Row[]) => void} remove
 * @property {(row: Row) => void} toggle
 * @property {(row: Row, range: boolean) => void} pick
 * @property {() => void} pickAll
 * @property {() => void} unpick
 * @property {(field: string, value: string) => void} setting
 * @property {() => void} applySettings
 * @property {(enabled: boolean) => void} enable
 * @property {() => void} removePicked
 * @property {() => void} stop
 * @property {() => void} reset
 * @property {() => void} again
 */
import { html, nothing } from "lit";
import { failure } from "./failure.js";
import { emptyList, skeleton } from "./list/empty.js";
import { foot } from "./list/foot.js";
import { head, line, toolbar } from "./list/head.js";
import { table } from "./list/table.js";

export { changed } from "./list/cells.js";

/** @param {ListModel} list */
export const listView = (list) => html`
  <div class="list-page">
    ${head(list)}
    ${toolbar(list)}
    ${list.extra?.above?.() ?? nothing}
    ${line(list)}
    ${list.store.error ? failure(list.store.error, list.actions.again) : nothing}
    ${body(list)}
    ${foot(list)}
  </div>`;

/** @param {ListModel} list */
function body(list) {
  const { store, slow } = list;
  if (!store.loaded) return store.loading && slow ? skeleton() : nothing;
  return store.items.length > 0 ? table(list) : emptyList(list);
}
