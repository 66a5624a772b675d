/** The keyboard: the palette, the help of shortcuts, the overlay of the road of events. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { api, change, here, live, make, open, person, signIn, unique, withBrowser } from "./support.mjs";

const world = withBrowser();

/** Anna at a page with the palette open, by its key. */
async function withPalette(path = "/") {
  const anna = await person(world);
  await open(anna.page, path, path === "/" ? "index" : undefined);
  await anna.page.keyboard.press("Control+k");
  await anna.page.locator("dialog.palette[open]").waitFor();
  return anna;
}

/** What the line says is chosen. */
const chosen = (page) => page.evaluate(() => document.getElementById(document.querySelector("dialog.palette input").getAttribute("aria-activedescendant"))?.innerText);

test("a record is found by some of its name and opened by keyboard alone", async () => {
  const anna = await withPalette();
  const file = await make.file(anna.page);

  await anna.page.keyboard.type(file.name);
  await anna.page.locator(`[data-command="files-${file.id}"][aria-selected="true"]`).waitFor();
  assert.match(await chosen(anna.page), new RegExp(file.name));
  await anna.page.keyboard.press("Enter");

  await anna.page.locator("dialog.record[open]").waitFor();
  assert.equal(await anna.page.inputValue("#field-name"), file.name);
  anna.calm();
  await anna.leave();
});

test("the arrows walk through what is found, in the order it stands in, and round", async () => {
  const anna = await withPalette();
  await anna.page.keyboard.type("оформление");
  const options = anna.page.locator("dialog.palette [role=option]");
  await anna.page.waitForFunction(() => document.querySelectorAll("dialog.palette [role=option]").length === 3 && document.querySelector("#palette-list").getAttribute("aria-busy") === "false");
  const labels = await options.allInnerTexts();

  const walked = [];
  for (let n = 0; n < 4; n += 1) {
    walked.push(await chosen(anna.page));
    await anna.page.keyboard.press("ArrowDown");
  }
  await anna.page.keyboard.press("ArrowUp");

  assert.deepEqual(walked, [...labels, labels[0]]);
  assert.equal(await chosen(anna.page), labels[0]);
  anna.calm();
  await anna.leave();
});

test("it leads to pages, makes new records and does things; Esc gives the focus back", async () => {
  const anna = await withPalette();
  await anna.page.keyboard.press("Escape");
  await anna.page.locator("dialog.palette").waitFor({ state: "detached" });
  await anna.page.focus("[data-pause]");
  await anna.page.keyboard.press("Control+k");
  await anna.page.locator("dialog.palette[open]").waitFor();
  await anna.page.keyboard.press("Escape");
  assert.equal(await anna.page.evaluate(() => document.activeElement.hasAttribute("data-pause")), true);

  await anna.page.click("[data-palette]");
  await anna.page.locator("dialog.palette[open]").waitFor();
  await anna.page.keyboard.type("тёмное");
  await anna.page.locator('[data-command="theme-dark"][aria-selected="true"]').waitFor();
  await anna.page.keyboard.press("Enter");
  await anna.page.waitForFunction(() => document.documentElement.dataset.bsTheme === "dark");
  await anna.page.locator("dialog.palette").waitFor({ state: "detached" });
  await anna.page.keyboard.press("Control+k");
  await anna.page.locator("dialog.palette[open]").waitFor();
  await anna.page.keyboard.type("новый файл");
  await anna.page.locator('[data-command="new-files"][aria-selected="true"]').waitFor();
  await anna.page.keyboard.press("Enter");

  await anna.page.waitForURL("**/files?open=new");
  await anna.page.locator("dialog.record[open]").waitFor();
  anna.calm();
  await anna.leave();
});

test("who may see only files finds only files, and no page that is closed to him", async () => {
  const admin = await person(world);
  await open(admin.page, "/users");
  const group = await make.group(admin.page, { permissions: ["files.view"] });
  const login = `reader-${randomUUID().slice(0, 8)}`;
  await api(admin.page, "POST", "/api/users", { login, name: "Читатель", password: "long enough", group_id: group.id });
  const word = unique("Слово");
  const [file, category] = await Promise.all([make.file(admin.page, { name: `${word} файл` }), make.category(admin.page, { name: `${word} категория` })]);
  const him = await person(world, here(), { signedIn: false });
  await signIn(him.page, { login, password: "long enough" });
  await open(him.page, "/", "index");

  await him.page.keyboard.press("Control+k");
  await him.page.locator("dialog.palette[open]").waitFor();
  assert.deepEqual((await him.page.locator('[data-command^="page-"], [data-command^="tab-"], [data-command^="new-"]').allInnerTexts()).map((text) => text.trim()), ["Главная", "Файлы", "Уведомления"]);
  await him.page.keyboard.type(word);
  await him.page.locator(`[data-command="files-${file.id}"]`).waitFor();

  assert.equal(await him.page.locator(`[data-command="categories-${category.id}"]`).count(), 0);
  for (const who of [admin, him]) who.calm(), await who.leave();
});

test("the help lists what the keyboard does on this page", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");

  await anna.page.keyboard.press("?");
  await anna.page.locator("dialog.help[open]").waitFor();

  const lines = await anna.page.locator("dialog.help .shortcuts > div").allInnerTexts();
  for (const [what, key] of [["Найти или сделать", "Ctrl"], ["Поиск", "/"], ["Следующая строка", "J"]]) assert.ok(lines.some((line) => line.includes(what) && line.includes(key)), what);
  assert.equal(await anna.page.evaluate(() => document.querySelector("dialog.help").innerText.includes("key.")), false);
  await anna.page.keyboard.press("Escape");
  await anna.page.locator("dialog.help").waitFor({ state: "detached" });
  anna.calm();
  await anna.leave();
});

test("the overlay shows rooms with their positions, events, and why each refresh ran", async () => {
  const anna = await person(world);
  await open(anna.page, "/categories?per_page=500");
  const category = await make.category(anna.page);

  await anna.page.keyboard.press("Alt+Shift+D");
  await anna.page.locator("aside.debug").waitFor();
  await change(anna.page, "categories", category.id, { description: "ё" });
  await anna.page.locator("[data-debug-events] li", { hasText: `categories:changed updated ${category.id}` }).waitFor();
  await anna.page.locator("[data-debug-runs] li", { hasText: `updated ${category.id}` }).waitFor();
  await anna.page.waitForFunction(() => document.querySelector('[data-debug-room="categories"]').dataset.seq === String(window.SyncManager.position("categories").seq));
  assert.match(await anna.page.locator("[data-debug-count=applied]").innerText(), /applied [1-9]/);

  await open(anna.page, "/files"); // remembered for the tab
  await anna.page.locator("aside.debug").waitFor();
  await anna.page.evaluate(() => (window.__syncDebug = false));
  await anna.page.locator("aside.debug").waitFor({ state: "detached" });
  await anna.page.evaluate(() => (window.__syncDebug = true));
  await anna.page.locator("aside.debug").waitFor();
  await live(anna.page, "files");
  anna.calm();
  await anna.leave();
});
