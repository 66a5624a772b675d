/** The list pages: pace, what waits, marks, choosing many, undo, filters, looks, keys, cards. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { api, change, closed, edit, here, live, make, open, person, row, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();
const status = (code) => `the server responded with a status of ${code}`;
const shown = (page) => page.locator("tr[data-id]").evaluateAll((rows) => rows.map((row) => row.dataset.id));

/** Anna and Olga on different workers, both looking at categories whose names begin alike; and those categories. */
async function two(count = 3, expected = [], options = {}) {
  const [anna, olga] = await Promise.all([person(world, here(), { expected, ...options }), person(world, there())]);
  await Promise.all([open(anna.page, "/categories"), open(olga.page, "/categories")]);
  const mark = unique("Папка");
  const categories = [];
  for (let n = 0; n < count; n += 1) categories.push(await make.category(olga.page, { name: `${mark} ${n}` }));
  await open(anna.page, `/categories?q=${encodeURIComponent(mark)}`);
  await row(anna.page, categories[count - 1]).waitFor();
  return { anna, olga, mark, categories, async end() {
    anna.calm();
    olga.calm();
    await Promise.all([anna.leave(), olga.leave()]);
  } };
}

const describe = (who, category, description) => change(who.page, "categories", category.id, { description });

test("in the manual pace changes are counted, and show when I say so; the address and the browser remember the pace", async () => {
  const { anna, olga, mark, categories, end } = await two();
  await anna.page.click("[data-pace=manual]");
  assert.match(anna.page.url(), /mode=manual/);

  await describe(olga, categories[0], "не сразу");
  await describe(olga, categories[1], "тоже не сразу");
  await make.category(olga.page, { name: `${mark} 9` });
  const pill = anna.page.locator("[data-waiting]", { hasText: "3 изменения" });
  await pill.waitFor();
  assert.equal(await row(anna.page, categories[0]).getByText("не сразу").count(), 0);
  assert.match(await anna.page.locator(".fresh").innerText(), /Показано на/);
  await pill.click();

  await row(anna.page, categories[1]).getByText("тоже не сразу").waitFor();
  await anna.page.locator("tr[data-id]", { hasText: `${mark} 9` }).waitFor();
  assert.equal(await anna.page.locator("[data-waiting]").count(), 0);
  await open(anna.page, "/categories");
  assert.match(anna.page.url(), /mode=manual/);
  await anna.page.click("[data-pace=live]");
  assert.doesNotMatch(anna.page.url(), /mode=/);
  await end();
});

test("in the manual pace my own change shows at once", async () => {
  const { anna, olga, categories, end } = await two();
  await anna.page.click("[data-pace=manual]");
  await describe(olga, categories[1], "чужое");
  await anna.page.locator("[data-waiting]").waitFor();

  await edit(anna.page, categories[0]);
  await anna.page.fill("#field-description", "моё");
  await anna.page.click("dialog.record footer .btn-primary");
  await closed(anna.page);

  await row(anna.page, categories[0]).getByText("моё").waitFor();
  assert.equal(await row(anna.page, categories[1]).getByText("чужое").count(), 0);
  await anna.page.click("[data-pace=live]");
  await row(anna.page, categories[1]).getByText("чужое").waitFor();
  await end();
});

test("rows under my pointer do not move: values follow, the rest waits until the pointer leaves", async () => {
  const { anna, olga, mark, categories, end } = await two();
  await row(anna.page, categories[1]).hover();
  const before = await shown(anna.page);

  await describe(olga, categories[1], "значение следует");
  const added = await make.category(olga.page, { name: `${mark} 0а` });
  await api(olga.page, "DELETE", `/api/categories/${categories[2].id}`, undefined, { ifMatch: categories[2].rev });
  await anna.page.locator("[data-held]", { hasText: "ждут" }).waitFor();
  await row(anna.page, categories[1]).getByText("значение следует").waitFor();
  await row(anna.page, categories[2]).getByText("больше нет в списке").waitFor();
  assert.deepEqual(await shown(anna.page), before);
  await anna.page.mouse.move(5, 5);

  await row(anna.page, added).waitFor();
  await row(anna.page, categories[2]).waitFor({ state: "detached" });
  assert.deepEqual(await shown(anna.page), [categories[0].id, added.id, categories[1].id]);
  assert.equal(await anna.page.locator("[data-held]").count(), 0);
  await end();
});

test("while I work in a row nothing moves, and the note shows what waits", async () => {
  const { anna, olga, mark, categories, end } = await two();
  await row(anna.page, categories[0]).locator("button.open").focus();

  const added = await make.category(olga.page, { name: `${mark} 0а` });
  await anna.page.locator("[data-held]", { hasText: "ждёт" }).waitFor();
  assert.equal(await row(anna.page, added).count(), 0);
  await anna.page.locator("[data-held]").click();

  await row(anna.page, added).waitFor();
  await end();
});

test("the note of what waits moves nothing", async () => {
  const { anna, olga, mark, categories, end } = await two();
  const top = async () => (await anna.page.locator(".table-frame").boundingBox()).y;
  await row(anna.page, categories[1]).hover();
  const before = await top();

  await make.category(olga.page, { name: `${mark} 0а` });
  await anna.page.locator("[data-held]").waitFor();

  assert.equal(await top(), before);
  await end();
});

test("a change says in its cell who made it and when, and the column of changes too", async () => {
  const { anna, olga, categories, end } = await two();
  await anna.page.evaluate(() => {
    window.flashes = [];
    new MutationObserver(() => {
      for (const cell of document.querySelectorAll("tr.marked td.flash")) window.flashes.push([cell.dataset.label, cell.title]);
    }).observe(document.querySelector("main"), { subtree: true, attributes: true, childList: true });
  });

  await describe(olga, categories[0], "вспышка");
  await row(anna.page, categories[0]).getByText("вспышка").waitFor();
  await row(anna.page, categories[0]).locator("td", { hasText: "сейчас, admin" }).waitFor();
  await anna.page.waitForFunction(() => !document.querySelector("tr.marked"));

  const flashes = await anna.page.evaluate(() => window.flashes);
  const cells = [...new Set(flashes.map(([label]) => label))].sort();
  assert.deepEqual(cells, ["Изменено", "Описание"]);
  assert.match(flashes[0][1], /^admin, \d\d:\d\d:\d\d$/);
  await end();
});

test("many rows are chosen with Shift and switched off together, and a row that changed meanwhile is told by name", async () => {
  const { anna, olga, categories, end } = await two(6, [status(412)]);
  const box = (n) => row(anna.page, categories[n]).locator("td.pick input");
  await box(0).click();
  await box(4).click({ modifiers: ["Shift"] });
  assert.match(await anna.page.locator(".bulk-count").innerText(), /Выбрано 5/);
  assert.equal(await anna.page.evaluate(() => document.querySelector("[data-pick-all]").indeterminate), true);
  await anna.page.evaluate(() => window.SyncManager.lifeline.leave()); // so that Anna does not hear of Olga's change
  await describe(olga, categories[2], "раньше вас");

  await anna.page.click("[data-bulk=off]");
  const toast = anna.page.locator(".notice-warning", { hasText: "Изменено: 4 из 5" });
  await toast.waitFor();

  assert.match(await toast.innerText(), new RegExp(`«${categories[2].name}»: тем временем изменил\\(а\\) admin`));
  assert.deepEqual(await anna.page.locator("td.pick input:checked").count(), 1);
  await anna.page.click("[data-bulk=off]"); // what failed is still chosen, and is now known as it is
  await row(anna.page, categories[2]).locator('[role="switch"]:not(:checked)').waitFor();
  const { items } = await api(olga.page, "GET", `/api/categories?ids=${categories.map(({ id }) => id).join(",")}`);
  assert.deepEqual(items.map(({ enabled }) => enabled).sort(), [false, false, false, false, false, true]);
  await end();
});

test("the category of many files is set at once", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  const [mark, category] = [unique("Пачка"), await make.category(anna.page)];
  for (let n = 0; n < 5; n += 1) await make.file(anna.page, { name: `${mark} ${n}` });
  await open(anna.page, `/files?q=${encodeURIComponent(mark)}`);

  await anna.page.click("[data-pick-all]");
  await anna.page.selectOption('[data-bulk-field="category_id"]', category.id);
  await anna.page.selectOption('[data-bulk-field="status"]', "ready");
  await anna.page.click("[data-bulk=set]");
  await anna.page.locator(".notice-success", { hasText: "5 из 5" }).waitFor();

  const { items } = await api(anna.page, "GET", `/api/files?q=${encodeURIComponent(mark)}`);
  assert.deepEqual([...new Set(items.map(({ category_id, status }) => `${category_id} ${status}`))], [`${category.id} ready`]);
  assert.equal(await anna.page.locator(".bulk-count").count(), 0);
  anna.calm();
  await anna.leave();
});

test("what is deleted can be taken back, and then nobody saw it go", async () => {
  const { anna, olga, categories, end } = await two();
  await row(anna.page, categories[1]).locator("td.tight button").click();
  await row(anna.page, categories[1]).waitFor({ state: "detached" });

  await anna.page.getByRole("button", { name: "Отменить" }).click();

  await row(anna.page, categories[1]).waitFor();
  assert.deepEqual(await shown(anna.page), categories.map(({ id }) => id));
  assert.equal((await api(olga.page, "GET", `/api/categories/${categories[1].id}`)).rev, categories[1].rev);
  await end();
});

test("what is in use comes back and says where, with the way there", async () => {
  const { anna, olga, categories, end } = await two(2, [status(409)]);
  const file = await make.file(olga.page, { category_id: categories[0].id });
  await row(anna.page, categories[0]).getByRole("link", { name: "1", exact: true }).waitFor();
  await anna.page.click("[data-pick-all]");
  await anna.page.click("[data-bulk=delete]");

  await anna.page.locator(".notice-error", { hasText: "Используется в 1 файле" }).getByRole("button", { name: "показать" }).click();

  await row(anna.page, file).waitFor();
  assert.match(anna.page.url(), new RegExp(`/files\\?category_id=${categories[0].id}`));
  const { items } = await api(olga.page, "GET", `/api/categories?ids=${categories[0].id},${categories[1].id}`);
  assert.deepEqual(items.map(({ id }) => id), [categories[0].id]);
  await end();
});

test("who leaves the page right after deleting has deleted", async () => {
  const { anna, olga, categories, end } = await two();
  const deleted = olga.page.locator(`tr[data-id="${categories[1].id}"]`);
  await deleted.waitFor();
  await row(anna.page, categories[1]).locator("td.tight button").click();

  await anna.page.goto("/groups");

  await deleted.waitFor({ state: "detached" });
  await end();
});

test("a switch that the server refuses goes back and can be tried again", async () => {
  const { anna, categories, end } = await two(1, [status(503)]);
  let refused = 0;
  await anna.page.route("**/toggle", (route) => (refused++ === 0 ? route.fulfill({ status: 503, json: { error: { code: "unavailable", message: "busy" } } }) : route.continue()));
  const control = row(anna.page, categories[0]).getByRole("switch");

  await control.click();
  await anna.page.locator(".notice-error").getByRole("button", { name: "Повторить" }).waitFor();
  assert.equal(await control.isChecked(), true);
  await anna.page.locator(".notice-error").getByRole("button", { name: "Повторить" }).click();

  await row(anna.page, categories[0]).locator('[role="switch"]:not(:checked)[aria-busy="false"]').waitFor();
  await end();
});

test("search, filters, order and page size are in the address, go back with it, and reset", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  const filtered = () => anna.page.waitForFunction(() => document.querySelector(".table-frame, .empty")?.getAttribute("aria-busy") !== "true");
  await anna.page.selectOption('[data-filter="status"]', "new");
  await anna.page.locator("th", { hasText: "Размер" }).locator("button").click();
  await anna.page.selectOption("[data-per-page]", "25");
  await filtered();
  assert.match(anna.page.url(), /status=new.*sort=size.*per_page=25/);

  await anna.page.reload();
  await live(anna.page, "files");
  assert.equal(await anna.page.locator("tr[data-id]").count(), 25);
  assert.equal(await anna.page.inputValue('[data-filter="status"]'), "new");
  assert.match(decodeURIComponent(await anna.page.getAttribute("[data-csv]", "href")), /^\/api\/files\.csv\?status=new&sort=size&lang=ru$/);
  await anna.page.click("[data-reset]");
  await anna.page.waitForFunction(() => !location.search.includes("status"));
  assert.equal(await anna.page.inputValue('[data-filter="status"]'), "");
  await anna.page.evaluate(() => history.back());
  await anna.page.waitForFunction(() => document.querySelector('[data-filter="status"]').value === "new");
  anna.calm();
  await anna.leave();
});

test("what changed of late can be asked for, follows, and can be had as a table", async () => {
  const { anna, olga, mark, categories, end } = await two();
  await anna.page.selectOption('[data-filter="updated_since"]', "24h");
  await anna.page.waitForFunction(() => location.search.includes("updated_since=24h"));
  await describe(olga, categories[1], "только что");
  await row(anna.page, categories[1]).getByText("только что").waitFor();

  const [download] = await Promise.all([anna.page.waitForEvent("download"), anna.page.click("[data-csv]")]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");

  assert.match(download.suggestedFilename(), /^categories-\d{4}-\d\d-\d\d\.csv$/);
  assert.equal(lines.length, 4);
  assert.ok(lines.some((line) => line.includes(`${mark} 1`) && line.includes("только что")));
  await end();
});

test("columns and density are as I left them", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  await anna.page.locator("[data-menu]").click();
  await anna.page.locator('[data-column="size"]').click();
  await anna.page.keyboard.press("Escape");
  await anna.page.click("[data-density]");

  await open(anna.page, "/files");
  assert.equal(await anna.page.locator("th", { hasText: "Размер" }).count(), 0);
  assert.equal(await anna.page.locator("th", { hasText: "Статус" }).count(), 1);
  assert.equal(await anna.page.locator("table.table-sm").count(), 1);
  anna.calm();
  await anna.leave();
});

test("a list is worked by keyboard: to the next row, choose, open, delete and take back", async () => {
  const { anna, categories, end } = await two();
  const at = () => anna.page.evaluate(() => document.activeElement.closest("tr")?.dataset.id);
  await anna.page.keyboard.press("j");
  await anna.page.keyboard.press("j");
  assert.equal(await at(), categories[1].id);
  await anna.page.keyboard.press("x");
  await anna.page.locator(".bulk-count", { hasText: "Выбрана 1" }).waitFor();
  await anna.page.keyboard.press("Escape");
  await anna.page.locator(".bulk-count").waitFor({ state: "detached" });
  await anna.page.keyboard.press("k");
  assert.equal(await at(), categories[0].id);

  await anna.page.keyboard.press("e");
  await anna.page.locator("dialog.record[open]").waitFor();
  await anna.page.keyboard.press("Escape");
  await closed(anna.page);
  assert.equal(await at(), categories[0].id);
  await anna.page.keyboard.press("Delete");
  await row(anna.page, categories[0]).waitFor({ state: "detached" });
  assert.equal(await at(), categories[1].id);
  await anna.page.getByRole("button", { name: "Отменить" }).click();
  await row(anna.page, categories[0]).waitFor();
  await anna.page.keyboard.press("/");
  assert.equal(await anna.page.evaluate(() => document.activeElement.id), "search");
  await end();
});

test("categories show as a tree while all of them are here, and flat where they are not", async () => {
  const anna = await person(world);
  await open(anna.page, "/categories");
  const parent = await make.category(anna.page, { name: unique("Я последняя") });
  const child = await make.category(anna.page, { name: unique("А первая"), parent_id: parent.id });
  await open(anna.page, "/categories?per_page=500");
  await row(anna.page, child).waitFor();

  const order = await shown(anna.page);
  assert.equal(order[order.indexOf(parent.id) + 1], child.id);
  assert.equal(await row(anna.page, child).locator(".indent-1").count(), 1);
  await anna.page.fill("#search", child.name);
  await anna.page.waitForFunction(() => document.querySelectorAll("tr[data-id]").length === 1);
  assert.equal(await row(anna.page, child).locator(".indent-0").count(), 1);
  await row(anna.page, child).getByText(parent.name).waitFor();
  anna.calm();
  await anna.leave();
});

test("a group's new name reaches the users who show it", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await open(anna.page, "/users");
  const group = await make.group(anna.page);
  const user = await api(anna.page, "POST", "/api/users", { login: `u${Date.now()}`, name: unique("Пользователь"), password: "long enough", group_id: group.id });
  await open(olga.page, `/users?q=${encodeURIComponent(user.name)}`);
  await live(olga.page, "groups");

  await change(anna.page, "groups", group.id, { name: `${group.name} новая` });

  await row(olga.page, user).getByText(`${group.name} новая`).waitFor();
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("on a phone rows are cards that can be chosen, and nothing needs scrolling sideways", async () => {
  const { anna, categories, end } = await two(3, [], { viewport: { width: 360, height: 740 } });
  await row(anna.page, categories[0]).locator("td.pick input").click();
  await anna.page.click("[data-bulk=all]");
  await anna.page.locator(".bulk-count", { hasText: "Выбраны 3" }).waitFor();

  const { over, small } = await anna.page.evaluate(() => ({
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    small: [...document.querySelectorAll("main button, main select, main input, main a")].map((node) => [node, node.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 23.5)).map(([node, box]) => `${node.outerHTML.slice(0, 90)} ${box.width}×${box.height}`),
  }));
  assert.equal(over, 0);
  assert.deepEqual(small, []);
  await end();
});

test("an empty page says what the next step is", async () => {
  const anna = await person(world);
  await open(anna.page, `/files?q=${encodeURIComponent(unique("нет такого"))}`);
  await anna.page.locator(".empty").getByRole("button", { name: "Сбросить" }).click();
  await anna.page.locator("tr[data-id]").first().waitFor();

  await open(anna.page, "/files?page=9999");
  await anna.page.locator(".empty").getByRole("button", { name: "К последней странице" }).click();

  await anna.page.locator("tr[data-id]").first().waitFor();
  anna.calm();
  await anna.leave();
});

test("a list shows who is at its records just now", async () => {
  const { anna, olga, mark, categories, end } = await two();
  await open(olga.page, `/categories?q=${encodeURIComponent(mark)}&open=${categories[1].id}`);
  await olga.page.locator("#field-description").fill("пишу");

  await row(anna.page, categories[1]).locator("presence-bar .edit").waitFor();

  assert.equal(await anna.page.locator("presence-bar").count(), 1);
  await end();
});
