import assert from "node:assert/strict";
import test from "node:test";
import { ListStore } from "../core/store.js";
import { change } from "./support.js";

const QUERY = { q: "", sort: "name", page: 1, per_page: 50, filters: {} };
const row = (id, rev, more = {}) => ({ id, rev, name: `n${id}`, size: 1, ...more });
const page = (items, seq, more = {}) => ({ data: { items, total: items.length, page: 1, pages: 1 }, etag: `"${seq}"`, position: { epoch: "a", seq }, unchanged: false, ...more });

/** A store that has loaded these rows at seq 10; later requests are answered from the list. */
async function loaded(items, answers = [], query = QUERY) {
  const urls = [];
  const queue = [page(items, 10), ...answers];
  const store = new ListStore("files", query, { own: "me", request: async (_method, url) => (urls.push(url), queue.shift()) });
  await store.refresh();
  return { store, urls };
}

test("an event with the row patches it without a request", async () => {
  const { store, urls } = await loaded([row("7", 1)]);

  const position = await store.take([change("files", 12, 10, { rev: 2, data: row("7", 2, { size: 5 }) })]);

  assert.equal(store.row("7").size, 5);
  assert.equal(urls.length, 1);
  assert.deepEqual(position, { epoch: "a", seq: 12 });
  assert.deepEqual([...store.marks.of("7").fields], ["size"]);
});

test("a lower revision never replaces a higher one", async () => {
  const { store } = await loaded([row("7", 5)]);

  await store.take([change("files", 12, 10, { rev: 4, data: row("7", 4, { size: 9 }) })]);

  assert.equal(store.row("7").size, 1);
});

test("an event that the list already shows costs nothing", async () => {
  const { store, urls } = await loaded([row("7", 5)]);

  await store.take([change("files", 10, 9, { soft: true, id: "*", data: null })]);

  assert.equal(urls.length, 1);
});

for (const [name, event] of [
  ["a soft event", { soft: true, id: "*", data: null }],
  ["an event without the row", { data: null }],
  ["a new row", { reason: "added", id: "9", data: row("9", 1) }],
  ["a row that is not shown", { id: "9", data: row("9", 2), rev: 2 }],
  ["a change of what the list is sorted by", { id: "7", data: row("7", 2, { name: "z" }), rev: 2 }],
  ["a bulk change", { data: { bulk: true } }],
]) {
  test(`${name} makes the list look again`, async () => {
    const { store, urls } = await loaded([row("7", 1)], [page([row("7", 2)], 12)]);

    await store.take([change("files", 12, 10, event)]);

    assert.equal(urls.length, 2);
    assert.deepEqual(store.position, { epoch: "a", seq: 12 });
  });
}

test("a change of a filtered field makes the list look again", async () => {
  const { store, urls } = await loaded([row("7", 1, { status: "new" })], [page([], 12)], { ...QUERY, filters: { status: "new" } });

  await store.take([change("files", 12, 10, { id: "7", rev: 2, data: row("7", 2, { status: "ready" }) })]);

  assert.equal(urls.length, 2);
  assert.equal(store.items.length, 0);
});

test("a deleted row goes at once when the list has one page", async () => {
  const { store, urls } = await loaded([row("7", 1), row("8", 1)]);

  await store.take([change("files", 12, 10, { reason: "deleted", data: row("7", 1) })]);

  assert.deepEqual(store.items.map((item) => item.id), ["8"]);
  assert.equal(store.total, 1);
  assert.equal(urls.length, 1);
});

test("my own change is no news", async () => {
  const { store } = await loaded([row("7", 1)]);

  await store.take([change("files", 12, 10, { rev: 2, data: row("7", 2), origin: "me" })]);

  assert.equal(store.row("7").rev, 2);
  assert.equal(store.marks.size, 0);
});

test("an unchanged list keeps its rows and learns its position", async () => {
  const { store } = await loaded([row("7", 1)], [{ unchanged: true, position: { epoch: "a", seq: 30 }, etag: '"10"', data: null }]);

  await store.refresh();

  assert.deepEqual(store.position, { epoch: "a", seq: 30 });
  assert.equal(store.items.length, 1);
});

test("a late answer of an older search does not win", async () => {
  const answers = {};
  const store = new ListStore("files", QUERY, {
    request: (_method, url, _body, { signal }) => new Promise((resolve, reject) => {
      answers[new URLSearchParams(url.split("?")[1]).get("q")] = resolve;
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
  });

  const older = store.show({ q: "ab" });
  const newer = store.show({ q: "abc" });
  answers.abc(page([row("2", 1)], 11));
  answers.ab(page([row("1", 1)], 10));
  await Promise.all([older, newer]);

  assert.deepEqual(store.items.map((item) => item.id), ["2"]);
});

test("who asked for what was overtaken waits for what took its place", async () => {
  const answers = [];
  const store = new ListStore("files", QUERY, { request: () => new Promise((resolve) => answers.push(resolve)) });
  const older = store.show({ q: "ab" }).then(() => store.items.map((item) => item.id));

  const newer = store.refresh();
  answers[0](page([row("1", 1)], 10)); // it was on its way already when it was given up
  setTimeout(() => answers[1](page([row("2", 1)], 11)));
  await newer;

  assert.deepEqual(await older, ["2"]);
});

test("a failure is kept to be shown, and the next success clears it", async () => {
  let broken = true;
  const store = new ListStore("files", QUERY, { request: async () => { if (broken) throw new Error("down"); return page([], 3); } });

  await assert.rejects(store.refresh());
  assert.equal(store.error.message, "down");
  broken = false;
  await store.refresh();

  assert.equal(store.error, null);
});
