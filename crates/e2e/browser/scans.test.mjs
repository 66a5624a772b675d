/** Scans: begun and ended from the page of registrators, followed by everybody, and told to whoever wanted them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { heavy, light, slowly } from "./folder.mjs";
import { api, here, live, make, open, person, row, signIn, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();

const registrator = (page, folder, fields = {}) => api(page, "POST", "/api/registrators", { name: unique("Архив"), folder, enabled: true, ...fields });
const scan = (page, record) => row(page, record).locator(`[data-scan="${record.id}"]`);
const toast = (page, text) => page.locator(".toast-layer .notice", { hasText: text }).first();
const number = (text) => Number(text.replace(/\D/g, ""));

/** How many files the page says are looked at. */
const looked = async (page, record) => number((await scan(page, record).locator(".scan-state").innerText()).split("·")[0]);

/** Waits until the page says that more than `done` are. */
const past = (page, record, done) => page.waitForFunction(([id, done]) => {
  const state = document.querySelector(`[data-scan="${id}"] progress`)?.closest(".scan").querySelector(".scan-state").textContent ?? "";
  return Number(state.split("·")[0].replace(/\D/g, "")) > done;
}, [record.id, done]);

/** Somebody on the page of registrators, where only this one is listed. */
async function watcher(base, record) {
  const who = await person(world, base);
  await open(who.page, `/registrators?q=${encodeURIComponent(record.name)}`);
  await row(who.page, record).waitFor();
  return who;
}

test("a scan is followed on every worker, through a reload and in the log, and cancelling it ends it for all", async () => {
  const admin = await person(world, here());
  await open(admin.page, "/registrators");
  const record = await registrator(admin.page, heavy());
  const [mine, other] = [await watcher(here(), record), await watcher(there(), record)];
  await slowly(mine.page);

  await scan(mine.page, record).locator("[data-do-scan]").click();
  await past(mine.page, record, 0);
  await past(other.page, record, 0);
  assert.equal(await scan(other.page, record).locator("progress").getAttribute("value"), null, "nobody knows of how many");

  const before = await looked(mine.page, record);
  await mine.page.reload();
  await live(mine.page, "registrators");
  await scan(mine.page, record).locator("[data-cancel]").waitFor();
  assert.ok((await looked(mine.page, record)) >= before, "a reload loses nothing");
  await past(mine.page, record, before);

  const log = admin.page;
  const address = await scan(mine.page, record).locator("[data-journal]").getAttribute("href");
  await open(log, address, "logs");
  const job = address.split("scan-")[1];
  const operation = log.locator(`[data-jobs] [data-job="${job}"]`);
  await operation.waitFor();
  await log.locator("log-stream .row", { hasText: record.folder }).first().waitFor({ state: "attached" });
  const last = () => log.locator("log-stream .row[data-id]").last().getAttribute("data-id");
  const seen = await last();
  await log.waitForFunction((seen) => [...document.querySelector("log-stream").shadowRoot.querySelectorAll(".row[data-id]")].at(-1)?.dataset.id !== seen, seen);

  let answer;
  await mine.page.route("**/api/jobs/*/cancel", (route) => new Promise((resolve) => (answer = () => resolve(route.continue()))));
  await scan(mine.page, record).locator("[data-cancel]").click();
  await scan(mine.page, record).locator(".scan-state", { hasText: "Отменяется…" }).waitFor();
  assert.equal(await scan(mine.page, record).locator("[data-cancel]").isDisabled(), true);
  assert.equal(await scan(other.page, record).locator("[data-cancel]").isEnabled(), true, "the server does not know yet");
  answer();

  for (const { page } of [mine, other]) {
    await scan(page, record).locator("[data-do-scan]").waitFor();
    assert.equal(await scan(page, record).locator("progress, [data-cancel]").count(), 0);
    assert.match(await scan(page, record).innerText(), /отменено/);
  }
  await toast(mine.page, record.name).waitFor();
  assert.match(await toast(mine.page, record.name).innerText(), /Сканирование отменено/);
  await operation.waitFor({ state: "detached" });

  for (const who of [admin, mine, other]) who.calm(), await who.leave();
});

test("whoever had a folder scanned is told what came of it, and the row and its record say so", async () => {
  const admin = await person(world, here());
  await open(admin.page, "/registrators");
  const folder = light(3);
  const record = await registrator(admin.page, folder.name);
  const { page, calm, leave } = await watcher(there(), record);
  assert.match(await scan(page, record).innerText(), /никогда/);

  await scan(page, record).locator("[data-do-scan]").click();

  await toast(page, record.name).waitFor();
  assert.match(await toast(page, record.name).innerText(), /Сканирование завершено: .*\(\+3\)/);
  await scan(page, record).locator(".scan-state", { hasText: ": +3" }).waitFor();
  await scan(page, record).locator("[data-do-scan]").waitFor();
  await page.waitForFunction((id) => document.querySelector(`tr[data-id="${id}"] a[href*="registrator_id"]`).textContent === "3", record.id);

  folder.remove(1);
  await row(page, record).locator("button.open").click();
  const scans = page.locator("dialog.record[open] .scans");
  await scans.locator("li", { hasText: "+3" }).waitFor();
  await scans.locator("[data-do-scan]").click();
  await scans.locator("li", { hasText: "пропало 1" }).waitFor();
  assert.deepEqual(await scans.locator("li .state").allInnerTexts().then((all) => all.map((text) => text.trim())), ["завершено", "завершено"]);
  assert.match(await scans.locator("li").first().innerText(), /admin|Администратор/i);

  calm(), admin.calm();
  await Promise.all([leave(), admin.leave()]);
});

test("who cannot have a scan is told why, and what to do about it", async () => {
  const admin = await person(world, here(), { expected: ["status of 422"] });
  const { page } = admin;
  await open(page, "/registrators");
  const off = await registrator(page, light(1).name, { enabled: false });
  const nowhere = await registrator(page, `nowhere-${randomUUID()}`);

  await open(page, `/registrators?q=${encodeURIComponent(off.name)}`);
  const button = scan(page, off).locator("[data-do-scan]");
  await button.waitFor();
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  assert.match(await scan(page, off).innerText(), /выключен/);
  await button.focus();
  await page.keyboard.press("Enter");
  await toast(page, "сначала включите").waitFor();
  await row(page, off).locator("[role=switch]").click();
  await page.waitForFunction((id) => document.querySelector(`tr[data-id="${id}"] [data-do-scan]`).getAttribute("aria-disabled") === "false", off.id);

  await open(page, `/registrators?q=${encodeURIComponent(nowhere.name)}`);
  await scan(page, nowhere).locator("[data-do-scan]").click();
  await toast(page, "[jobs] scan_roots").waitFor();
  await scan(page, nowhere).locator(".scan-refusal", { hasText: nowhere.folder }).waitFor();

  const group = await make.group(page, { permissions: ["registrators.view"] });
  const login = `reader-${randomUUID().slice(0, 8)}`;
  await api(page, "POST", "/api/users", { login, name: "Читатель", password: "long enough", group_id: group.id });
  const him = await person(world, there(), { signedIn: false });
  await signIn(him.page, { login, password: "long enough" });
  await open(him.page, `/registrators?q=${encodeURIComponent(nowhere.name)}`);
  assert.match(await scan(him.page, nowhere).innerText(), /scans\.run/);
  assert.equal(await scan(him.page, nowhere).locator("[data-do-scan]").getAttribute("aria-disabled"), "true");

  for (const who of [admin, him]) who.calm(), await who.leave();
});

test("one that runs already shows, to whoever asks for it too late", async () => {
  const admin = await person(world, here(), { expected: ["status of 409"] });
  const { page } = admin;
  await open(page, "/registrators");
  const record = await registrator(page, heavy());
  await open(page, `/registrators?q=${encodeURIComponent(record.name)}`);
  await scan(page, record).locator("[data-do-scan]").waitFor();
  let first = true;
  await page.route("**/api/registrators/*/scan", async (route) => {
    // Somebody else is sooner by as much as a request takes.
    if (first) {
      first = false;
      await api(page, "POST", `/api/registrators/${record.id}/scan`, { sha256: true });
    }
    await route.continue();
  });

  await scan(page, record).locator("[data-do-scan]").click();
  await toast(page, "уже идёт").waitFor();
  await scan(page, record).locator("[data-cancel]").click();
  await scan(page, record).locator("[data-do-scan]").waitFor();

  admin.calm();
  await admin.leave();
});

test("when most files are gone a person is asked, with the number, before they are called missing", async () => {
  const admin = await person(world, here());
  const { page } = admin;
  await open(page, "/registrators");
  const folder = light(30);
  const record = await registrator(page, folder.name);
  await open(page, `/registrators?q=${encodeURIComponent(record.name)}`);
  await scan(page, record).locator("[data-do-scan]").click();
  await scan(page, record).locator(".scan-state", { hasText: "+30" }).waitFor();

  folder.remove(25);
  await scan(page, record).locator("[data-do-scan]").click();
  await scan(page, record).locator("[data-force]").click();
  const question = page.locator("dialog.question[open]");
  assert.match(await question.innerText(), /Пропало 25 файлов из 30/);
  await question.locator("[value=yes]").click();

  await scan(page, record).locator(".scan-state", { hasText: "пропало 25" }).waitFor();
  assert.equal(await scan(page, record).locator("[data-force]").count(), 0);
  admin.calm();
  await admin.leave();
});
