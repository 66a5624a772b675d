import assert from "node:assert/strict";
import test from "node:test";
import { Draft, same } from "../core/draft.js";

const BASE = { id: "7", rev: 3, name: "Счёт", note: null, permissions: ["a", "b"] };
const draft = () => new Draft(BASE, ["name", "note", "permissions"]);

test("only what I changed is sent", () => {
  assert.deepEqual(draft().changes({ name: "Акт", note: "", permissions: ["b", "a"] }), { name: "Акт" });
});

test("a field that I did not touch follows the others, one that I did stays", () => {
  const mine = draft();

  const updates = mine.rebase({ ...BASE, rev: 4, note: "их" }, { name: "моё", note: "", permissions: ["a", "b"] });

  assert.deepEqual(updates, { note: "их" });
  assert.deepEqual(mine.conflicts, []);
  assert.deepEqual(mine.changes({ name: "моё", note: "их", permissions: ["a", "b"] }), { name: "моё" });
  assert.equal(mine.rev, 4);
});

test("a field that both changed is a conflict, and nothing of it is decided", () => {
  const mine = draft();

  const updates = mine.rebase({ ...BASE, rev: 4, name: "их" }, { name: "моё" });

  assert.deepEqual(updates, {});
  assert.deepEqual(mine.conflicts, [{ name: "name", base: "Счёт", mine: "моё", theirs: "их" }]);
});

test("the same change by both is none", () => {
  const mine = draft();
  mine.rebase({ ...BASE, rev: 4, name: "одно" }, { name: "одно" });
  assert.deepEqual(mine.conflicts, []);
});

test("an older row changes nothing", () => {
  const mine = draft();
  assert.deepEqual(mine.rebase({ ...BASE, rev: 3, note: "старое" }, {}), {});
  assert.equal(mine.base.note, null);
});

test("nothing, null and the empty text are one; rights have no order", () => {
  assert.ok(same(null, "") && same(undefined, null) && same(["b", "a"], ["a", "b"]));
  assert.ok(!same(false, null) && !same("0", 0) && !same(["a"], []));
});
