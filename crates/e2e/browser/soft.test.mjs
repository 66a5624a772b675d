/** A soft refresh changes the data and nothing that is the person's. */
import assert from "node:assert/strict";
import test from "node:test";
import { change, edit, here, live, make, open, person, row, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();

/** What the person holds: focus, caret, text, dialog, scroll. */
const held = (page) => page.evaluate(() => {
  const field = document.activeElement;
  return {
    focus: field.id,
    caret: [field.selectionStart, field.selectionEnd],
    name: document.querySelector("#field-name")?.value,
    note: document.querySelector("#field-note")?.value,
    dialogs: document.querySelectorAll("dialog.record[open]").length,
    scroll: Math.round(scrollY),
  };
});

test("a category is renamed while a file is being edited: the list follows, the form stays as it was left", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await open(anna.page, "/categories?per_page=500");
  const category = await make.category(anna.page);
  const mark = unique("Папка");
  const files = [];
  for (let n = 0; n < 30; n += 1) files.push(await make.file(anna.page, { name: `${mark} ${String(n).padStart(2, "0")}`, category_id: category.id }));
  await open(olga.page, `/files?q=${encodeURIComponent(mark)}`);
  await row(olga.page, files[29]).scrollIntoViewIfNeeded();
  await edit(olga.page, files[28]);
  await olga.page.fill("#field-name", "наполовину набра");
  await olga.page.locator("#field-note").pressSequentially("первая строка, вторая строка");
  await olga.page.evaluate(() => document.querySelector("#field-note").setSelectionRange(3, 9));
  const before = await held(olga.page);
  assert.equal(before.focus, "field-note");

  for (let n = 0; n < 20; n += 1) await change(anna.page, "categories", category.id, { name: `${category.name} ${n}` });

  await row(olga.page, files[29]).getByText(`${category.name} 19`).waitFor();
  await row(olga.page, files[0]).getByText(`${category.name} 19`).waitFor();
  assert.deepEqual(await held(olga.page), before);
  await olga.page.locator("#field-category_id option", { hasText: `${category.name} 19` }).waitFor({ state: "attached" });
  assert.equal(await olga.page.inputValue("#field-category_id"), category.id);
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("an open detail and a focused row stay through changes above and around them", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await Promise.all([open(anna.page, "/groups?per_page=500"), open(olga.page, "/groups?per_page=500")]);
  const group = await make.group(anna.page, { permissions: ["files.view"] });
  await row(olga.page, group).locator("summary").click();
  await row(olga.page, group).locator("button.open").focus();

  const added = await make.group(anna.page, { name: unique("А — выше всех") });
  await change(anna.page, "groups", group.id, { description: "изменено", permissions: ["files.view", "files.edit"] });

  await row(olga.page, added).waitFor();
  await row(olga.page, group).getByText("изменено").waitFor();
  assert.equal(await row(olga.page, group).locator("details[open]").count(), 1);
  assert.equal(await row(olga.page, group).locator("li").count(), 2);
  assert.equal(await olga.page.evaluate(() => document.activeElement.closest("tr")?.dataset.id), group.id);
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("a search that is being typed is not taken away by a refresh", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await Promise.all([open(anna.page, "/categories?per_page=500"), open(olga.page, "/categories?per_page=500")]);
  const category = await make.category(anna.page);
  await olga.page.fill("#search", category.name);
  await olga.page.waitForFunction(() => document.querySelectorAll("tr[data-id]").length === 1);

  await change(anna.page, "categories", category.id, { description: "нашли" });

  await row(olga.page, category).getByText("нашли").waitFor();
  assert.equal(await olga.page.inputValue("#search"), category.name);
  assert.equal(await olga.page.evaluate(() => document.activeElement.id), "search");
  await live(olga.page, "categories");
  for (const who of [anna, olga]) who.calm(), await who.leave();
});
