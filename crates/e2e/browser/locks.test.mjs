/** Records that one person edits at a time, where the server is configured so: `[locks] entities` names at least `groups`. */
import assert from "node:assert/strict";
import test from "node:test";
import { api, closed, edit, unique, withBrowser } from "./support.mjs";
import { OLGA, holds, save, status, together } from "./together.mjs";

const world = withBrowser();
const banner = (page, state) => page.locator(`dialog.record [data-lock="${state}"]`);
const lockOf = (page, record) => api(page, "GET", `/api/groups/${record.id}/lock`).then(({ lock }) => lock);

/** Anna has a group open; `both`: Olga too. */
async function locking({ both = false, expected = [] } = {}) {
  const all = await together(world, { entity: "groups", fields: {}, expected: [status(409), status(423), ...expected] });
  const locks = await all.anna.page.evaluate(async () => (await window.SyncManager.http.me()).locks);
  assert.ok(locks.includes("groups"), "the server locks no groups: [locks] entities");
  if (both) await edit(all.olga.page, all.record);
  return all;
}

test("who types first has the record, and the other's form is read-only until it is saved", async () => {
  const { anna, olga, record, end } = await locking({ both: true });
  const name = unique("Переименован");

  await anna.page.fill("#field-name", name);
  await banner(olga.page, "theirs").getByText(/правит с \d\d:\d\d/).waitFor();
  assert.equal(await olga.page.getAttribute("#field-name", "readonly"), "");
  assert.equal(await olga.page.locator("dialog.record footer .btn-primary").count(), 0);
  await save(anna.page);
  await closed(anna.page);

  await banner(olga.page, "theirs").waitFor({ state: "detached" });
  await holds(olga.page, "name", name);
  assert.equal(await olga.page.getAttribute("#field-name", "readonly"), null);
  assert.equal(await lockOf(olga.page, record), null);
  await end();
});

test("a record that somebody edits is opened read-only, and is free when he closes it", async () => {
  const { anna, olga, record, end } = await locking();
  await anna.page.fill("#field-description", "пишу");
  await olga.page.waitForFunction(async (id) => (await window.SyncManager.request("GET", `/api/groups/${id}/lock`)).data.lock !== null, record.id);

  await edit(olga.page, record);
  await banner(olga.page, "theirs").waitFor();
  await anna.page.keyboard.press("Escape");
  await anna.page.click("dialog.question .btn-danger");
  await closed(anna.page);

  await banner(olga.page, "theirs").waitFor({ state: "detached" });
  await olga.page.fill("#field-description", "теперь я");
  await save(olga.page);
  await closed(olga.page);
  await end();
});

test("it can be taken over: what the other typed stays in his form, and he can take it back", async () => {
  const { anna, olga, record, row, end } = await locking({ both: true });
  await anna.page.fill("#field-description", "долго писала");
  await banner(olga.page, "theirs").getByRole("button", { name: "Взять на себя" }).click();

  const lost = banner(anna.page, "lost");
  await lost.getByText(OLGA).waitFor();
  await banner(olga.page, "theirs").waitFor({ state: "detached" });
  assert.deepEqual([await anna.page.inputValue("#field-description"), await anna.page.getAttribute("#field-description", "readonly")], ["долго писала", ""]);
  await lost.getByRole("button", { name: "Взять обратно" }).click();
  await lost.waitFor({ state: "detached" });
  await banner(olga.page, "lost").waitFor();
  await save(anna.page);
  await closed(anna.page);

  assert.equal((await row()).description, "долго писала");
  // The form gives the record back after it has closed.
  await olga.page.waitForFunction(async (id) => (await window.SyncManager.request("GET", `/api/groups/${id}/lock`)).data.lock === null, record.id);
  await end();
});

test("a save after somebody took it over is refused, says who, and loses nothing", async () => {
  const { anna, olga, record, row, end } = await locking();
  await anna.page.fill("#field-description", "долго писала");
  await olga.page.waitForFunction(async (id) => (await window.SyncManager.request("GET", `/api/groups/${id}/lock`)).data.lock !== null, record.id);
  await anna.page.evaluate(() => window.SyncManager.lifeline.leave()); // no event tells of it: only the server's 423 does
  await api(olga.page, "POST", `/api/groups/${record.id}/lock`, { take: true });

  await save(anna.page);

  await banner(anna.page, "lost").getByText(OLGA).waitFor();
  assert.equal(await anna.page.inputValue("#field-description"), "долго писала");
  assert.notEqual((await row()).description, "долго писала");
  await banner(anna.page, "lost").getByRole("button").click();
  await banner(anna.page, "lost").waitFor({ state: "detached" });
  await save(anna.page);
  await closed(anna.page);
  assert.equal((await row()).description, "долго писала");
  await end();
});

test("a page that goes gives the record back, and takes it again with its draft", async () => {
  const { anna, olga, record, end } = await locking({ both: true });
  await anna.page.fill("#field-description", "недописано");
  await banner(olga.page, "theirs").waitFor();

  await anna.page.reload();
  await anna.page.locator("dialog.record [data-restored]").waitFor();
  await anna.page.waitForFunction(async (id) => (await window.SyncManager.request("GET", `/api/groups/${id}/lock`)).data.lock?.mine, record.id);
  await banner(olga.page, "theirs").waitFor();
  await anna.page.close();

  await banner(olga.page, "theirs").waitFor({ state: "detached" });
  assert.equal(await lockOf(olga.page, record), null);
  await end();
});
