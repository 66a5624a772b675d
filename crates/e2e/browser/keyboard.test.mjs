/** All by keyboard, and the focus is never lost. */
import assert from "node:assert/strict";
import test from "node:test";
import { api, change, closed, countLists, here, live, make, open, person, row, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();
const at = (page, selector) => page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector);

/** Presses Tab until the focus is there. */
async function tabTo(page, selector) {
  for (let n = 0; n < 120; n += 1) {
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement?.checkVisibility?.() ?? true), false, "the focus is on something that is not shown");
    if (await at(page, selector)) return;
  }
  assert.fail(`Tab does not lead to ${selector}`);
}

test("a record is found, changed and saved by keyboard alone, and the focus comes back to its row", async () => {
  const anna = await person(world);
  const { page } = anna;
  await open(page, "/files");
  const file = await make.file(page, { name: `${unique("Клавиатура")}.pdf`, note: "было" });

  await page.keyboard.press("/");
  assert.ok(await at(page, "#search"));
  await page.keyboard.type(file.name);
  await row(page, file).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("tr[data-id]").length === 1);
  await tabTo(page, "tr[data-id] button.open");
  await page.keyboard.press("Enter");
  await page.locator("dialog.record[open]").waitFor();
  assert.ok(await page.evaluate(() => document.querySelector("dialog.record").contains(document.activeElement)));
  await tabTo(page, "#field-note");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("стало");
  await tabTo(page, "dialog.record footer .btn-primary");
  await page.keyboard.press("Enter");
  await closed(page);

  assert.equal((await api(page, "GET", `/api/files/${file.id}`)).note, "стало");
  assert.ok(await at(page, `tr[data-id="${file.id}"] button.open`), await page.evaluate(() => document.activeElement.outerHTML.slice(0, 100)));
  anna.calm();
  await anna.leave();
});

test("the skip link leads to the content, and Tab goes on from there", async () => {
  const anna = await person(world);
  const { page } = anna;
  await open(page, "/files");

  await page.keyboard.press("Tab");
  assert.ok(await at(page, ".skip"));
  await page.keyboard.press("Enter");
  assert.ok(await at(page, "#main"));
  await page.keyboard.press("Tab");

  assert.ok(await page.evaluate(() => document.querySelector("main").contains(document.activeElement)));
  anna.calm();
  await anna.leave();
});

test("whatever is opened and left, the focus goes back to where it came from", async () => {
  const anna = await person(world);
  const { page } = anna;
  await open(page, "/groups");
  const group = await make.group(page);
  await open(page, `/groups?q=${encodeURIComponent(group.name)}`, "groups");

  for (const opener of ["[data-add]", `tr[data-id="${group.id}"] button.open`]) {
    await page.focus(opener);
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog[open]"));
    assert.ok(await at(page, opener), opener);
  }

  anna.calm();
  await anna.leave();
});

test("a row that others take away passes the focus on", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await open(olga.page, "/categories");
  const mark = unique("Ряд");
  const rows = [];
  for (const n of [1, 2, 3]) rows.push(await make.category(olga.page, { name: `${mark} ${n}` }));
  await open(anna.page, `/categories?q=${encodeURIComponent(mark)}`, "categories");
  await row(anna.page, rows[1]).locator("button.open").focus();

  await api(olga.page, "DELETE", `/api/categories/${rows[1].id}`, undefined, { ifMatch: rows[1].rev });

  await anna.page.waitForFunction((id) => document.activeElement.closest("tr")?.dataset.id === id, rows[2].id);
  await anna.page.focus("#search"); // as long as somebody is in the rows, none moves
  await row(anna.page, rows[1]).waitFor({ state: "detached" });
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("the language, the theme and a refresh leave the focus where it is", async () => {
  const anna = await person(world);
  const { page } = anna;
  await open(page, "/files");
  const file = await make.file(page);
  await open(page, `/files?q=${encodeURIComponent(file.name)}`, "files");

  await page.focus(".languages button[lang=en]");
  await page.keyboard.press("Enter");
  await page.locator("h1", { hasText: "Files" }).waitFor();
  assert.ok(await at(page, ".languages button[lang=en]"));
  await row(page, file).locator("button.open").focus();
  await change(page, "files", file.id, { note: "иначе" });
  await page.waitForFunction(([id, rev]) => document.querySelector(`tr[data-id="${id}"]`).dataset.rev > rev, [file.id, String(file.rev)]);

  assert.ok(await at(page, `tr[data-id="${file.id}"] button.open`));
  anna.calm();
  await anna.leave();
});

test("half a minute without events ends in one fresh look, which finds nothing new and changes nothing", async () => {
  const anna = await person(world);
  const { page } = anna;
  await page.addInitScript(() => (Math.random = () => 0.5)); // the guard's spread is then none
  await page.clock.install({ time: Date.now() });
  await open(page, "/registrators");
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 3000);
  await live(page, "registrators");
  const counted = countLists(page, "registrators");
  const looked = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/registrators");

  await page.clock.runFor(15_000);
  assert.equal(counted.lists, 0);
  await page.clock.runFor(16_000);

  assert.equal((await looked).status(), 304);
  assert.equal(counted.lists, 1);
  anna.calm();
  await anna.leave();
});
