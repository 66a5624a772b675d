import assert from "node:assert/strict";
import test from "node:test";
import { Drafts } from "../core/drafts.js";

/** The tab's storage; `full` takes nothing more. */
function tab() {
  const items = new Map();
  return { full: false, items, getItem: (key) => items.get(key) ?? null, removeItem: (key) => items.delete(key), setItem(key, value) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    items.set(key, value);
  } };
}

const DRAFT = { mine: { name: "моё", password: "секрет" }, ancestor: { name: "было", password: "" }, values: { name: "моё", login: "o", password: "секрет" } };
const drafts = (storage, user = "1") => new Drafts(storage, { user, secrets: ["password"], now: () => 1000 });

test("what was put away is found again, by the same person at the same record", () => {
  const storage = tab();
  drafts(storage).keep("users", "7", DRAFT);

  assert.deepEqual(drafts(storage).find("users", "7"), { at: 1000, mine: { name: "моё" }, ancestor: { name: "было" }, values: { name: "моё", login: "o" } });
  for (const [user, entity, id] of [["2", "users", "7"], ["1", "files", "7"], ["1", "users", "new"]]) assert.equal(drafts(storage, user).find(entity, id), null);
});

test("a secret is never written down, and whoever typed one is told that not all is kept", () => {
  const storage = tab();
  assert.equal(drafts(storage).keep("users", "7", DRAFT), false);
  assert.ok(![...storage.items.values()].join().includes("секрет"));

  assert.equal(drafts(storage).keep("users", "7", { ...DRAFT, mine: { name: "моё" } }), true);
});

test("what was dropped is gone", () => {
  const storage = tab();
  drafts(storage).keep("users", "7", DRAFT);
  drafts(storage).drop("users", "7");
  assert.equal(drafts(storage).find("users", "7"), null);
});

test("a full storage, a forbidden one and foreign content are no reason to fail", () => {
  const storage = tab();
  storage.full = true;
  assert.equal(drafts(storage).keep("files", "7", { ...DRAFT, mine: {} }), false);
  assert.equal(drafts(null).keep("files", "7", DRAFT), false);
  assert.equal(drafts(null).find("files", "7"), null);
  storage.items.set("lockstep.draft.1.files.7", "{broken");
  assert.equal(drafts(storage).find("files", "7"), null);
  storage.items.set("lockstep.draft.1.files.7", "5");
  assert.equal(drafts(storage).find("files", "7"), null);
});
