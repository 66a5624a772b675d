import assert from "node:assert/strict";
import test from "node:test";
import { Roster } from "../core/roster.js";

const OLGA = { id: "2", name: "Ольга" };
const IVAN = { id: "3", name: "Иван" };
const entry = (tab, user, more = {}) => ({ tab, id: "7", mode: "view", user, since: 100, ...more });

/** Who is at record 7, each as `name mode field ×tabs`. */
function at7(roster, tabs = [], me = null) {
  return (roster.people(new Set(tabs), me).get("7") ?? []).map(({ user, mode, field, tabs, own }) => [user.name, mode, field, tabs, own].filter((part) => part !== undefined && part !== false).join(" "));
}

test("who comes after the state is added, who goes is gone", () => {
  const roster = new Roster();
  assert.ok(roster.state({ n: 4, entries: [entry("a", OLGA)] }));

  assert.ok(roster.diff({ n: 5, set: [entry("b", IVAN)], gone: [] }));
  assert.deepEqual(at7(roster), ["Ольга view 1", "Иван view 1"]);

  assert.ok(roster.diff({ n: 6, set: [], gone: [{ tab: "a", id: "7" }] }));
  assert.deepEqual(at7(roster), ["Иван view 1"]);
});

test("differences that come before the state wait for it, and those that it holds already are dropped", () => {
  const roster = new Roster();
  assert.ok(roster.diff({ n: 4, gone: [{ tab: "b", id: "7" }] }));
  assert.ok(roster.diff({ n: 5, set: [entry("a", OLGA, { mode: "edit", field: "note" })] }));
  assert.ok(roster.waiting);

  assert.ok(roster.state({ n: 4, entries: [entry("a", OLGA), entry("b", IVAN)] }));

  assert.deepEqual(at7(roster), ["Ольга edit note 1", "Иван view 1"]);
});

test("a missing difference is noticed, and the whole mends it", () => {
  const roster = new Roster();
  roster.state({ n: 1, entries: [] });

  assert.equal(roster.diff({ n: 3, set: [entry("b", IVAN)] }), false);
  assert.ok(roster.diff({ n: 4, set: [entry("c", OLGA)] })); // held: the question is under way
  assert.ok(roster.state({ n: 3, entries: [entry("a", OLGA), entry("b", IVAN)] }));

  assert.deepEqual(at7(roster), ["Ольга view 2", "Иван view 1"]);
});

test("a state with a hole after it is not enough", () => {
  const roster = new Roster();
  roster.diff({ n: 9, set: [entry("b", IVAN)] });
  assert.equal(roster.state({ n: 7, entries: [] }), false);
});

test("a lost connection keeps what was known on view until the next state", () => {
  const roster = new Roster();
  roster.state({ n: 50, entries: [entry("a", OLGA)] });

  roster.lost();
  assert.deepEqual(at7(roster), ["Ольга view 1"]);
  roster.state({ n: 1, entries: [entry("b", IVAN)] }); // another worker counts for itself
  assert.deepEqual(at7(roster), ["Иван view 1"]);
});

test("one user in two tabs is one person, who edits if one of them does", () => {
  const roster = new Roster();
  roster.state({ n: 1, entries: [entry("a", OLGA, { since: 50 }), entry("b", OLGA, { mode: "edit", field: "name" }), entry("c", IVAN, { since: 10 })] });
  assert.deepEqual(at7(roster), ["Ольга edit name 2", "Иван view 1"]); // editors first
});

test("the page's own tab is left out, and counted only where the same user has another", () => {
  const roster = new Roster();
  roster.state({ n: 1, entries: [entry("mine", OLGA, { mode: "edit" })] });
  assert.deepEqual(at7(roster, ["mine"], OLGA.id), []);

  roster.diff({ n: 2, set: [entry("second", OLGA)] });
  assert.deepEqual(at7(roster, ["mine"], OLGA.id), ["Ольга view 2 true"]); // what the other tab does is the news
});

test("those at the list are told apart from those at a record", () => {
  const roster = new Roster();
  roster.state({ n: 1, entries: [entry("a", OLGA, { id: "*" }), entry("a", OLGA)] });
  assert.deepEqual([...roster.people(new Set(), null).keys()].sort(), ["*", "7"]);
});
