/** What a list shows at once, and what waits until rows may move or the person says so. */
import assert from "node:assert/strict";
import test from "node:test";
import { ListStore } from "../core/store.js";
import { FakeClock, change, settle } from "./support.js";

const QUERY = { q: "", sort: "name", page: 1, per_page: 50, filters: {} };
const row = (id, rev, more = {}) => ({ id, rev, name: `n${id}`, size: 1, category_id: "3", category_name: "old", updated_by: { id: "2", name: "Ольга" }, ...more });
const page = (items, seq, more = {}) => ({ data: { items, total: items.length, page: 1, pages: 1, ...more }, etag: `"${seq}"`, position: { epoch: "a", seq }, unchanged: false });
const ids = (store) => store.items.map(({ id }) => id);

/** A store that has loaded these rows at seq 10; later requests are answered from the list, in order. */
async function loaded(items, answers = [], { more = {}, query = QUERY, ...ports } = {}) {
  const asked = [];
  const queue = [page(items, 10, more), ...answers];
  const clock = new FakeClock();
  const request = async (_method, url, _body, options) => (asked.push({ url, etag: options?.ifNoneMatch ?? null }), queue.shift());
  const store = new ListStore("files", query, { own: "me", request, clock, refs: { category_id: "categories" }, ...ports });
  await store.refresh();
  return { store, asked, clock };
}

test("while a row is pointed at values follow, rows stay, and what waits shows when the pointer leaves", async () => {
  const { store, asked } = await loaded([row("1", 1), row("2", 1)], [page([row("9", 1), row("2", 2, { size: 7 })], 13)]);
  store.hold(true);

  await store.take([
    change("files", 11, 10, { id: "2", rev: 2, data: row("2", 2, { size: 7 }) }),
    change("files", 12, 11, { id: "9", reason: "added", data: row("9", 1) }),
    change("files", 13, 12, { id: "1", reason: "deleted", data: row("1", 1) }),
  ]);
  assert.deepEqual([ids(store), store.row("2").size, [...store.gone], store.waiting.count], [["1", "2"], 7, ["1"], 2]);
  assert.deepEqual(store.position, { epoch: "a", seq: 13 });
  assert.equal(asked.length, 1);

  store.hold(false);
  await settle();
  assert.deepEqual([ids(store), store.waiting.any, store.gone.size, asked.length], [["9", "2"], false, 0, 2]);
});

test("a row that belongs elsewhere now stays under the pointer with its new value", async () => {
  const { store } = await loaded([row("1", 1), row("2", 1)]);
  store.hold(true);

  await store.take([change("files", 11, 10, { id: "1", rev: 2, data: row("1", 2, { name: "z" }) })]);

  assert.deepEqual([ids(store), store.row("1").name, store.waiting.count], [["1", "2"], "z", 1]);
});

test("a look under the pointer brings values and leaves the order", async () => {
  const { store } = await loaded([row("1", 1), row("2", 1)], [page([row("2", 2, { size: 5 }), row("1", 1)], 12)]);
  store.hold(true);

  await store.take([change("files", 12, 10, { id: "*", data: { bulk: true } })]);

  assert.deepEqual([ids(store), store.row("2").size, store.waiting.any, store.waiting.count], [["1", "2"], 5, true, null]);
});

test("in the manual pace nothing of others shows before the person says so, and one look shows it all", async () => {
  const { store, asked } = await loaded([row("1", 1)], [page([row("9", 1), row("1", 3, { size: 9 })], 13)]);
  store.pace(true);

  await store.take([change("files", 11, 10, { id: "1", rev: 2, data: row("1", 2, { size: 8 }) }), change("files", 12, 11, { id: "1", rev: 3, data: row("1", 3, { size: 9 }) })]);
  await store.take([change("files", 13, 12, { id: "9", reason: "added", data: row("9", 1) })]);
  assert.deepEqual([ids(store), store.row("1").size, store.waiting.count, asked.length], [["1"], 1, 2, 1]);

  await store.apply();
  assert.deepEqual([ids(store), store.row("1").size, store.waiting.any, asked.length], [["9", "1"], 9, false, 2]);
});

test("in the manual pace my own change shows at once", async () => {
  const { store } = await loaded([row("1", 1)]);
  store.pace(true);

  await store.take([change("files", 11, 10, { id: "1", rev: 2, origin: "me", data: row("1", 2, { size: 8 }) })]);

  assert.deepEqual([store.row("1").size, store.waiting.any], [8, false]);
});

test("a look in the manual pace counts what differs, shows nothing, and proves the position", async () => {
  const { store, clock } = await loaded([row("1", 1), row("2", 1)], [page([row("1", 2, { size: 4 }), row("3", 1)], 20)]);
  await clock.advance(60_000);
  store.pace(true);

  const position = await store.take([change("files", 20, 10, { id: "*", synthetic: "refresh" })]);

  assert.deepEqual([ids(store), store.row("1").size, store.waiting.count, store.freshAt], [["1", "2"], 1, 3, 0]);
  assert.deepEqual(position, { epoch: "a", seq: 20 });
});

test("what differs only on the server's side is asked for again before it is shown", async () => {
  const { store, asked } = await loaded([row("1", 1)], [page([row("2", 1)], 20), page([row("2", 1)], 20)]);
  store.pace(true);
  await store.refresh();

  store.pace(false);
  await settle();

  assert.deepEqual([ids(store), asked.at(-1).etag], [["2"], null]);
});

test("an hour of changes waits as names, and not even all of them", async () => {
  const { store } = await loaded([row("1", 1)]);
  store.pace(true);

  for (let n = 0; n < 600; n += 1) await store.take([change("files", 11 + n, 10 + n, { id: String(1000 + n), reason: "added", data: row(String(1000 + n), 1) })]);

  assert.equal(store.waiting.count, null);
  assert.equal(store.waiting.any, true);
});

test("unknown values of few rows are asked for by id", async () => {
  const { store, asked } = await loaded([row("1", 1), row("2", 1)], [page([row("2", 4, { size: 6 })], 30)]);

  const position = await store.take([change("files", 12, 10, { id: "2", rev: 4, data: null })]);

  assert.equal(asked[1].url, "/api/files?ids=2&per_page=1");
  assert.equal(store.row("2").size, 6);
  assert.deepEqual(position, { epoch: "a", seq: 12 });
});

test("a category's new name asks for the rows of that category, and for nothing where there are none", async () => {
  const { store, asked } = await loaded([row("1", 1), row("2", 1, { category_id: "4" })], [page([row("1", 1, { category_name: "new" })], 30)]);
  const renamed = (seq, id) => change("files", seq, seq - 1, { id: "*", data: null, soft: true, cause: { event: "categories:changed", id, seq } });

  await store.take([renamed(11, "5")]);
  assert.equal(asked.length, 1);
  await store.take([renamed(12, "3")]);

  assert.equal(asked[1].url, "/api/files?ids=1&per_page=1");
  assert.equal(store.row("1").category_name, "new");
});

test("more than fifty rows of a category are one look at the list", async () => {
  const many = Array.from({ length: 51 }, (_, n) => row(String(n + 1), 1));
  const { store, asked } = await loaded(many, [page(many, 30)]);

  await store.take([change("files", 11, 10, { id: "*", data: null, soft: true, cause: { event: "categories:changed", id: "3", seq: 11 } })]);

  assert.equal(asked[1].url, "/api/files?sort=name&page=1&per_page=50");
});

test("an own row's new name shows in its children", async () => {
  const rows = [row("1", 1), row("2", 1, { parent_id: "1", parent_name: "n1" })];
  const { store, asked } = await loaded(rows, [page([row("2", 1, { parent_id: "1", parent_name: "N" })], 30)], { refs: { parent_id: "files" }, query: { ...QUERY, sort: "id" } });

  await store.take([change("files", 11, 10, { id: "1", rev: 2, data: row("1", 2, { name: "N" }) })]);

  assert.equal(asked[1].url, "/api/files?ids=2&per_page=1");
  assert.equal(store.row("2").parent_name, "N");
});

test("who changed what is marked for two seconds", async () => {
  const { store, clock } = await loaded([row("1", 1)]);

  await store.take([change("files", 11, 10, { id: "1", rev: 2, actor: { id: "2", name: "Ольга" }, data: row("1", 2, { size: 8 }) })]);
  assert.deepEqual([[...store.marks.of("1").fields], store.marks.of("1").by], [["size"], "Ольга"]);

  await clock.advance(2000);
  assert.equal(store.marks.of("1"), null);
});

test("rows about to be deleted are out of sight and out of the count, and come back where they stood", async () => {
  const { store } = await loaded([row("1", 1), row("2", 1), row("3", 1)], [page([row("1", 1), row("2", 1), row("3", 1)], 12)]);

  store.hide([store.row("1"), store.row("2")]);
  await store.refresh();
  assert.deepEqual([ids(store), store.total], [["3"], 1]);

  store.unhide(["1", "2"]);
  assert.deepEqual([ids(store), store.total], [["1", "2", "3"], 3]);
});

test("a deleted row does not come back with a look that began before", async () => {
  const { store } = await loaded([row("1", 1), row("2", 1)], [page([row("1", 1), row("2", 1)], 11), page([row("2", 1)], 12)]);
  store.hide([store.row("1")]);
  store.deleted("1");

  await store.refresh();
  assert.deepEqual([ids(store), store.total], [["2"], 1]);
  await store.refresh();
  assert.deepEqual([ids(store), store.total], [["2"], 1]);
});

test("a row of another category is no matter of a list of one page that shows only one", async () => {
  const { store, asked } = await loaded([row("1", 1)], [], { query: { ...QUERY, filters: { category_id: "3" } } });

  await store.take([change("files", 11, 10, { id: "8", rev: 2, data: row("8", 2, { category_id: "4" }) })]);

  assert.equal(asked.length, 1);
});
