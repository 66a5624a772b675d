/** The catalogue: what an import brings shows by itself, on every worker, and takes nothing out of the reader's hands. */
import assert from "node:assert/strict";
import test from "node:test";
import { Shop } from "./shop.mjs";
import { api, here, live, make, open, person, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();

const product = (page, name) => page.locator("tr[data-id]", { hasText: name });
const cell = (page, name, label) => product(page, name).locator(`td[data-label="${label}"]`);
const names = (page) => page.locator("tr[data-id] button.open").allInnerTexts();

/** Runs an import to its end, from a page that follows imports. Only one of its kind runs at a time: where one is in the way, it is waited for. */
async function bring(page, type, source) {
  await live(page, "imports");
  const { state, error, issues } = await page.evaluate(async ([type, source]) => {
    const { SyncManager } = window;
    let wake = () => {};
    const off = SyncManager.on("imports:changed", () => wake());
    const until = async (ask) => {
      for (;;) {
        const change = new Promise((resolve) => (wake = resolve));
        const answer = await ask();
        if (answer) return answer;
        await change;
      }
    };
    const begin = () => SyncManager.request("POST", "/api/imports", { type, source }).catch((error) => {
      if (error.code !== "import.running") throw error;
    });
    const { data: { id } } = await until(begin);
    const ended = await until(async () => {
      const { data } = await SyncManager.request("GET", `/api/imports/${id}`);
      return ["queued", "running", "retry_wait"].includes(data.state) ? null : data;
    });
    off();
    return ended;
  }, [type, source]);
  assert.equal(state, "completed", JSON.stringify({ error, issues }));
}

/** Somebody who looks at the goods of one shop. */
async function reader(base, shop, more = "") {
  const who = await person(world, base);
  await open(who.page, `/catalog?q=${shop.word}${more}`, "products");
  return who;
}

/** Once nothing flashes any more, the page remembers which rows do. */
const remember = async (page) => {
  await page.locator("tr.marked").first().waitFor({ state: "detached" });
  await page.evaluate(() => {
    window.flashed = new Set();
    const look = () => document.querySelectorAll("tr.marked .open").forEach((name) => window.flashed.add(name.textContent));
    new MutationObserver(look).observe(document.querySelector("main"), { subtree: true, attributes: true, childList: true });
  });
};

test("what an import brings shows on every worker's page by itself, and what another one changes flashes", async () => {
  const shop = new Shop();
  const [mine, other] = [await reader(here(), shop), await reader(there(), shop)];
  await mine.page.locator(".empty").waitFor();

  const goods = { bolt: { name: "Болт", sku: "B-8", brand: "Сталь", price: "1234,5", stock: "12.5" }, nut: { name: "Гайка", price: "0.90", stock: "0" } };
  await bring(mine.page, "catalog", shop.goods(goods));
  for (const { page } of [mine, other]) {
    await product(page, "Гайка").waitFor();
    await page.selectOption('[data-filter="price_type"]', { label: shop.prices });
    await cell(page, "Болт", "Цена").filter({ hasText: /^1\s234,50\s₽$/ }).waitFor();
    await cell(page, "Болт", "Остаток").filter({ hasText: /^12,5$/ }).waitFor(); // rests come after prices, and a look may fall between them
    assert.equal(await cell(page, "Болт", "Бренд").innerText(), "Сталь");
    assert.equal(await cell(page, "Болт", "Артикул").innerText(), "B-8");
    await remember(page);
  }

  await other.page.locator("#search").focus();
  await bring(mine.page, "catalog", shop.goods({ ...goods, bolt: { ...goods.bolt, price: "1500" } }));
  for (const { page } of [mine, other]) {
    await cell(page, "Болт", "Цена").filter({ hasText: /^1\s500,00\s₽$/ }).waitFor();
    assert.deepEqual(await page.evaluate(() => [...window.flashed]), [`Болт ${shop.word}`], "only what has changed");
  }
  assert.equal(await other.page.evaluate(() => document.activeElement.id), "search");
  for (const who of [mine, other]) who.calm();
});

test("a product's panel shows its prices by type and its rests by warehouse, and follows while it is open", async () => {
  const shop = new Shop();
  const { page, calm } = await reader(here(), shop);
  const goods = { pump: { name: "Насос", price: "100", stock: "3" } };
  await bring(page, "catalog", shop.goods(goods));

  await product(page, "Насос").locator("button.open").click();
  const panel = page.locator("dialog.product[open]");
  await panel.locator(".amount", { hasText: "Цены" }).filter({ hasText: shop.prices }).filter({ hasText: /100,00\s₽/ }).waitFor();
  assert.match(await panel.locator(".amount", { hasText: "Остатки" }).innerText(), /Склад \w+\s+3/);
  const address = page.url();
  assert.match(address, /open=\d+/);

  await bring(page, "catalog", shop.goods({ pump: { ...goods.pump, price: "120", stock: "1" } }));
  await panel.locator(".amount", { hasText: /120,00\s₽/ }).waitFor();

  await page.keyboard.press("Escape");
  await page.waitForURL((url) => !url.searchParams.has("open"));
  await page.waitForFunction(() => document.activeElement.className === "open"); // the focus is where it was
  await page.goto(address);
  await panel.locator(".amount", { hasText: /120,00\s₽/ }).waitFor();
  calm();
});

test("a group is found and chosen by keyboard, holds what lies below it, and stands in the address", async () => {
  const shop = new Shop();
  const goods = { bolt: { name: "Болт", group: "Болты", stock: "5" }, nut: { name: "Гайка", group: "Крепёж", stock: "0" }, lamp: { name: "Лампа" } };
  const maker = await person(world);
  await open(maker.page, "/catalog", "products");
  await bring(maker.page, "catalog", shop.goods(goods, { Крепёж: ["Болты"] }));
  const { page, calm } = await reader(here(), shop);
  const group = (name) => page.locator('[role="treeitem"]', { hasText: shop.group(name) });

  await group("Крепёж").focus();
  await page.keyboard.press("ArrowRight");
  await group("Болты").waitFor();
  assert.equal(await group("Крепёж").getAttribute("aria-expanded"), "true");
  assert.equal(await group("Крепёж").locator(".group-count").innerText(), "2");
  await page.keyboard.press("Enter");
  await product(page, "Лампа").waitFor({ state: "detached" });
  assert.deepEqual(await names(page), [`Болт ${shop.word}`, `Гайка ${shop.word}`]);

  await page.selectOption('[data-filter="in_stock"]', "1");
  await product(page, "Гайка").waitFor({ state: "detached" });
  await page.reload();
  await live(page, "products");
  await product(page, "Болт").waitFor();
  assert.deepEqual(await names(page), [`Болт ${shop.word}`], "the address says it all");

  await page.goBack();
  await product(page, "Гайка").waitFor();
  await page.goBack();
  await product(page, "Лампа").waitFor();
  calm();
});

test("deleted products stay, and show to who asks for them", async () => {
  const shop = new Shop();
  const { page, calm } = await reader(here(), shop);
  await bring(page, "catalog", shop.goods({ old: { name: "Старое" }, new: { name: "Новое" } }));
  await product(page, "Старое").waitFor();

  await bring(page, "catalog", shop.goods({ old: { name: "Старое", deleted: true } }));
  await product(page, "Старое").waitFor({ state: "detached" });
  await page.selectOption('[data-filter="deleted"]', "1");
  await product(page, "Старое").locator(".chip", { hasText: "удалён" }).waitFor();
  assert.deepEqual(await names(page), [`Старое ${shop.word}`]);
  calm();
});

test("customers have a tab of their own, which follows too", async () => {
  const shop = new Shop();
  const { page, calm } = await reader(here(), shop);

  await page.click('[data-tab="customers"]');
  await page.locator('[data-tab="customers"][aria-current="page"]').waitFor();
  await page.fill("#search", shop.word);
  await page.locator(".empty").waitFor();
  await bring(page, "customers", shop.customers(["Ромашка", "Василёк"]));
  await product(page, "Ромашка").waitFor();

  assert.match(page.url(), /tab=customers/);
  await page.goBack();
  await page.locator('[data-tab="products"][aria-current="page"]').waitFor();
  calm();
});

test("who may not run imports is told what he would need", async () => {
  const admin = await person(world);
  await open(admin.page, "/catalog", "products");
  const group = await make.group(admin.page, { permissions: ["files.view"] });
  const login = unique("reader").replace(" ", "-");
  await api(admin.page, "POST", "/api/users", { login, name: login, password: "a long password", group_id: group.id, enabled: true });
  const who = await person(world, here(), { signedIn: false });
  await who.page.goto("/login");
  await who.page.fill("#login", login);
  await who.page.fill("#password", "a long password");
  await Promise.all([who.page.waitForURL((url) => url.pathname !== "/login"), who.page.click("form button.btn-primary")]);

  await who.page.goto("/catalog");

  await who.page.locator("main [role=alert]", { hasText: "imports.run" }).waitFor();
  who.calm();
});
