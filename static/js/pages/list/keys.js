/**
 * A list by keyboard. The row that the keys speak of is the one with the focus in it.
 *
 * @typedef {import("../../core/store.js").Row} Row
 */
import { shortcut } from "../../core/keys.js";

/**
 * @param {object} list
 * @param {boolean} list.editable
 * @param {(id: string) => Row|undefined} list.row
 * @param {(row: Row|null) => void} list.open
 * @param {(id: string) => void} list.pick
 * @param {(rows: Row[]) => void} list.remove
 * @param {() => boolean} list.chosen         whether rows are chosen
 * @param {() => void} list.unpick
 */
export function listKeys({ editable, row, open, pick, remove, chosen, unpick }) {
  const here = () => row(current()?.dataset.id ?? "");
  const onRow = { when: () => here() !== undefined, group: /** @type {const} */ ("key.rows") };
  const withRow = (/** @type {(row: Row) => void} */ act) => () => act(/** @type {Row} */ (here()));
  shortcut({ key: "/", label: "key.search", run: () => document.getElementById("search")?.focus() });
  shortcut({ key: "j", label: "key.down", group: "key.rows", run: () => step(1) });
  shortcut({ key: "k", label: "key.up", group: "key.rows", run: () => step(-1) });
  // On a button, a link or a detail Enter has its own meaning; on a name that is the same one.
  const plain = (/** @type {KeyboardEvent} */ { target }) => here() !== undefined && target instanceof Element && !target.matches("button, a, summary");
  shortcut({ key: "Enter", label: "key.edit", group: "key.rows", when: plain, run: withRow(open) });
  shortcut({ key: "e", label: "key.edit", ...onRow, run: withRow(open) });
  if (!editable) return;
  shortcut({ key: "x", label: "key.pick", ...onRow, run: withRow(({ id }) => pick(id)) });
  shortcut({ key: "Delete", label: "key.delete", ...onRow, run: withRow((row) => remove([row])) });
  shortcut({ key: "n", label: "key.new", run: () => open(null) });
  shortcut({ key: "Escape", label: "key.unpick", group: "key.rows", when: chosen, run: unpick });
}

const current = () => /** @type {HTMLElement|null} */ (document.activeElement?.closest("tr[data-id]") ?? null);

/** The next row; from outside, the first one in view or the last. @param {1|-1} way */
function step(way) {
  const rows = [...document.querySelectorAll("tr[data-id]")];
  const from = current();
  const at = from ? rows.indexOf(from) + way : entry(rows, way);
  const target = /** @type {HTMLElement|null} */ (rows[at]?.querySelector("button.open"));
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
}

/** @param {Element[]} rows @param {1|-1} way */
function entry(rows, way) {
  const seen = rows.findIndex((row) => row.getBoundingClientRect().top >= 0);
  return way === 1 ? Math.max(0, seen) : rows.length - 1;
}
