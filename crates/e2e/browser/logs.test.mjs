/** The live log: what is written is seen, filtered by the server, and nothing is missing without a row that says so. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { violations, misfits } from "./axe.mjs";
import { api, here, make, open, person, signIn, there, withBrowser } from "./support.mjs";

const world = withBrowser();

/** A source that only one story writes to. */
const source = () => `story-${randomUUID().slice(0, 8)}`;
const rows = (page) => page.locator("log-stream .row");
/** Of those out of sight too: the browser has them, and does not draw them. */
const messages = (page) => page.locator("log-stream .row .message").allTextContents();
const row = (page, text) => page.locator("log-stream .row", { hasText: text }).first();
const write = (page, lines) => api(page, "POST", "/api/logs", lines);
const state = (page, words) => page.locator("log-stream [role=status]", { hasText: words }).waitFor({ state: "attached" });
const count = (page, number) => page.waitForFunction((number) => document.querySelector("log-stream").shadowRoot.querySelectorAll(".row[data-id]").length === number, number);

/** Somebody who watches one source, and somebody on another worker who writes to it. */
async function watched(query = {}, options = {}) {
  const name = source();
  const [writer, reader] = await Promise.all([person(world, there()), person(world, here(), options)]);
  await open(writer.page, "/files");
  await open(reader.page, `/logs?${new URLSearchParams({ source: name, ...query })}`, "logs");
  await reader.page.locator('log-stream [data-filter="set"]').waitFor();
  return { name, writer, reader, page: reader.page, write: (...lines) => write(writer.page, lines.map((line) => ({ source: name, ...line }))), async end() {
    for (const who of [writer, reader]) who.calm(), await who.leave();
  } };
}

test("a line is seen as it is written, on whatever worker, and what it is made of is text", async () => {
  const { page, write, end } = await watched();

  await write({ message: '<img src=x onerror="document.title=1"><b>акт 77</b>', level: "warning" }, { message: "\u001b[31mкрасное\u001b[0m", type: "scan" });
  await row(page, "красное").waitFor();

  assert.deepEqual(await messages(page), ['<img src=x onerror="document.title=1"><b>акт 77</b>', "красное"]);
  assert.deepEqual(await page.locator("log-stream .row .level").allInnerTexts(), ["WARNING", "INFO"]);
  assert.equal(await page.locator("log-stream .message *").count(), 0);
  await end();
});

test("the server filters: what does not pass never comes, and the address holds the filter", async () => {
  const { page, name, write, end } = await watched();
  await write({ message: "обычная" }, { message: "раньше сломалось", type: "error" });
  await row(page, "раньше сломалось").waitFor();

  await page.locator('log-stream label:has([value="error"])').click();
  await page.waitForURL((url) => url.searchParams.get("type") === "error" && url.searchParams.get("source") === name);
  await count(page, 1);
  await page.evaluate(() => ((window.came = []), window.SyncManager.hear("log", (lines) => window.came.push(...lines.map(({ message }) => message)))));
  await write({ message: "мимо" }, { message: "сломалось", type: "error" });
  await row(page, "сломалось").nth(0).waitFor();
  await count(page, 2);
  assert.deepEqual(await messages(page), ["раньше сломалось", "сломалось"]);
  assert.deepEqual(await page.evaluate(() => window.came), ["сломалось"]);

  await open(page, page.url(), "logs");
  await count(page, 2);
  assert.equal(await page.locator('log-stream [value="error"]').isChecked(), true);
  await end();
});

test("text is searched for as it is typed, a regular expression where one says so, and a wrong one leaves the former filter", async () => {
  const { page, write, end } = await watched();
  await write({ message: "Акт 7" }, { message: "акт 77" }, { message: "счёт 7" });
  await count(page, 3);

  const text = page.locator('log-stream [data-field="text"]');
  await text.fill("АКТ 7");
  await count(page, 2);
  await page.locator('log-stream [data-do="regex"]').click();
  await text.fill("7{2}$");
  await count(page, 1);
  await text.fill("(");
  await page.locator("log-stream .refusal").waitFor();

  assert.equal(await text.getAttribute("aria-invalid"), "true");
  assert.deepEqual(await messages(page), ["акт 77"]);
  await end();
});

test("an empty log says which filter made it empty, and lets it go", async () => {
  const { page, name, write, end } = await watched({ level: "critical" });
  await write({ message: "обычная" });

  const empty = page.locator("log-stream .empty");
  await empty.waitFor();
  assert.match(await empty.innerText(), new RegExp(`critical[^]*${name}|${name}[^]*critical`));
  await page.locator('log-stream [data-do="reset"]').click();
  await row(page, "обычная").waitFor();

  assert.equal(new URL(page.url()).search, "");
  await end();
});

test("a pause holds everything, and its end says how many came", async () => {
  const { page, write, end } = await watched();
  await write({ message: "до" });
  await row(page, "до").waitFor();

  await page.keyboard.press("Space");
  await page.locator("log-stream[paused]").waitFor();
  await write({ message: "раз" }, { message: "два" }, { message: "три" });
  await page.locator('log-stream [data-news="3"]').waitFor();
  assert.deepEqual(await messages(page), ["до"]);
  await page.keyboard.press("Space");

  await count(page, 4);
  await state(page, "3 строки");
  assert.deepEqual(await messages(page), ["до", "раз", "два", "три"]);
  await end();
});

test("whoever reads further up is not moved, and is told how much is new", async () => {
  const { page, write, end } = await watched();
  await write(...Array.from({ length: 80 }, (_, n) => ({ message: `строка ${n}` })));
  await count(page, 80);
  const list = page.locator("log-stream .rows");
  const top = () => list.evaluate((node) => node.scrollTop);
  assert.equal(await list.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight < 20), true, "it follows");

  await list.hover();
  await page.mouse.wheel(0, -600);
  await page.waitForFunction(() => document.querySelector("log-stream").follow === false);
  const before = await top();
  await write({ message: "новая" }, { message: "ещё новее" });
  await page.locator('log-stream [data-news="2"]').waitFor();
  assert.equal(await top(), before);
  await page.locator("log-stream .news").click();

  await row(page, "ещё новее").waitFor();
  await page.waitForFunction(() => document.querySelector("log-stream").follow);
  await end();
});

test("a line opens, shows its neighbours without the filter, and is found again by its address", async () => {
  const { page, reader, name, write, end } = await watched({ type: "error" });
  await write({ message: "перед ней" }, { message: "она", type: "error", metadata: { строка: 1187 } }, { message: "после неё" });
  await row(page, "она").click();

  const details = page.locator("log-stream .details");
  await details.waitFor();
  assert.match(await details.innerText(), /"строка": 1187/);
  const id = new URL(page.url()).searchParams.get("line");
  assert.equal(id, await row(page, "она").getAttribute("data-id"));
  await details.locator('[data-do="context"]').click();
  await page.locator("log-stream [data-target]").waitFor();
  const around = await messages(page);
  assert.deepEqual(around.slice(around.indexOf("перед ней")).slice(0, 3), ["перед ней", "она", "после неё"]);
  await page.locator('log-stream [data-do="back"]').click();
  await count(page, 1);

  const again = await reader.context.newPage();
  await again.goto(`/logs?line=${id}`);
  await again.locator("log-stream [data-target][data-chosen]", { hasText: "она" }).waitFor();
  assert.match(await again.locator("log-stream .details").innerText(), new RegExp(name));
  await end();
});

test("a line that is no longer kept is said to be gone", async () => {
  const anna = await person(world, here(), { expected: ["status of 404"] });

  await anna.page.goto("/logs?line=no-such-line");

  await anna.page.locator("log-stream", { hasText: "больше нет" }).waitFor();
  anna.calm();
  await anna.leave();
});

test("the download is the server's, of the filter in force", async () => {
  const { page, write, end } = await watched({ level: "error,critical" });
  await write({ message: "мимо" }, { message: "в файл", level: "error" });
  await row(page, "в файл").waitFor();

  const [download] = await Promise.all([page.waitForEvent("download"), page.locator('log-stream [data-do="download"]').click()]);
  const text = await readFile(await download.path(), "utf8");

  assert.match(text, /в файл/);
  assert.doesNotMatch(text, /мимо/);
  await end();
});

test("by keyboard: along the lines, into one, and back to where one was", async () => {
  const { page, write, end } = await watched();
  await write({ message: "первая" }, { message: "вторая" });
  await count(page, 2);

  await page.locator("log-stream .rows").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.locator("log-stream .details:focus", { hasText: "первая" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("log-stream .row:has(button:focus)", { hasText: "первая" }).waitFor();
  await page.locator('log-stream [data-field="text"]').fill("в?т "); // neither help nor a pause

  assert.equal(await page.locator("log-stream[paused], dialog[open]").count(), 0);
  await end();
});

test("five hundred lines a second come in order, are drawn together, and leave the page to the person", async () => {
  const { page, write, end } = await watched();
  const [ROUNDS, LINES] = [30, 50];
  await page.evaluate(() => {
    window.long = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => (window.long += duration))).observe({ type: "longtask" });
    window.began = performance.now();
  });

  const pace = (round) => page.waitForFunction((ms) => performance.now() - window.began >= ms, round * 100);
  for (let round = 0; round < ROUNDS; round += 1) {
    await write(...Array.from({ length: LINES }, (_, n) => ({ message: `№ ${round * LINES + n}` })));
    await pace(round);
  }
  await row(page, `№ ${ROUNDS * LINES - 1}`).waitFor();

  const shown = (await messages(page)).map((message) => Number(message.slice(2)));
  assert.deepEqual(shown, Array.from({ length: shown.length }, (_, n) => ROUNDS * LINES - shown.length + n));
  assert.equal(shown.length, 500);
  const busy = await page.evaluate(() => window.long / (performance.now() - window.began));
  assert.ok(busy < 0.5, `${Math.round(busy * 100)} % of the time nobody could press anything`);
  await end();
});

test("of ten thousand lines only those in sight are drawn, and each can be reached", async () => {
  const { page, write, end } = await watched();
  await page.locator('log-stream [data-field="max"]').selectOption("10000");
  for (let round = 0; round < 3; round += 1) await write(...Array.from({ length: 1000 }, (_, n) => ({ message: `№ ${round * 1000 + n};` })));
  await row(page, "№ 2999;").waitFor();
  await page.locator("log-stream [data-held]", { hasText: /3.000/ }).waitFor();

  assert.ok((await rows(page).count()) < 200);
  await page.locator("log-stream .rows").evaluate((node) => (node.scrollTop = 0));
  await row(page, "№ 0;").waitFor();
  await page.locator("log-stream .rows").evaluate((node) => (node.scrollTop = node.scrollHeight / 2));
  await row(page, "№ 1500;").waitFor();
  await end();
});

for (const colorScheme of ["light", "dark"]) test(`nothing is wrong for those who use a reader or a narrow screen, while lines come, ${colorScheme}`, async () => {
  const { page, write, end } = await watched({}, { colorScheme });
  await write({ message: "ошибка", level: "critical" }, { message: "предупреждение", level: "warning" }, { message: "отладка", level: "debug" }, { message: "обычная", metadata: { a: 1 } });
  await row(page, "предупреждение").click();
  const list = page.locator("log-stream [role=log]");
  assert.deepEqual([await list.getAttribute("aria-live"), await list.getAttribute("tabindex"), await list.getAttribute("aria-label")], ["off", "0", "Лог"]);

  assert.deepEqual(await violations(page), []);
  await page.locator('log-stream [data-do="close"]').click();
  await page.setViewportSize({ width: 320, height: 640 });
  await write({ message: `${"очень-длинная-".repeat(30)}строка` });
  await row(page, "очень-длинная").waitFor();
  assert.deepEqual([await violations(page), await misfits(page)], [[], []]);
  const small = await page.locator("log-stream").evaluate((node) => [...node.shadowRoot.querySelectorAll("button:not(.row button), select, input, a")]
    .filter((each) => each.type !== "radio" && each.type !== "checkbox").map((each) => [each.outerHTML.slice(0, 60), each.getBoundingClientRect()]).filter(([, { width, height }]) => width < 24 || height < 24).map(([html]) => html));
  assert.deepEqual(small, []);
  await page.locator('log-stream .toggle:has([data-look="aloud"])').click();
  assert.equal(await list.getAttribute("aria-live"), "polite");
  await end();
});

/** As somebody else would write a page. */
const FOREIGN = (name, language) => `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>foreign</title>
<script src="/static/js/log-stream.js"></script><h1>Another page</h1><log-stream source="${name}" max-logs="50"></log-stream>
<script>window.seen = []; document.querySelector("log-stream").addEventListener("log", ({ detail }) => window.seen.push(detail.message));</script>`;

test("a page of somebody else's includes one script, and has the log with a socket of its own", async () => {
  const [name, anna] = [source(), await person(world)];
  await open(anna.page, "/files");
  const other = await anna.context.newPage();
  await other.route("**/foreign", (route) => route.fulfill({ contentType: "text/html", body: FOREIGN(name, "en") }));
  let say;
  await other.routeWebSocket("**/ws/logs/stream/", (ws) => {
    const server = ws.connectToServer();
    server.onMessage((message) => ws.send(message));
    say = (message) => ws.send(JSON.stringify(message));
  });
  await other.goto("/foreign");
  await other.locator('log-stream [data-state="live"]').waitFor();

  await write(anna.page, { source: name, message: "<b>bold</b>" });
  await row(other, "<b>bold</b>").waitFor();
  say({ type: "gap", dropped: 3200, why: "slow", after: null });
  await write(anna.page, { source: name, message: "after it" });
  await row(other, "after it").waitFor();

  assert.deepEqual((await rows(other).allInnerTexts()).map((text) => text.replace(/^[^]*?(<b>|after|⚠)/, "$1").trim()), ["<b>bold</b>", "⚠ 3,200 lines skipped: the page could not keep up", "after it"]);
  assert.deepEqual(await other.evaluate(() => window.seen), ["<b>bold</b>", "after it"]);
  assert.match(await other.locator("log-stream .bar").innerText(), /Pause/);
  anna.calm();
  await anna.leave();
});

test("who may not see the log is not led there, and is told which right is missing", async () => {
  const admin = await person(world);
  await open(admin.page, "/users");
  const group = await make.group(admin.page, { permissions: ["files.view"] });
  const login = `reader-${randomUUID().slice(0, 8)}`;
  await api(admin.page, "POST", "/api/users", { login, name: "Читатель", password: "long enough", group_id: group.id });
  const him = await person(world, there(), { signedIn: false });
  await signIn(him.page, { login, password: "long enough" });

  await open(him.page, "/files");
  assert.equal(await him.page.locator('.places a[href="/logs"]').count(), 0);
  await him.page.goto("/logs");
  await him.page.locator("main [role=alert]", { hasText: "logs.view" }).waitFor();

  for (const who of [admin, him]) who.calm(), await who.leave();
});
