/** Imports from 1C: begun from the form, followed by everybody to their end, cancelled, done again; and what they found fault with. */
import assert from "node:assert/strict";
import { after } from "node:test";
import test from "node:test";
import { violations } from "./axe.mjs";
import { files, large, set } from "./import-sets.mjs";
import { api, here, live, open, person, there, withBrowser } from "./support.mjs";

const world = withBrowser();
const FORM = "/admin/integrations/import_1c/";
const LIST = "/admin/integrations/session/";
/** An import waits for its turn, and for a machine that has more to do. */
const LONG = { timeout: 120_000 };

/** @type {{remove: () => void}[]} */ const made = [];
after(() => made.forEach(({ remove }) => remove()));
const keep = (set) => (made.push(set), set);

const form = (source, more = "") => `${FORM}?type=catalog&source=${source}${more}`;
const sessionOf = (page) => new URL(page.url()).pathname.split("/").at(-2);
const row = (page, id) => page.locator(`tr[data-session="${id}"]`);
const toast = (page, text) => page.locator(".toast-layer .notice", { hasText: text }).first();
const count = (page, kind, name) => page.locator(`[data-counts] [data-kind="${kind}"] [data-count="${name}"]`).innerText().then((text) => Number(text.replace(/\D/g, "")));

/** Presses the button of the form, and resolves with the session that the page has gone to. */
async function begin(page) {
  await page.locator('[data-start][aria-disabled="false"]').click();
  await page.waitForURL(/\/session\/\d+\/$/);
  return sessionOf(page);
}

/** Waits until the page says how it ended. */
const ended = (page, state) => page.locator(`[data-verdict="${state}"]`).waitFor(LONG);

/** Whether a page is still the one that was opened, and never went back: notes all shares that it shows. */
const noting = (page) => page.evaluate(() => {
  window.story = { shares: [] };
  const look = () => {
    const value = document.querySelector("[data-pace] progress")?.getAttribute("value");
    if (value !== null && value !== undefined) window.story.shares.push(Number(value));
  };
  new MutationObserver(look).observe(document.querySelector("main"), { subtree: true, childList: true, attributes: true, attributeFilter: ["value"] });
  look();
});

/** Ends what runs, so that the next story may begin. */
async function clear(page) {
  const { items } = await api(page, "GET", "/api/imports?active=1");
  for (const { id } of items) await api(page, "POST", `/api/imports/${id}/cancel`, {});
  await page.waitForFunction(async () => (await window.SyncManager.request("GET", "/api/imports?active=1")).data.items.length === 0, undefined, { ...LONG, polling: 300 });
}

test("stocks wait for a catalogue, and the form says so before anybody presses", async () => {
  const { page, calm, leave } = await person(world, here());
  const source = keep(set(2));
  await open(page, FORM, "imports");
  const { types } = await api(page, "GET", "/api/imports/sources");
  // Goods of another story are there to stay: the page is told then what a server without any says.
  if (types.find(({ type }) => type === "stocks").ready) {
    await page.route("**/api/imports/sources", async (route) => {
      const answer = await route.fetch();
      const json = await answer.json();
      json.types = json.types.map((each) => (each.type === "stocks" ? { ...each, ready: false, why: "import.catalog_required" } : each));
      await route.fulfill({ response: answer, json });
    });
  }
  let starts = 0;
  page.on("request", (request) => (starts += request.method() === "POST" && new URL(request.url()).pathname === "/api/imports" ? 1 : 0));

  await open(page, `${FORM}?type=stocks&source=${source.name}`, "imports");
  await page.locator('[data-about="stocks"]', { hasText: "Сначала импортируйте каталог" }).waitFor();
  await page.locator("[data-why]", { hasText: "Сначала импортируйте каталог" }).waitFor();
  await page.locator("[data-start]").focus();
  await page.keyboard.press("Enter");
  await toast(page, "Сначала импортируйте каталог").waitFor();
  assert.equal(starts, 0);

  await page.locator('input[name="type"][value="catalog"]').check();
  await page.locator('[data-start][aria-disabled="false"]').waitFor();
  calm();
  await leave();
});

test("an import begun from the form is followed to its end on a page of another worker, without a reload", async () => {
  const [anna, olga] = [await person(world, here()), await person(world, there())];
  const source = keep(set(3000));
  await open(olga.page, LIST, "imports");
  await open(anna.page, form(source.name), "imports");

  await anna.page.click("[data-preview]");
  const found = anna.page.locator("[data-found]");
  await found.waitFor(LONG);
  assert.match(await found.innerText(), /Товары: 3\s000/);
  assert.deepEqual(await found.locator("tr[data-file]").evaluateAll((rows) => rows.map(({ dataset }) => dataset.file)), ["import.xml", "offers.xml"]);
  const id = await begin(anna.page);

  await row(olga.page, id).waitFor();
  await row(olga.page, id).locator("a").first().click();
  await olga.page.waitForURL(new RegExp(`/session/${id}/`));
  await olga.page.locator("[data-stage]").first().waitFor();
  await noting(olga.page);
  for (const { page } of [anna, olga]) await ended(page, "completed");

  const { shares } = await olga.page.evaluate(() => window.story);
  assert.deepEqual(shares, [...shares].sort((a, b) => a - b), "the share never falls");
  for (const { page } of [anna, olga]) {
    assert.equal(await count(page, "products", "created"), 3000);
    assert.equal(await count(page, "prices", "created"), 3000);
    assert.match(await page.locator("h1").innerText(), new RegExp(`Импорт: Каталог №${id}`));
    assert.match(await page.locator(".import-head").innerText(), /завершён/);
    assert.match(await page.locator('[data-stage="products"]').innerText(), /3\s000/);
    assert.equal(await page.locator("[data-pace], [data-do=cancel]").count(), 0);
    await page.locator("log-stream .row", { hasText: source.name }).first().waitFor({ state: "attached" });
  }
  assert.deepEqual(await violations(olga.page), []);

  const before = await olga.page.locator("[data-counts]").innerText();
  await olga.page.reload();
  await ended(olga.page, "completed");
  assert.equal(await olga.page.locator("[data-counts]").innerText(), before, "a reload shows the same");

  await open(anna.page, "/notifications?tab=import", "own");
  const told = anna.page.locator("main notice-list li", { hasText: `каталог №${id}` }).first();
  await told.waitFor();
  assert.match(await told.innerText(), /Импорт завершён.*создано 3\s000/s);
  await told.locator("a").click();
  await anna.page.waitForURL(new RegExp(`/session/${id}/`));
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("whoever comes second sees what runs, and cancelling it ends it for all; then it can be done again", async () => {
  const [anna, olga] = [await person(world, here()), await person(world, there(), { expected: ["status of 409"] })];
  const source = keep(large());
  await open(anna.page, form(source.name), "imports");
  await open(olga.page, form(source.name), "imports");
  let first = true;
  await olga.page.route((url) => url.pathname === "/api/imports", async (route) => {
    if (route.request().method() !== "POST" || !first) return route.continue();
    first = false;
    await begin(anna.page); // sooner by as much as a request takes
    return route.continue();
  });

  await olga.page.locator('[data-start][aria-disabled="false"]').click();
  await toast(olga.page, "уже запущен").waitFor();
  const id = sessionOf(anna.page);
  const banner = olga.page.locator(`[data-running="${id}"]`);
  await banner.waitFor();
  assert.match(await banner.innerText(), /Импорт уже запущен: Каталог/);
  await banner.locator("[data-percent]", { hasText: /[1-9]/ }).waitFor(LONG);
  assert.equal(await olga.page.locator("[data-start]").getAttribute("aria-disabled"), "true");
  assert.match(await olga.page.locator("[data-why]").innerText(), new RegExp(`№${id}`));

  await banner.locator("a").click();
  await olga.page.waitForURL(new RegExp(`/session/${id}/`));
  const share = () => olga.page.locator("[data-pace] progress").getAttribute("value").then(Number);
  await olga.page.locator("[data-pace]").waitFor();
  const seen = await share();
  await olga.page.reload();
  await olga.page.locator("[data-pace]").waitFor();
  assert.ok((await share()) >= seen, "a reload loses nothing");

  await olga.page.locator("[data-do=cancel]").click();
  for (const { page } of [anna, olga]) await ended(page, "cancelled");
  for (const { page } of [anna, olga]) {
    assert.match(await page.locator(".import-head").innerText(), /отменён/);
    assert.equal(await page.locator("[data-do=cancel], [data-pace]").count(), 0);
  }

  await anna.page.locator("[data-do=retry]").click();
  await anna.page.waitForURL((url) => /\/session\/\d+\/$/.test(url.pathname) && !url.pathname.includes(`/${id}/`));
  const again = sessionOf(anna.page);
  await anna.page.locator(".import-facts", { hasText: `№${id}` }).waitFor();
  await open(olga.page, `${LIST}?state=active`, "imports");
  await row(olga.page, again).locator("[data-do=cancel]").click();
  await row(olga.page, again).waitFor({ state: "detached", ...LONG });
  await olga.page.locator('[data-filter="state"]').selectOption("cancelled");
  await row(olga.page, again).locator("[data-do=retry]").waitFor();
  assert.match(olga.page.url(), /state=cancelled/);
  await ended(anna.page, "cancelled");
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("what is wrong with rows is listed with its place, narrowed, and taken away as CSV", async () => {
  const { page, calm, leave } = await person(world, here());
  const source = keep(set(5, { unknown: 3 }));
  await open(page, form(source.name), "imports");
  const id = await begin(page);
  await ended(page, "completed_with_errors");

  const issues = page.locator("[data-issues] tr[data-issue]");
  await issues.nth(2).waitFor();
  const texts = await issues.allInnerTexts();
  assert.equal(texts.filter((text) => /offers\.xml:\d+/.test(text) && text.includes("никто")).length, 3, texts.join("\n"));
  assert.match(texts[0], /ошибка/);
  await page.locator('[data-narrow="severity"]').selectOption("warning");
  await page.locator("[data-issues]", { hasText: "Таких замечаний нет" }).waitFor();
  assert.match(page.url(), /severity=warning/);
  await page.locator('[data-narrow="severity"]').selectOption("");
  await page.locator('[data-narrow="code"]').selectOption("unknown_product");
  await issues.nth(2).waitFor();

  const [download] = await Promise.all([page.waitForEvent("download"), page.click("[data-download=csv]")]);
  const chunks = await (await download.createReadStream()).toArray();
  const lines = Buffer.concat(chunks).toString("utf8").trim().split(/\r?\n/);
  assert.equal(lines.filter((line) => line.includes("unknown_product")).length, 3, lines.join("\n"));

  await page.locator("[data-do=retry-errors]").click();
  await page.waitForURL((url) => /\/session\/\d+\/$/.test(url.pathname) && !url.pathname.includes(`/${id}/`));
  await ended(page, "completed_with_errors");
  calm();
  await leave();
});

test("a broken file stops an import before anything is written, unless broken files are skipped; a dry run says what it is", async () => {
  const { page, calm, leave } = await person(world, there());
  const source = keep(set(4, { broken: true }));
  await open(page, form(source.name), "imports");
  await begin(page);
  await ended(page, "failed");
  assert.match(await page.locator("[data-verdict]").innerText(), /Файл испорчен.*broken\.xml/s);

  await open(page, form(source.name), "imports");
  await page.click("[data-preview]");
  await page.locator("[data-found-why]", { hasText: "испорчен" }).waitFor(LONG);
  await page.locator('[data-start][aria-disabled="true"]').waitFor();
  await page.locator("input[name=skip_broken]").check();
  await page.locator("input[name=dry_run]").check();
  await begin(page);
  await ended(page, "completed_with_errors");
  assert.match(await page.locator("[data-verdict]").innerText(), /пробный прогон/);
  assert.equal(await count(page, "products", "created"), 4);

  await page.locator("[data-do=again]").click();
  await page.locator("input[name=dry_run]:checked").waitFor();
  await page.locator("input[name=dry_run]").uncheck();
  await begin(page);
  await ended(page, "completed_with_errors");
  assert.equal(await count(page, "products", "created"), 4, "the dry run had written none");
  assert.equal(await page.locator("[data-dry]").count(), 0);
  calm();
  await leave();
});

test("one's own files become a source, and are chosen at once", async () => {
  const { page, calm, leave } = await person(world, here());
  await open(page, FORM, "imports");
  const upload = Object.entries(files(7)).map(([name, text]) => ({ name, mimeType: "text/xml", buffer: Buffer.from(text) }));

  await page.setInputFiles("[data-set]", upload);
  await page.waitForFunction(() => document.querySelector("#source")?.value.startsWith("uploads/"));
  await page.click("[data-preview]");
  await page.locator("[data-found]", { hasText: "Товары: 7" }).waitFor(LONG);
  await begin(page);
  await ended(page, "completed");
  assert.equal(await count(page, "products", "created"), 7);
  calm();
  await leave();
});

test("an operation that runs shows on the page of logs, too", async () => {
  const { page, calm, leave } = await person(world, here());
  const source = keep(large());
  await open(page, form(source.name), "imports");
  const id = await begin(page);
  await page.goto("/logs");
  await live(page, "logs");

  const operation = page.locator(`[data-jobs] [data-job="${id}"]`);
  await operation.waitFor();
  assert.match(await operation.innerText(), /Импорт каталога/);
  await operation.locator("[data-cancel]").click();
  await operation.waitFor({ state: "detached", ...LONG });
  await clear(page);
  calm();
  await leave();
});

test("a page that is not connected asks every five seconds, and one that is never asks", async () => {
  const { page, leave } = await person(world, here());
  let asked = 0;
  page.on("request", (request) => (asked += new URL(request.url()).pathname === "/api/imports" ? 1 : 0));
  await open(page, LIST, "imports");
  await page.locator("[data-filter]").first().waitFor();
  const before = asked;
  await page.clock.install();
  await page.clock.runFor(20_000);
  assert.equal(asked, before);
  await leave();

  const olga = await person(world, here(), { expected: ["socket.io", "WebSocket", "ERR_"] });
  await olga.page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  await olga.page.route(/socket\.io/, (route) => route.abort());
  const asks = () => olga.page.waitForRequest((request) => new URL(request.url()).pathname === "/api/imports");
  const first = asks();
  await olga.page.goto(LIST);
  await first;
  await asks(); // nothing else asks: no event can come
  await asks();
  await olga.leave();
});
