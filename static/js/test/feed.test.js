import assert from "node:assert/strict";
import test from "node:test";
import { FEED_MAX, Feed } from "../core/feed.js";
import { change } from "./support.js";

const OLGA = { id: "2", name: "Ольга" };
const IVAN = { id: "3", name: "Иван" };

/** A direct change of a file. */
const file = (seq, more = {}) => change("files", seq, seq - 1, { event: "files:changed", data: { id: "7", name: "Счёт", rev: 1 }, rev: 1, actor: OLGA, ...more });

/** What a change of a category says to the room of files. */
const soft = (seq) => ({ ...change("files", seq, seq - 1, { event: "files:changed", data: null, soft: true, rev: undefined }), cause: { event: "categories:changed", id: "4", seq } });

const category = (seq) => change("categories", seq, seq - 1, { event: "categories:changed", id: "4", data: { id: "4", name: "Договоры" }, actor: IVAN });

function fed(...events) {
  const feed = new Feed();
  feed.take(events);
  return feed;
}

test("the newest change stands first, and each stands once", () => {
  const feed = fed(file(10), file(12), file(10), file(11));

  assert.deepEqual(feed.shown().map(({ seq }) => seq), [12, 11, 10]);
});

test("what changes again and again as a whole has a line a minute, for each who changes it", () => {
  const catalog = (seq, actor = OLGA) => change("catalog", seq, seq - 1, { event: "catalog:changed", id: "*", data: null, actor });
  const minute = 60_000;

  const feed = fed(catalog(minute + 2), catalog(minute + 1), catalog(minute + 900), catalog(minute + 5, IVAN), catalog(2 * minute));

  assert.deepEqual(feed.shown().map(({ seq, actor }) => [seq, actor]), [[2 * minute, OLGA], [minute + 900, OLGA], [minute + 5, IVAN]]);
  feed.take([{ ...change("files", minute + 3, minute, { event: "files:changed", id: "*", data: null, soft: true, actor: OLGA }), cause: { event: "catalog:changed", id: "*", seq: minute + 3 } }]);
  assert.deepEqual(feed.shown().map(({ effects }) => effects), [[], ["files"], []]);
  feed.hold();
  feed.take([catalog(2 * minute + 7), catalog(3 * minute)]);
  assert.deepEqual([feed.shown().length, feed.waiting()], [3, 1], "what is on show stays");
});

test("what follows from a change stands with it, in whatever order the two come", () => {
  for (const events of [[category(10), soft(10)], [soft(10), category(10)]]) {
    const lines = fed(...events).shown();

    assert.equal(lines.length, 1);
    assert.deepEqual([lines[0].entity, lines[0].name, lines[0].actor, lines[0].effects], ["categories", "Договоры", IVAN, ["files"]]);
  }
});

test("a cause that has not come yet is not told by its effect", () => assert.deepEqual(fed(soft(10)).shown(), []));

test("who may not see the cause is told what follows", () => {
  const feed = new Feed({ sees: (entity) => entity === "files" });

  feed.take([soft(10)]);

  const [line] = feed.shown();
  assert.deepEqual([line.entity, line.id, line.indirect, line.effects], ["categories", "4", true, ["files"]]);
});

test("a fresh look that the page made for itself is no change", () => assert.deepEqual(fed(file(10, { synthetic: "idle" })).shown(), []));

test("which fields changed is told by the revision before", () => {
  const feed = fed(
    file(12, { rev: 2, data: { name: "Счёт", status: "ready", note: "ё", rev: 2, updated_at: "b" } }),
    file(10, { rev: 1, data: { name: "Счёт", status: "new", note: "ё", rev: 1, updated_at: "a" } }),
  );

  assert.deepEqual(feed.shown().map(({ fields }) => fields), [["status"], null]);
});

test("a revision that was missed in between leaves the fields untold", () => {
  const feed = fed(file(10, { rev: 1 }), file(12, { rev: 3, data: { id: "7", name: "Акт", rev: 3 } }));

  assert.equal(feed.shown()[0].fields, null);
});

test("the audit tells the fields where the events could not", () => {
  const feed = fed(file(10, { rev: 3 }));

  feed.takeAudit([{ seq: 10, at: 10, event: "files:changed", entity: "files", id: "7", name: "Счёт", reason: "updated", actor: OLGA, rev: 3, changes: { note: { from: "", to: "ё" } } }]);

  assert.equal(feed.shown().length, 1);
  assert.deepEqual(feed.shown()[0].fields, ["note"]);
});

test("while it is held, news waits and is counted; released, it is there", () => {
  const feed = fed(file(10));
  feed.hold();

  feed.take([file(11), category(12)]);
  assert.deepEqual(feed.shown().map(({ seq }) => seq), [10]);
  assert.equal(feed.waiting(), 2);
  assert.equal(feed.waiting({ entity: "files" }), 1);
  feed.release();

  assert.deepEqual(feed.shown().map(({ seq }) => seq), [12, 11, 10]);
  assert.equal(feed.waiting(), 0);
});

test("what is on show is bounded, and news pushes none of it out while it is held", () => {
  const feed = fed(...Array.from({ length: FEED_MAX + 50 }, (_, n) => file(n + 1)));
  assert.equal(feed.shown().length, FEED_MAX);
  assert.equal(feed.oldest, 51);

  feed.hold();
  feed.take(Array.from({ length: FEED_MAX }, (_, n) => file(1000 + n)));

  assert.equal(feed.shown()[0].seq, FEED_MAX + 50);
  assert.equal(feed.shown().length, FEED_MAX);
  assert.equal(feed.waiting(), FEED_MAX);
});

test("it can be narrowed to an entity, to a person, and to what no person did", () => {
  const feed = fed(file(10), category(11), file(12, { actor: undefined }));
  const seqs = (filter) => feed.shown(filter).map(({ seq }) => seq);

  assert.deepEqual(seqs({ entity: "categories" }), [11]);
  assert.deepEqual(seqs({ person: "2" }), [10]);
  assert.deepEqual(seqs({ person: "-" }), [12]);
  assert.deepEqual(feed.persons, [IVAN, OLGA]);
});
