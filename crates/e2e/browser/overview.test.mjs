/** The first page: what happens, with its causes; how much of it; who is at work; whether all is well. */
import assert from "node:assert/strict";
import test from "node:test";
import { api, change, here, live, make, open, person, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();

/** Anna looks at the first page; Olga works elsewhere, on another worker. */
async function two(path = "/", options = {}) {
  const [anna, olga] = await Promise.all([person(world, here(), options), person(world, there())]);
  await Promise.all([open(anna.page, path, "index"), open(olga.page, "/categories")]);
  for (const room of ["files", "categories"]) await live(anna.page, room);
  return { anna, olga, async end() {
    for (const who of [anna, olga]) who.calm(), await who.leave();
  } };
}

const line = (page, record) => page.locator(".feed li", { hasText: record.name });

test("a change in another window is told with who, what, which fields, and what follows from it", async () => {
  const { anna, olga, end } = await two();
  const category = await make.category(olga.page);
  await line(anna.page, category).waitFor();

  await change(olga.page, "categories", category.id, { description: "новое", enabled: false });

  const told = line(anna.page, category).first();
  await told.getByText("Описание, Включено").waitFor();
  await told.getByText("→ Файлы (мягко)").waitFor();
  assert.match(await told.innerText(), /admin изменил\(а\): категория «/);
  assert.equal(await told.getByRole("link").getAttribute("href"), `/categories?open=${category.id}`);
  // What follows is no line of its own: one for the making, one for the change.
  assert.equal(await line(anna.page, category).count(), 2);
  assert.equal(await anna.page.locator(".feed li", { hasText: `#${category.id}` }).count(), 0);
  await end();
});

test("the count of a tile and its last hour follow what happens, without asking for the hour again", async () => {
  const { anna, olga, end } = await two();
  const tile = anna.page.locator('[data-tile="categories"]');
  await tile.locator("[data-rate]").waitFor();
  const rate = Number(await tile.locator("[data-rate]").getAttribute("data-rate"));
  const count = await tile.locator(".tile-count").textContent();
  let asked = 0;
  anna.page.on("request", (request) => (asked += Number(request.url().includes("/api/activity"))));

  await make.category(olga.page);

  await anna.page.waitForFunction(([rate, count]) => {
    const tile = document.querySelector('[data-tile="categories"]');
    return Number(tile.querySelector("[data-rate]").dataset.rate) > rate && tile.querySelector(".tile-count").textContent !== count;
  }, [rate, count]);
  const { label, points } = await tile.locator("spark-line").evaluate((spark) => ({
    label: spark.shadowRoot.querySelector("svg").getAttribute("aria-label"), points: spark.shadowRoot.querySelector("polyline").getAttribute("points"),
  }));
  assert.match(label, /^За час: \d+ изменени/);
  assert.equal(points.split(" ").length, 30);
  assert.equal(asked, 0);
  await end();
});

test("paused, the feed stands still and counts what comes; it is shown at once when wanted", async () => {
  const { anna, olga, end } = await two();
  await anna.page.click("[data-pause]");
  await anna.page.locator('[data-feed-state="paused"]').waitFor();

  const category = await make.category(olga.page);
  await anna.page.locator("[data-news]").waitFor();
  assert.equal(await line(anna.page, category).count(), 0);
  await anna.page.click("[data-news]");
  await line(anna.page, category).waitFor();
  const later = await make.category(olga.page);
  await anna.page.locator("[data-news]").waitFor();
  assert.equal(await line(anna.page, later).count(), 0);
  await anna.page.click("[data-pause]");

  await line(anna.page, later).waitFor();
  assert.equal(await anna.page.locator("[data-news]").count(), 0);
  await end();
});

test("whoever has scrolled down reads on undisturbed, and comes back to the news by one click", async () => {
  const { anna, olga, end } = await two();
  await anna.page.locator(".feed li:nth-child(30)").waitFor();
  const feed = anna.page.locator(".feed-scroll");
  await feed.evaluate((node) => node.scrollTo({ top: 400 }));
  const reading = await feed.evaluate((node) => node.querySelector("li").dataset.seq);

  const category = await make.category(olga.page);
  await anna.page.locator("[data-news]").waitFor();
  assert.equal(await feed.evaluate((node) => node.querySelector("li").dataset.seq), reading);
  assert.equal(await feed.evaluate((node) => node.scrollTop), 400);
  await anna.page.click("[data-news]");

  await line(anna.page, category).waitFor();
  assert.equal(await feed.evaluate((node) => node.scrollTop), 0);
  await end();
});

test("the feed can be narrowed to an entity, and the address keeps it", async () => {
  const { anna, olga, end } = await two();
  const category = await make.category(olga.page);
  const file = await make.file(olga.page);
  await line(anna.page, file).waitFor();

  await anna.page.selectOption("[data-feed-entity]", "categories");
  await line(anna.page, file).waitFor({ state: "detached" });
  await line(anna.page, category).waitFor();
  await open(anna.page, `/${new URL(anna.page.url()).search}`, "index");

  await line(anna.page, category).waitFor();
  assert.deepEqual(await anna.page.locator(".feed li").evaluateAll((lines) => [...new Set(lines.map((line) => line.dataset.entity))]), ["categories"]);
  await end();
});

test("what is older is shown on demand, with the fields that changed then", async () => {
  const { anna, olga, end } = await two();
  const category = await make.category(olga.page);
  await change(olga.page, "categories", category.id, { description: "давно" });
  const publications = Array.from({ length: 60 }, (_, n) => ({ event: "files:changed", reason: "updated", id: `${n}`, data: { name: unique("Шум") } }));
  await api(olga.page, "POST", "/api/publish", publications);
  await open(anna.page, "/", "index");
  await anna.page.locator("[data-older]").waitFor();
  assert.equal(await line(anna.page, category).count(), 0);

  while (!(await line(anna.page, category).count())) {
    const before = await anna.page.locator(".feed li").count();
    await anna.page.click("[data-older]");
    await anna.page.waitForFunction((before) => document.querySelectorAll(".feed li").length > before, before);
  }

  await line(anna.page, category).getByText("— Описание").waitFor();
  await end();
});

test("who looks at what and who edits it is told with links, until he leaves", async () => {
  const { anna, olga, end } = await two();
  const file = await make.file(olga.page);
  await open(olga.page, "/files");

  await olga.page.evaluate((id) => window.SyncManager.presence("files", id).set({ mode: "edit", field: "note" }), file.id);
  const working = anna.page.locator("[data-working] li", { hasText: file.name });
  await working.waitFor();
  assert.match(await working.innerText(), /правит: файл «.*» «Примечание»/s);
  assert.equal(await working.getByRole("link").getAttribute("href"), `/files?open=${file.id}`);
  await anna.page.locator('[data-tile="users"] [data-online]').waitFor();
  await olga.page.evaluate((id) => window.SyncManager.presence("files", id).leave(), file.id);

  await working.waitFor({ state: "detached" });
  await end();
});

test("the state of the service is told, and a server that is gone is not called well", async () => {
  const { anna, end } = await two("/", { expected: ["Failed to load resource", "WebSocket"] });
  await anna.page.locator('[data-health="good"]').waitFor();
  assert.match(await anna.page.locator("[data-health]").innerText(), /Воркеры[\s\S]*База данных/);

  await anna.page.route("**/api/health", (route) => route.abort());
  await anna.page.evaluate(() => window.SyncManager.reconnect());

  await anna.page.locator('[data-health="bad"]').waitFor();
  await end();
});

test("nothing on it is loaded before it is wanted: palette, help, overlay", async () => {
  const anna = await person(world);
  const scripts = new Set();
  anna.page.on("response", (response) => response.url().endsWith(".js") && scripts.add(response.url()));
  await open(anna.page, "/", "index");
  await anna.page.locator("[data-rate]").first().waitFor();
  const before = scripts.size;

  await anna.page.keyboard.press("Control+k");
  await anna.page.locator("dialog.palette[open]").waitFor();

  assert.ok(scripts.size > before);
  anna.calm();
  await anna.leave();
});
