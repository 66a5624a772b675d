/** The catalogue's tree by keyboard, and its amounts. */
import assert from "node:assert/strict";
import test from "node:test";
import { formatPrice, formatQuantity } from "../core/catalog/amounts.js";
import { above, inSight, walk } from "../core/catalog/tree.js";

const group = (id, parentId = null) => ({ id, name: `group ${id}`, parentId, products: 0, deleted: false });
/** 1 › 2 › 3, 1 › 4, and 5. */
const GROUPS = [group("1"), group("2", "1"), group("3", "2"), group("4", "1"), group("5")];
const seen = (groups, open = []) => inSight(groups, new Set(open)).map((line) => `${"›".repeat(line.level - 1)}${line.group.id}`);

test("closed branches hide what is below them, and lines know their place among brothers", () => {
  assert.deepEqual(seen(GROUPS), ["1", "5"]);
  assert.deepEqual(seen(GROUPS, ["1"]), ["1", "›2", "›4", "5"]);
  assert.deepEqual(seen(GROUPS, ["1", "2"]), ["1", "›2", "››3", "›4", "5"]);
  assert.deepEqual(seen(GROUPS, ["2"]), ["1", "5"]);
  const [, second, , fourth] = inSight(GROUPS, new Set(["1", "2"]));
  assert.deepEqual([second.at, second.of, second.open], [1, 2, true]);
  assert.deepEqual([fourth.at, fourth.of, fourth.open], [2, 2, null]);
});

test("a group whose parent is not there stands at the root, and a circle does not hang the page", () => {
  assert.deepEqual(seen([group("7", "77")]), ["7"]);
  assert.deepEqual(above([group("1", "2"), group("2", "1")], "1").sort(), ["1", "2"]);
  assert.deepEqual(above(GROUPS, "3"), ["2", "1"]);
});

test("arrow keys walk through what is in sight, and open and close branches", () => {
  const lines = inSight(GROUPS, new Set(["1"]));
  const check = (id, key, expected) => assert.deepEqual(walk(lines, id, key), expected, `${key} on ${id}`);

  check("1", "ArrowDown", { to: "2" });
  check("5", "ArrowDown", { to: "5" });
  check("1", "ArrowUp", { to: "1" });
  check("2", "Home", { to: "1" });
  check("1", "End", { to: "5" });
  check("1", "ArrowRight", { to: "2" });
  check("2", "ArrowRight", { toggle: "2" });
  check("4", "ArrowRight", { to: "4" });
  check("1", "ArrowLeft", { toggle: "1" });
  check("4", "ArrowLeft", { to: "1" });
  check("5", "ArrowLeft", { to: "5" });
  check("1", "x", null);
  check("77", "ArrowDown", null);
});

test("amounts keep every digit that the server sends", () => {
  globalThis.document = /** @type {any} */ ({ documentElement: { lang: "en" } });

  assert.equal(formatPrice({ amount: "1234.50", currency: null }), "1,234.50");
  assert.equal(formatPrice({ amount: "0.125", currency: "USD" }), "$0.125");
  assert.equal(formatPrice({ amount: "9007199254740993.01", currency: "руб" }), "9,007,199,254,740,993.01\u00a0руб");
  assert.equal(formatPrice(null), "—");
  assert.equal(formatQuantity("-12.5"), "-12.5");
  assert.equal(formatQuantity(null), "—");
});
