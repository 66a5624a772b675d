/** Two people change one record: what merges, what is asked, and that nothing typed is lost. */
import assert from "node:assert/strict";
import test from "node:test";
import { api, closed, make, open, row, unique, withBrowser } from "./support.mjs";
import { OLGA, clash, holds, listOf, question, save, status, together } from "./together.mjs";

const world = withBrowser();
const toast = (page, text) => page.locator(".notice", { hasText: text });

/** Both changed the note, and Anna, who heard of it, saves. */
async function overlapping() {
  const all = await together(world);
  await all.anna.page.fill("#field-note", "моя заметка");
  await all.saves({ note: "заметка Ольги" });
  await clash(all.anna.page, "note").getByText("заметка Ольги").waitFor();
  await save(all.anna.page);
  await question(all.anna.page, "note").waitFor();
  return all;
}

test("a field that I did not touch follows Olga at once, and saving keeps both and says so", async () => {
  const { anna, saves, row, end } = await together(world);
  await anna.page.fill("#field-note", "моя заметка");

  await saves({ path: "incoming/new.pdf" });
  await holds(anna.page, "path", "incoming/new.pdf");
  await anna.page.locator('[data-field="path"] .mark-fresh').waitFor();
  await anna.page.locator('[data-field="note"] .mark-mine').waitFor();
  assert.equal(await anna.page.inputValue("#field-note"), "моя заметка");
  await save(anna.page);
  await closed(anna.page);

  await toast(anna.page, `Объединено с изменением: ${OLGA}, «Путь»`).waitFor();
  const saved = await row();
  assert.deepEqual([saved.path, saved.note], ["incoming/new.pdf", "моя заметка"]);
  await end();
});

test("a save that comes too late merges by itself where we changed different fields", async () => {
  const { anna, saves, row, end } = await together(world, { expected: [status(412)] });
  await anna.page.fill("#field-note", "моя заметка");
  await anna.page.evaluate(() => window.SyncManager.lifeline.leave()); // no event tells of Olga's change: only the server's 412 does
  await saves({ path: "incoming/new.pdf" });

  await save(anna.page);
  await closed(anna.page);

  await toast(anna.page, `Объединено с изменением: ${OLGA}, «Путь»`).waitFor();
  const saved = await row();
  assert.deepEqual([saved.path, saved.note], ["incoming/new.pdf", "моя заметка"]);
  await end();
});

test("different lines of a note merge without a question", async () => {
  const { anna, saves, row, end } = await together(world, { fields: { note: "раз\nдва\nтри" } });
  await anna.page.fill("#field-note", "раз\nдва\nтри, моё");
  await saves({ note: "раз, её\nдва\nтри" });
  await clash(anna.page, "note").getByText("объединится при сохранении").waitFor();

  await save(anna.page);
  await closed(anna.page);

  assert.equal((await row()).note, "раз, её\nдва\nтри, моё");
  await end();
});

test("what both changed is told beside the field at once, and theirs can be taken there", async () => {
  const { anna, saves, end } = await together(world);
  await anna.page.fill("#field-note", "моя заметка");
  await saves({ note: "заметка Ольги" });

  const told = clash(anna.page, "note");
  await told.getByText("заметка Ольги").waitFor();
  assert.equal(await anna.page.inputValue("#field-note"), "моя заметка");
  await told.getByRole("button", { name: "Взять" }).click();

  await told.waitFor({ state: "detached" });
  assert.equal(await anna.page.inputValue("#field-note"), "заметка Ольги");
  assert.equal(await anna.page.evaluate(() => document.activeElement.id), "field-note");
  await end();
});

test("saving asks about what both changed, and mine can be saved over hers", async () => {
  const { anna, row, end } = await overlapping();
  const asked = question(anna.page, "note");
  for (const text of ["было", "моя заметка", "заметка Ольги", OLGA]) await asked.getByText(text).first().waitFor();
  await anna.page.locator("dialog.conflict h2", { hasText: "Конфликт: 1 поле из 1" }).waitFor();

  await asked.locator('input[value="mine"]').check();
  await anna.page.click("dialog.conflict .btn-primary");
  await closed(anna.page);

  assert.equal((await row()).note, "моя заметка");
  await end();
});

test("or hers can be chosen, and the rest of mine is saved", async () => {
  const { anna, saves, row, end } = await together(world);
  await anna.page.fill("#field-note", "моя заметка");
  await anna.page.fill("#field-path", "мой/путь.pdf");
  await saves({ note: "заметка Ольги", status: "ready" });
  await clash(anna.page, "note").waitFor();
  await save(anna.page);
  await question(anna.page, "note").locator('input[value="theirs"]').check();
  await anna.page.locator('dialog.conflict [data-merged="status"]', { hasText: OLGA }).waitFor();

  await anna.page.click("dialog.conflict .btn-primary");
  await closed(anna.page);

  const saved = await row();
  assert.deepEqual([saved.note, saved.path, saved.status], ["заметка Ольги", "мой/путь.pdf", "ready"]);
  await end();
});

test("or another value can be typed", async () => {
  const { anna, row, end } = await overlapping();
  const asked = question(anna.page, "note");

  await asked.locator('input[value="own"]').check();
  assert.equal(await asked.locator("textarea").inputValue(), "моя заметка"); // it begins with mine
  await asked.locator("textarea").fill("заметка обеих");
  await anna.page.click("dialog.conflict .btn-primary");
  await closed(anna.page);

  assert.equal((await row()).note, "заметка обеих");
  await end();
});

test("all of theirs can be taken at once, and leaving the question leaves the form as it was", async () => {
  const { anna, row, end } = await overlapping();
  await anna.page.keyboard.press("Escape");
  await anna.page.locator("dialog.conflict").waitFor({ state: "detached" });
  assert.equal(await anna.page.inputValue("#field-note"), "моя заметка");

  await save(anna.page);
  await question(anna.page, "note").waitFor();
  await anna.page.click("dialog.conflict [data-theirs]");
  await closed(anna.page);

  assert.equal((await row()).note, "заметка Ольги");
  await end();
});

test("what she saves while I am being asked is in the question, and a toast can be reached above it", async () => {
  const { anna, saves, row, end } = await overlapping();
  const asked = question(anna.page, "note");

  await saves({ note: "заметка Ольги, вторая" });
  await asked.getByText("заметка Ольги, вторая").waitFor();
  await anna.page.evaluate(() => window.showToast("поверх вопроса", "error"));
  await toast(anna.page, "поверх вопроса").getByRole("button", { name: "Закрыть" }).click();
  await toast(anna.page, "поверх вопроса").waitFor({ state: "detached" });
  await asked.locator('input[value="theirs"]').check();
  await anna.page.click("dialog.conflict .btn-primary");
  await closed(anna.page);

  assert.equal((await row()).note, "заметка Ольги, вторая");
  await end();
});

test("a choice that both changed is asked about by its name", async () => {
  const { anna, olga, record, saves, row, end } = await together(world);
  const [mine, hers] = [await make.category(olga.page), await make.category(olga.page)];
  await anna.page.locator(`#field-category_id option[value="${mine.id}"]`).waitFor({ state: "attached" });
  await anna.page.selectOption("#field-category_id", mine.id);
  await saves({ category_id: hers.id });
  await clash(anna.page, "category_id").getByText(hers.name).waitFor();

  await save(anna.page);
  for (const { name } of [mine, hers]) await question(anna.page, "category_id").locator(".choice-value", { hasText: name }).waitFor();
  await anna.page.click("dialog.conflict .btn-primary");
  await closed(anna.page);

  assert.equal((await row()).category_id, mine.id);
  assert.equal(record.category_id ?? null, null);
  await end();
});

test("a record deleted under my hands leaves the form, and is saved as a new one", async () => {
  const { anna, olga, record, end } = await together(world);
  const name = unique("Спасённый");
  await anna.page.fill("#field-name", name);

  await api(olga.page, "DELETE", `/api/files/${record.id}`, undefined, { ifMatch: record.rev });
  const banner = anna.page.locator("dialog [data-deleted]:not([hidden])");
  await banner.getByText(OLGA).waitFor();
  await banner.getByRole("button").click();
  await save(anna.page);
  await closed(anna.page);

  const { items } = await api(olga.page, "GET", `/api/files?q=${encodeURIComponent(name)}`);
  assert.deepEqual(items.map((item) => [item.name, item.note]), [[name, "было"]]);
  await end();
});

test("saved as new under a name that is taken meanwhile, it says so at the field and keeps what was typed", async () => {
  const { anna, olga, record, end } = await together(world, { entity: "categories", fields: { description: "было" }, expected: [status(409)] });
  await anna.page.fill("#field-description", "долго писала");
  await api(olga.page, "DELETE", `/api/categories/${record.id}`, undefined, { ifMatch: record.rev });
  await api(olga.page, "POST", "/api/categories", { name: record.name });

  await anna.page.locator("dialog [data-deleted]:not([hidden]) button").click();
  await save(anna.page);
  await anna.page.locator("#field-name-problem", { hasText: "Уже занято" }).waitFor();

  assert.deepEqual([await anna.page.inputValue("#field-name"), await anna.page.inputValue("#field-description")], [record.name, "долго писала"]);
  await end();
});

test("a draft survives a reload, lies over what Olga saved meanwhile, and can be dropped", async () => {
  const { anna, saves, end } = await together(world);
  await anna.page.fill("#field-note", "недописано");
  await anna.page.locator(".kept:not([hidden])").waitFor();
  await saves({ path: "её/путь.pdf" });
  await holds(anna.page, "path", "её/путь.pdf");

  await anna.page.reload();
  const banner = anna.page.locator("dialog.record [data-restored]");
  await banner.waitFor();
  assert.deepEqual([await anna.page.inputValue("#field-note"), await anna.page.inputValue("#field-path")], ["недописано", "её/путь.pdf"]);
  await banner.getByRole("button", { name: "Отбросить" }).click();

  assert.equal(await anna.page.inputValue("#field-note"), "было");
  await anna.page.reload();
  await anna.page.locator("dialog.record[open]").waitFor();
  assert.equal(await banner.count(), 0);
  await end();
});

test("a draft that both changed meanwhile is a conflict when it comes back", async () => {
  const { anna, saves, record, end } = await together(world);
  await anna.page.fill("#field-note", "недописано");
  await anna.page.goto("/categories");
  await saves({ note: "заметка Ольги" });

  await open(anna.page, listOf("files", record));
  await row(anna.page, record).locator("button.open").click();

  await clash(anna.page, "note").getByText(/^Ольга \d\d:\d\d: «заметка Ольги»$/).waitFor();
  assert.equal(await anna.page.inputValue("#field-note"), "недописано");
  await end();
});

test("what was saved leaves no draft, nor does what was given up", async () => {
  const { anna, record, end } = await together(world);
  await anna.page.fill("#field-note", "готово");
  await save(anna.page);
  await closed(anna.page);
  await row(anna.page, record).locator("button.open").click();
  await anna.page.locator("dialog.record[open]").waitFor();
  assert.equal(await anna.page.locator("[data-restored]").count(), 0);

  await anna.page.fill("#field-note", "не нужно");
  await anna.page.keyboard.press("Escape");
  await anna.page.click("dialog.question .btn-danger");
  await closed(anna.page);
  await row(anna.page, record).locator("button.open").click();
  await anna.page.locator("dialog.record[open]").waitFor();
  assert.equal(await anna.page.locator("[data-restored]").count(), 0);
  assert.equal(await anna.page.inputValue("#field-note"), "готово");
  await end();
});

test("a draft of a record that was deleted meanwhile is not lost either", async () => {
  const { anna, olga, record, end } = await together(world, { expected: [status(404)] });
  await anna.page.fill("#field-note", "недописано");
  await anna.page.locator(".kept:not([hidden])").waitFor();
  await api(olga.page, "DELETE", `/api/files/${record.id}`, undefined, { ifMatch: record.rev });
  await anna.page.locator("dialog [data-deleted]:not([hidden])").waitFor();

  await anna.page.reload();
  await anna.page.locator("dialog [data-deleted]:not([hidden])").waitFor();

  assert.deepEqual([await anna.page.inputValue("#field-note"), await anna.page.inputValue("#field-name")], ["недописано", record.name]);
  await end();
});
