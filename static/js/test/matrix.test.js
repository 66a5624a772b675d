import assert from "node:assert/strict";
import test from "node:test";
import { Matrix, lastAdmins, standing } from "../core/matrix.js";
import { settle } from "./support.js";

const group = (more = {}) => ({ id: "1", name: "Архив", rev: 1, permissions: ["files.view"], ...more });

/** A matrix whose server answers with what is given, one after the other. */
function matrix(...answers) {
  const asked = [];
  const made = new Matrix(async (method, url, body, { ifMatch }) => {
    asked.push([method, url, body.permissions, ifMatch]);
    const answer = await answers.shift();
    if (answer instanceof Error) throw answer;
    return { data: answer };
  }, () => {});
  made.put([group()]);
  return { made, asked };
}

const stale = (current) => Object.assign(new Error("stale"), { status: 412, current });

test("a click holds at once, and goes out with the revision it was made on", async () => {
  let answer;
  const { made, asked } = matrix(new Promise((resolve) => (answer = resolve)));

  const done = made.set("1", "logs.view", true);
  await settle();
  assert.deepEqual(made.groups[0].permissions, ["files.view", "logs.view"]);
  assert.equal(made.pending("1", "logs.view"), true);
  answer(group({ rev: 2, permissions: ["files.view", "logs.view"] }));

  assert.equal(await done, null);
  assert.deepEqual(asked, [["PATCH", "/api/groups/1", ["files.view", "logs.view"], 1]]);
  assert.equal(made.pending("1", "logs.view"), false);
  assert.equal(made.groups[0].rev, 2);
});

test("two clicks on one group go one after the other, each on the revision of the one before", async () => {
  const { made, asked } = matrix(group({ rev: 2, permissions: ["files.view", "logs.view"] }), group({ rev: 3, permissions: ["logs.view"] }));

  await Promise.all([made.set("1", "logs.view", true), made.set("1", "files.view", false)]);

  assert.deepEqual(asked.map(([, , permissions, rev]) => [permissions, rev]), [[["files.view", "logs.view"], 1], [["logs.view"], 2]]);
  assert.deepEqual(made.groups[0].permissions, ["logs.view"]);
});

test("what somebody else changed meanwhile is kept, and he is named", async () => {
  const theirs = group({ rev: 5, permissions: ["files.view", "users.view"], updated_by: { name: "Ольга" } });
  const { made, asked } = matrix(stale(theirs), group({ rev: 6, permissions: ["files.view", "users.view", "logs.view"] }));

  const merged = await made.set("1", "logs.view", true);

  assert.equal(merged.updated_by.name, "Ольга");
  assert.deepEqual(asked[1].slice(2), [["files.view", "users.view", "logs.view"], 5]);
});

test("what the server refuses is taken back", async () => {
  const { made } = matrix(Object.assign(new Error("last_admin"), { status: 409 }));

  await assert.rejects(made.set("1", "logs.view", true), /last_admin/);

  assert.deepEqual(made.groups[0].permissions, ["files.view"]);
});

test("an older list replaces no newer row, and a click under way stays on show", async () => {
  let answer;
  const { made } = matrix(group({ rev: 9, permissions: ["logs.view"] }), new Promise((resolve) => (answer = resolve)));
  await made.set("1", "files.view", false);
  const done = made.set("1", "users.view", true);

  made.put([group({ rev: 8 })]);

  assert.deepEqual(made.groups[0].permissions, ["logs.view", "users.view"]);
  answer(group({ rev: 10 }));
  await done;
});

for (const [permissions, right, expected] of [
  [["files.edit"], "files.edit", "given"], [["files.edit"], "files.view", "implied"], [["admin"], "logs.view", "implied"], [["files.view"], "files.edit", "none"],
]) {
  test(`${permissions} and ${right}: ${expected}`, () => assert.equal(standing(group({ permissions }), right), expected));
}

test("the last group with an administrator who can sign in is known", () => {
  const groups = [group({ id: "1", permissions: ["admin"] }), group({ id: "2", permissions: ["admin"] }), group({ id: "3" })];
  const user = (group_id, enabled = true) => ({ group_id, enabled });

  assert.equal(lastAdmins(groups, [user("1"), user("2", false), user("3")]), "1");
  assert.equal(lastAdmins(groups, [user("1"), user("2")]), null);
});
