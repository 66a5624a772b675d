/** Uploads: chosen or dropped, each with its own progress and end, seen by everybody as rows, and had again as bytes. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { api, here, make, open, person, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();

const text = (name, content = "x") => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
const upload = (page, name) => page.locator("[data-upload]", { hasText: name });
const named = (page, name) => page.locator("tr[data-id]", { hasText: name });
const choose = (page, files) => page.setInputFiles("input[data-files]", files);

/** Files let go over the page, as a hand does it. */
const drop = (page, files) => page.evaluate((files) => {
  const data = new DataTransfer();
  for (const { name, content } of files) data.items.add(new File([content], name, { type: "text/plain" }));
  const send = (type) => document.querySelector("main").dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
  send("dragenter");
  send("dragover");
  const zone = document.querySelector("main");
  return Promise.resolve().then(() => Promise.resolve()).then(() => ((window.over = zone.querySelector(".uploads.over")?.textContent ?? ""), send("drop")));
}, files);

test("files that are chosen become rows of the category in view, for everybody at once, and their bytes can be had again", async () => {
  const [mine, other] = [await person(world, here()), await person(world, there())];
  await open(mine.page, "/files");
  const category = await make.category(mine.page);
  const view = `/files?category_id=${category.id}`;
  await open(mine.page, view);
  await open(other.page, view);
  const names = [`${unique("акт")}.txt`, `${unique("счёт")}.txt`];

  const [chooser] = await Promise.all([mine.page.waitForEvent("filechooser"), mine.page.click("[data-choose]")]);
  assert.equal(chooser.isMultiple(), true);
  await chooser.setFiles(names.map((name) => text(name, `содержимое ${name}`)));

  for (const name of names) {
    await mine.page.locator('[data-upload][data-state="done"]', { hasText: name }).waitFor();
    await named(mine.page, name).waitFor();
    await named(other.page, name).waitFor();
  }
  await mine.page.locator("#uploads-title", { hasText: "Загрузка: 2 из 2" }).waitFor();
  assert.equal(await mine.page.locator(".toast-layer .notice").count(), 0, "the page says it already");

  const link = named(other.page, names[0]).locator("a[download]");
  const [download] = await Promise.all([other.page.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), names[0]);
  assert.equal(await readFile(await download.path(), "utf8"), `содержимое ${names[0]}`);

  await mine.page.click("[data-clear]");
  assert.equal(await mine.page.locator(".uploads").count(), 0);
  assert.equal(await mine.page.evaluate(() => document.activeElement.matches("[data-choose]")), true);
  for (const who of [mine, other]) who.calm(), await who.leave();
});

test("files held over the page are told where they would go, and let go they are sent", async () => {
  const { page, calm, leave } = await person(world, here());
  await open(page, "/files");
  const category = await make.category(page);
  await open(page, `/files?category_id=${category.id}`);
  await page.locator(`[data-filter="category_id"] option[value="${category.id}"]`).waitFor({ state: "attached" });
  const name = `${unique("акт")}.txt`;

  await drop(page, [{ name, content: "x" }]);

  await named(page, name).waitFor();
  assert.match(await page.evaluate(() => window.over), new RegExp(category.name));
  assert.equal(await page.locator(".uploads.over").count(), 0);
  calm();
  await leave();
});

test("one that is under way can be stopped with the keyboard and sent again; what waits goes on", async () => {
  const { page, calm, leave } = await person(world, here());
  await open(page, "/files");
  const [slow, next] = [`${unique("медленный")}.txt`, `${unique("следующий")}.txt`];
  let held = 0;
  await page.route("**/api/files/upload", (route) => {
    if (held < 1 && route.request().postData()?.includes(slow)) held += 1; // this one never arrives
    else route.fallback();
  });
  await choose(page, [text(slow), text(next)]);

  await page.locator('[data-upload][data-state="done"]', { hasText: next }).waitFor();
  assert.equal(await upload(page, slow).getAttribute("data-state"), "sending");
  const stop = upload(page, slow).locator('[data-do="stop"]');
  assert.match(await stop.getAttribute("aria-label"), new RegExp(slow));
  await stop.focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-upload][data-state="stopped"]', { hasText: slow }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.do), "remove", "the focus stays");
  assert.equal(await named(page, slow).count(), 0);

  await upload(page, slow).locator('[data-do="again"]').click();
  await page.locator('[data-upload][data-state="done"]', { hasText: slow }).waitFor();
  calm();
  await leave();
});

test("one that is refused says why, aloud; more than twenty at a time are left out and counted", async () => {
  const { page, calm, leave } = await person(world, here(), { expected: ["status of 413", "status of 422"] });
  await open(page, "/files");
  const category = await make.category(page);
  await open(page, `/files?category_id=${category.id}`);
  const { rev } = await api(page, "GET", `/api/categories/${category.id}`);
  await api(page, "DELETE", `/api/categories/${category.id}`, undefined, { ifMatch: rev });
  const gone = `${unique("акт")}.txt`;
  await choose(page, text(gone));
  await page.locator('[data-upload][data-state="failed"]', { hasText: gone }).waitFor();
  assert.match(await upload(page, gone).innerText(), /Такой записи больше нет/);
  await page.waitForFunction((name) => document.getElementById("assertive").textContent.includes(name), gone);

  await page.route("**/api/files/upload", (route) => route.fulfill({ status: 413, body: "" }));
  await choose(page, Array.from({ length: 22 }, (_, n) => text(`${n}.txt`)));
  await page.locator(".toast-layer .notice", { hasText: /не больше 20[^]*Ещё 2 файла/ }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-upload][data-state="failed"]').length === 21);
  calm();
  await leave();
});
