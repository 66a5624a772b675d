/** What became of a record, told in its dialog. */
import assert from "node:assert/strict";
import test from "node:test";
import { api, closed, make, withBrowser } from "./support.mjs";
import { OLGA, holds, save, together } from "./together.mjs";

const world = withBrowser();
const entries = (page) => page.locator("dialog.record .history ol > li");

test("the history tells who changed which field from what to what, in words, and goes on while it is open", async () => {
  const { anna, olga, saves, end } = await together(world);
  const category = await make.category(olga.page);
  await saves({ category_id: category.id });
  await anna.page.click("dialog.record [data-history]");
  const changed = entries(anna.page).first().locator('[data-changed="category_id"]');
  await changed.locator("del", { hasText: "—" }).waitFor();
  await changed.locator("ins", { hasText: category.name }).waitFor();
  await entries(anna.page).first().locator("b", { hasText: OLGA }).waitFor();

  await saves({ note: "стало" });

  const now = entries(anna.page).first().locator('[data-changed="note"]');
  await now.locator("del", { hasText: "было" }).waitFor();
  await now.locator("ins", { hasText: "стало" }).waitFor();
  assert.equal(await entries(anna.page).count(), 3); // with its beginning
  await end();
});

test("an older value can be put into the form, and saved", async () => {
  const { anna, saves, row, end } = await together(world);
  await saves({ note: "испорчено" });
  await holds(anna.page, "note", "испорчено");
  await anna.page.click("dialog.record [data-history]");

  await entries(anna.page).first().locator('[data-changed="note"]').getByRole("button", { name: "Вернуть «было»" }).click();
  assert.equal(await anna.page.inputValue("#field-note"), "было");
  await anna.page.locator('[data-field="note"] .mark-mine').waitFor();
  await save(anna.page);
  await closed(anna.page);

  assert.equal((await row()).note, "было");
  await end();
});

test("a long history comes in parts, and each change once", async () => {
  const { anna, olga, record, end } = await together(world);
  let { rev } = record;
  for (let n = 1; n <= 25; n += 1) ({ rev } = await api(olga.page, "PATCH", `/api/files/${record.id}`, { path: `шаг/${n}` }, { ifMatch: rev }));

  await holds(anna.page, "path", "шаг/25");
  await anna.page.click("dialog.record [data-history]");
  await entries(anna.page).first().getByText("шаг/25").waitFor();
  assert.equal(await entries(anna.page).count(), 20);
  await anna.page.click("dialog.record [data-more]");
  await entries(anna.page).last().getByText("добавил(а)").waitFor();

  assert.equal(await entries(anna.page).count(), 26);
  assert.equal(await anna.page.locator("dialog.record [data-more]").count(), 0);
  await end();
});
