/** The parts of a list that know neither page nor server. */
import assert from "node:assert/strict";
import test from "node:test";
import { apiUrl, csvUrl, parse, write } from "../core/address.js";
import { ABREAST, byReason, each } from "../core/list/bulk.js";
import { Selection } from "../core/list/selection.js";
import { sinceOf } from "../core/list/since.js";
import { branches, depths, isTree } from "../core/list/tree.js";
import { UNDO_MS, Undo } from "../core/list/undo.js";
import { near } from "../elements/list/pages.js";
import { FakeClock, settle } from "./support.js";

const USUAL = { sort: "name", filters: ["status", "updated_since"] };
const QUERY = { q: "", sort: "name", page: 1, per_page: 50, filters: {} };

for (const address of ["", "?q=%D1%91%D0%BB%D0%BA%D0%B0&status=new&sort=-size&page=3&per_page=100&mode=manual&open=7"]) {
  test(`an address says the same after a round: ${address || "nothing"}`, () => {
    const { open, manual, ...query } = parse(address, USUAL);
    assert.equal(write(query, { open, manual: Boolean(manual) }, USUAL), address);
  });
}

test("an address that does not speak of the pace leaves it to what is remembered", () => {
  assert.equal(parse("", USUAL).manual, null);
  assert.equal(parse("?mode=live", USUAL).manual, false);
});

test("what cannot be a page is the first one, and no page is endless", () => {
  const { page, per_page } = parse("?page=-3&per_page=99999", USUAL);
  assert.deepEqual([page, per_page], [1, 1000]);
});

test("changed since a while ago asks the same question for some minutes", () => {
  const noon = Date.parse("2026-11-26T12:01:00Z");
  const query = { ...QUERY, filters: { updated_since: "24h" } };
  assert.equal(apiUrl("files", query, noon), apiUrl("files", query, noon + 60_000));
  assert.equal(Number(sinceOf("24h", noon)), Date.parse("2026-11-25T12:00:00Z"));
  assert.equal(sinceOf("2026-01-01T00:00:00Z", noon), "2026-01-01T00:00:00Z");
});

test("a table has all pages of the present view", () => {
  assert.equal(csvUrl("files", { ...QUERY, q: "акт", page: 3, filters: { status: "new" } }, 0, "ru"), "/api/files.csv?status=new&sort=name&q=%D0%B0%D0%BA%D1%82&lang=ru");
});

const SHOWN = ["a", "b", "c", "d", "e"];

test("a range goes from the last choice to this one, whichever comes first", () => {
  const selection = new Selection();
  selection.toggle("d", SHOWN);
  selection.toggle("b", SHOWN, true);
  assert.deepEqual(selection.ids.sort(), ["b", "c", "d"]);
  selection.toggle("c", SHOWN);
  selection.toggle("e", SHOWN, true);
  assert.deepEqual(selection.ids.sort(), ["b", "c", "d", "e"]);
});

test("all, then none; and some in between", () => {
  const selection = new Selection();
  selection.toggle("a", SHOWN);
  assert.equal(selection.of(SHOWN), "some");
  selection.toggleAll(SHOWN);
  assert.equal(selection.of(SHOWN), "all");
  selection.toggleAll(SHOWN);
  assert.equal(selection.of(SHOWN), "none");
});

test("rows that are gone are no longer chosen", () => {
  const selection = new Selection();
  selection.toggleAll(SHOWN);
  selection.keep(["b"]);
  assert.deepEqual(selection.ids, ["b"]);
});

const rows = (count) => Array.from({ length: count }, (_, n) => ({ id: String(n), rev: 1 }));

test("many rows are done a few at a time, and each failure is told with its row", async () => {
  let [now, most] = [0, 0];
  const progress = [];
  const { done, failed } = await each(rows(10), async (row) => {
    most = Math.max(most, ++now);
    await settle();
    now -= 1;
    if (row.id === "3") throw new Error("locked");
  }, { onProgress: (ended) => progress.push(ended) });

  assert.equal(most, ABREAST);
  assert.deepEqual([done.length, failed.map(({ row, error }) => `${row.id} ${error.message}`), progress.at(-1)], [9, ["3 locked"], 10]);
});

test("who stops begins no further row", async () => {
  const abort = new AbortController();
  const { done } = await each(rows(20), async (row) => row.id === "2" && abort.abort(), { signal: abort.signal });
  assert.ok(done.length < 20);
});

test("failures are told by reason", () => {
  const failed = [["1", "locked"], ["2", "stale"], ["3", "locked"]].map(([id, error]) => ({ row: { id, rev: 1 }, error }));
  assert.deepEqual(byReason(failed, ({ error }) => error).map(([said, kept]) => [said, kept.map(({ id }) => id)]), [["locked", ["1", "3"]], ["stale", ["2"]]]);
});

test("what is not taken back happens after five seconds, once", async () => {
  const [clock, runs] = [new FakeClock(), []];
  const undo = new Undo(clock);
  const back = undo.later((leaving) => runs.push(leaving));
  await clock.advance(UNDO_MS - 1);
  assert.deepEqual(runs, []);
  await clock.advance(1);
  undo.leave();
  assert.deepEqual([runs, back()], [[false], false]);
});

test("what is taken back never happens", async () => {
  const [clock, runs] = [new FakeClock(), []];
  const undo = new Undo(clock);
  assert.equal(undo.later(() => runs.push(1))(), true);
  await clock.advance(UNDO_MS * 2);
  undo.leave();
  assert.deepEqual(runs, []);
});

test("who leaves the page has meant it", () => {
  const runs = [];
  const undo = new Undo(new FakeClock());
  undo.later((leaving) => runs.push(leaving));
  undo.leave();
  assert.deepEqual(runs, [true]);
});

test("whoever is at the button is given the time", async () => {
  const [clock, runs] = [new FakeClock(), []];
  let held = true;
  new Undo(clock).later(() => runs.push(1), { held: () => held });
  await clock.advance(UNDO_MS + 3000);
  assert.deepEqual(runs, []);
  held = false;
  await clock.advance(1000);
  assert.deepEqual(runs, [1]);
});

test("but not for ever", async () => {
  const [clock, runs] = [new FakeClock(), []];
  new Undo(clock).later(() => runs.push(1), { held: () => true });
  await clock.advance(UNDO_MS + 10_000);
  assert.deepEqual(runs, [1]);
});

const category = (id, parent_id = null) => ({ id, rev: 1, name: id, parent_id });

test("children follow their parent, and what hangs on nothing that is here is a root", () => {
  const ordered = branches([category("a", "c"), category("b"), category("c"), category("d", "a"), category("e", "elsewhere")]);
  assert.deepEqual(ordered.map(({ id }) => id), ["b", "c", "a", "d", "e"]);
  assert.deepEqual([...depths(ordered).values()], [0, 0, 1, 2, 0]);
});

test("parents in a circle lose no row", () => {
  assert.deepEqual(branches([category("a", "b"), category("b", "a")]).map(({ id }) => id).sort(), ["a", "b"]);
});

test("a tree is shown only where all of it is here", () => {
  assert.equal(isTree(QUERY, 1), true);
  assert.equal(isTree({ ...QUERY, sort: "-name" }, 1), true);
  assert.equal(isTree(QUERY, 2), false);
  assert.equal(isTree({ ...QUERY, q: "a" }, 1), false);
  assert.equal(isTree({ ...QUERY, filters: { enabled: "true" } }, 1), false);
  assert.equal(isTree({ ...QUERY, sort: "files" }, 1), false);
});

for (const [page, pages, expected] of [[1, 1, [1]], [1, 3, [1, 2, 3]], [1, 249, [1, 2, null, 249]], [7, 249, [1, null, 6, 7, 8, null, 249]], [249, 249, [1, null, 248, 249]]]) {
  test(`of ${pages} pages, those around ${page} are offered`, () => assert.deepEqual(near(page, pages), expected));
}
