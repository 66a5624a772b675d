import assert from "node:assert/strict";
import test from "node:test";
import { Draft, same } from "../core/draft.js";
import { mergeText } from "../core/merge.js";

const OLGA = { name: "Ольга", at: "2026-11-26T14:02:00Z" };
const BASE = { id: "7", rev: 3, name: "Счёт", note: "раз\nдва\nтри", path: null, permissions: ["a", "b"] };
const NAMES = ["name", "note", "path", "permissions"];
const draft = (options) => new Draft(BASE, NAMES, { texts: ["note"], ...options });
const form = (values = {}) => ({ name: "Счёт", note: "раз\nдва\nтри", path: "", permissions: ["b", "a"], ...values });

/** One field: it was, I have, they saved; what the draft makes of it. */
function merge(base, mine, theirs) {
  const one = new Draft({ rev: 1, x: base }, ["x"]);
  const updates = one.rebase({ rev: 2, x: theirs }, { x: mine });
  const shown = { x: mine, ...updates };
  return { shown: shown.x, sends: one.changes(shown).x, asks: one.conflicts(shown).length === 1 };
}

for (const [what, base, mine, theirs, shown, sends, asks] of [
  ["nobody changed it", "a", "a", "a", "a", undefined, false],
  ["only I did", "a", "b", "a", "b", "b", false],
  ["only they did", "a", "a", "c", "c", undefined, false],
  ["both did, alike", "a", "b", "b", "b", undefined, false],
  ["both did, differently", "a", "b", "c", "b", "b", true],
  ["I emptied it, they changed it", "a", "", "c", "", "", true],
  ["they emptied it, I changed it", "a", "b", null, "b", "b", true],
  ["they emptied it", "a", "a", null, null, undefined, false],
  ["it was empty and both filled it", null, "b", "c", "b", "b", true],
  ["a switch: only two values, so both did alike", false, true, true, true, undefined, false],
]) {
  test(`three-way merge: ${what}`, () => {
    assert.deepEqual(merge(base, mine, theirs), { shown, sends, asks });
  });
}

test("only what I changed is sent", () => {
  assert.deepEqual(draft().changes(form({ name: "Акт" })), { name: "Акт" });
});

test("a field that I did not touch follows the others, and it is known who changed it", () => {
  const mine = draft();

  const updates = mine.rebase({ ...BASE, rev: 4, path: "их" }, form({ name: "моё" }), OLGA);

  assert.deepEqual(updates, { path: "их" });
  assert.deepEqual(mine.conflicts(form({ name: "моё", path: "их" })), []);
  assert.deepEqual(mine.changes(form({ name: "моё", path: "их" })), { name: "моё" });
  assert.deepEqual([...mine.merged], [["path", OLGA]]);
  assert.equal(mine.rev, 4);
});

test("a conflict tells what it was, what I have, what they saved and who", () => {
  const mine = draft();
  mine.rebase({ ...BASE, rev: 4, name: "их" }, form({ name: "моё" }), OLGA);
  assert.deepEqual(mine.conflicts(form({ name: "моё" })), [{ name: "name", base: "Счёт", mine: "моё", theirs: "их", by: OLGA }]);
});

test("a conflict ends when I undo my change, and what was saved is not undone with it", () => {
  const mine = draft();
  mine.rebase({ ...BASE, rev: 4, name: "их" }, form({ name: "моё" }), OLGA);

  const undone = form({ name: "Счёт" });

  assert.deepEqual(mine.conflicts(undone), []);
  assert.deepEqual(mine.changes(undone), {});
  assert.deepEqual(mine.rebase({ ...BASE, rev: 5, name: "их" }, undone, OLGA), { name: "их" });
});

test("a conflict follows the others as they go on, and keeps what it was at first", () => {
  const mine = draft();
  mine.rebase({ ...BASE, rev: 4, name: "их" }, form({ name: "моё" }), OLGA);
  mine.rebase({ ...BASE, rev: 5, name: "их снова" }, form({ name: "моё" }), { name: "Иван", at: null });
  assert.deepEqual(mine.conflicts(form({ name: "моё" })).map(({ base, theirs, by }) => [base, theirs, by.name]), [["Счёт", "их снова", "Иван"]]);
});

test("what was decided is sent, and asked about only if they change it again", () => {
  const mine = draft();
  mine.rebase({ ...BASE, rev: 4, name: "их" }, form({ name: "моё" }), OLGA);

  mine.settle(["name"]);
  assert.deepEqual(mine.conflicts(form({ name: "моё" })), []);
  assert.deepEqual(mine.changes(form({ name: "моё" })), { name: "моё" });
  mine.rebase({ ...BASE, rev: 5, name: "их снова" }, form({ name: "моё" }), OLGA);
  assert.equal(mine.conflicts(form({ name: "моё" })).length, 1);
});

test("an older row changes nothing", () => {
  const mine = draft();
  assert.deepEqual(mine.rebase({ ...BASE, rev: 3, path: "старое" }, form()), {});
  assert.equal(mine.row.path, null);
});

test("a long text in which we changed different lines is merged, and says so", () => {
  const mine = draft();
  const typed = form({ note: "раз\nдва\nтри, моё" });
  mine.rebase({ ...BASE, rev: 4, note: "раз, их\nдва\nтри" }, typed, OLGA);
  assert.ok(mine.mergeable(mine.conflicts(typed)[0]));

  const texts = mine.mergeWithin(typed);

  assert.deepEqual(texts, { note: "раз, их\nдва\nтри, моё" });
  assert.deepEqual(mine.conflicts(form(texts)), []);
  assert.deepEqual(mine.changes(form(texts)), texts);
  assert.deepEqual([...mine.merged.keys()], ["note"]);
});

test("rights that we gave and took away in different places merge without a question", () => {
  const mine = draft();
  const typed = form({ permissions: ["a", "b", "mine"] });
  mine.rebase({ ...BASE, rev: 4, permissions: ["b", "theirs"] }, typed, OLGA);

  const merged = mine.mergeWithin(typed);

  assert.deepEqual(merged.permissions.sort(), ["b", "mine", "theirs"]);
  assert.deepEqual(mine.conflicts(form(merged)), []);
});

test("a long text in which we changed the same line is a conflict", () => {
  const mine = draft();
  const typed = form({ note: "раз\nдва, моё\nтри" });
  mine.rebase({ ...BASE, rev: 4, note: "раз\nдва, их\nтри" }, typed, OLGA);

  assert.deepEqual(mine.mergeWithin(typed), {});
  assert.equal(mine.conflicts(typed).length, 1);
});

test("a draft that was put away goes on over the row of today by the same rules", () => {
  const yesterday = draft();
  const put = yesterday.saved(form({ name: "моё", note: "раз\nдва\nтри, моё" }));
  const today = { ...BASE, rev: 9, name: "их", note: "раз, их\nдва\nтри", path: "новый" };

  const mine = new Draft(today, NAMES, { texts: ["note"], ancestor: put.ancestor, by: OLGA });
  const shown = { ...today, ...put.mine };

  assert.deepEqual(mine.conflicts(shown).map(({ name, by }) => [name, by]), [["name", OLGA], ["note", OLGA]]);
  assert.deepEqual(mine.mergeWithin(shown), { note: "раз, их\nдва\nтри, моё" });
  assert.equal(mine.touched("path", shown), false);
});

test("nothing, null and the empty text are one; so are the ends of lines; rights have no order", () => {
  assert.ok(same(null, "") && same(undefined, null) && same(["b", "a"], ["a", "b"]) && same("a\r\nb", "a\nb"));
  assert.ok(!same(false, null) && !same("0", 0) && !same(["a"], []));
});

for (const [what, base, mine, theirs, merged] of [
  ["lines added at both ends", "б", "а\nб", "б\nв", "а\nб\nв"],
  ["lines added at the same end", "а", "а\nб", "а\nв", null], // nobody knows which comes first
  ["lines added apart", "б\nг\nд", "а\nб\nг\nд", "б\nг\nд\nе", "а\nб\nг\nд\nе"],
  ["the same line added by both", "а\nв", "а\nб\nв", "а\nб\nв", "а\nб\nв"],
  ["a line removed here, another changed there", "а\nб\nв\nг", "а\nв\nг", "а\nб\nв\nГ", "а\nв\nГ"],
  ["other ends of lines", "а\r\nб\r\nв", "А\nб\nв", "а\r\nб\r\nВ", "А\nб\nВ"],
  ["a line changed here and removed there", "а\nб\nв", "а\nБ\nв", "а\nв", null],
]) {
  test(`texts merge by lines: ${what}`, () => assert.equal(mergeText(base, mine, theirs), merged));
}
