/** What people are told: the bell, the messages, the panel and the page of all. */
import assert from "node:assert/strict";
import test from "node:test";
import { closed, withBrowser } from "./support.mjs";
import { badgeSays, listening, told, visit } from "./told.mjs";

const world = withBrowser();

const toasts = (page) => page.locator(".notice-text");
const toast = (page, text) => page.locator(".notice", { hasText: text });
const said = (page) => toasts(page).allInnerTexts();
const badge = (page) => page.locator(".shell notification-center .badge");
const inPanel = (page) => page.locator("notification-center notice-list li");

async function addSomething(page) {
  await page.click("[data-add]");
  await page.locator("dialog.record[open]").waitFor();
}

async function openPanel(page) {
  await page.locator("notification-center .bell").click();
  await page.locator("notification-center #panel:popover-open").waitFor();
}

test("what somebody is told on one worker is a message and a number on his page of another, and nobody else's", async () => {
  const { admin, him, tell, end } = await told(world);
  await Promise.all([listening(admin.page), visit(him.page)]);

  await tell({ type: "scan_complete", message: "Сканирование завершено", status: "success" });
  await toast(him.page, "Сканирование завершено").waitFor();
  await badgeSays(him.page, "1");
  await tell({ message: "Второе", status: "error" });
  await toast(him.page, "Второе").waitFor();
  await badgeSays(him.page, "2");

  assert.match(await him.page.locator("notification-center .bell").getAttribute("aria-label"), /непрочитанных 2.*На связи/);
  await openPanel(him.page);
  assert.deepEqual(await inPanel(him.page).locator(".text").allInnerTexts(), ["Второе", "Сканирование завершено"]);
  const known = await admin.page.evaluate(() => document.querySelector("notification-center").store.list("all").items.map(({ message }) => message));
  assert.deepEqual([...known, ...(await said(admin.page))].filter((text) => ["Сканирование завершено", "Второе"].includes(text)), []);
  await end();
});

test("three are shown and the rest waits; they go after five seconds, errors and critical alerts stay", async () => {
  const { him, tell, end } = await told(world);
  await visit(him.page);
  await addSomething(him.page); // while a dialog is open their time stands still, however slow this machine is

  await tell({ message: "сломалось", status: "error" });
  for (const text of ["раз", "два", "три", "четыре"]) await tell({ message: text });
  await badgeSays(him.page, "5");
  await him.page.locator(".toast-more", { hasText: "2" }).waitFor();
  assert.deepEqual(await said(him.page), ["сломалось", "раз", "два"]);
  const now = Date.now();
  await him.page.clock.install({ time: now });
  await him.page.clock.pauseAt(now + 60_000);
  await him.page.keyboard.press("Escape");
  await closed(him.page);
  await him.page.clock.fastForward(4999);
  assert.deepEqual(await said(him.page), ["сломалось", "раз", "два"]);
  await him.page.clock.fastForward(1);
  assert.deepEqual(await said(him.page), ["сломалось", "три", "четыре"]);
  await him.page.clock.fastForward(5000);

  assert.deepEqual(await said(him.page), ["сломалось"]);
  await end();
});

test("a message that comes while a dialog is open is within it, can be pressed there, and its time stands still", async () => {
  const { him, tell, end } = await told(world);
  await visit(him.page);
  await him.page.clock.install({ time: Date.now() });
  await addSomething(him.page);

  await tell({ message: "во время" });
  await him.page.locator("dialog.record .notice", { hasText: "во время" }).waitFor();
  await him.page.clock.fastForward(60_000);
  assert.deepEqual(await said(him.page), ["во время"]);
  await him.page.locator("dialog.record .notice button.notice-text").click();
  await badgeSays(him.page, "");
  await tell({ message: "ведёт дальше", status: "error", data: { href: "/notifications?tab=system" } });
  await toast(him.page, "ведёт дальше").waitFor();
  await him.page.keyboard.press("Escape");
  await closed(him.page);
  await him.page.locator("body > .toast-layer .notice button.notice-text", { hasText: "ведёт дальше" }).click();

  await him.page.waitForURL("**/notifications?tab=system");
  await badgeSays(him.page, "");
  await end();
});

test("read in one tab is read in all, and its message goes", async () => {
  const { him, tell, end } = await told(world);
  await visit(him.page);
  const other = await him.context.newPage();
  await visit(other);
  for (const text of ["первое", "второе"]) await tell({ message: text, status: "error" });
  for (const page of [him.page, other]) await badgeSays(page, "2"), await toast(page, "второе").waitFor();

  await openPanel(him.page);
  await inPanel(him.page).filter({ hasText: "первое" }).locator('[data-do="read"]').click();
  for (const page of [him.page, other]) {
    await badgeSays(page, "1");
    await toast(page, "первое").waitFor({ state: "detached" });
  }
  assert.deepEqual(await said(other), ["второе"]);
  await openPanel(other);
  await other.locator('[data-do="read-all"]').click();
  for (const page of [him.page, other]) {
    await badgeSays(page, "");
    await toast(page, "второе").waitFor({ state: "detached" });
  }

  await him.page.waitForFunction(() => !document.querySelector("notification-center").shadowRoot.querySelector("notice-list").shadowRoot.querySelector("li.unread"));
  await end();
});

test("what came while the page was away is there when it is back, each once", async () => {
  const { him, tell, end } = await told(world);
  await visit(him.page);
  await tell({ message: "до" });
  await badgeSays(him.page, "1");

  await him.page.evaluate(() => window.SyncManager.lifeline.leave());
  await him.page.waitForFunction(() => document.querySelector("notification-center").store.state.live === false);
  assert.match(await him.page.locator("notification-center .bell").getAttribute("aria-label"), /Нет связи/);
  for (const text of ["без меня", "и это"]) await tell({ message: text });
  await him.page.evaluate(() => window.SyncManager.lifeline.enter());
  await listening(him.page);
  await badgeSays(him.page, "3");

  await openPanel(him.page);
  assert.deepEqual(await inPanel(him.page).locator(".text").allInnerTexts(), ["и это", "без меня", "до"]);
  await end();
});

test("whatever a notice is made of is shown as text, and leads nowhere else", async () => {
  const { him, tell, end } = await told(world);
  await visit(him.page);
  const html = "<img src=x onerror=\"window.broken=1\"><b>жирно</b>";

  await tell({ type: "made.up", status: "error", message: html, data: { source: html, href: "//evil.example/", entity: "javascript:alert(1)", id: html } });
  await toasts(him.page).first().waitFor();
  assert.deepEqual(await said(him.page), [html]);
  await openPanel(him.page);

  const item = inPanel(him.page).first();
  assert.equal(await item.locator(".text").innerText(), html);
  assert.equal(await item.locator(".source").innerText(), html);
  assert.equal(await item.locator("img, b, a").count(), 0);
  assert.equal(await him.page.evaluate(() => window.broken), undefined);
  await end();
});

test("the page of all has tabs with addresses, an archive, older ones, and uploads as bars", async () => {
  const { him, tell, end } = await told(world);
  for (let n = 1; n <= 32; n += 1) await tell({ message: `№ ${n}` });
  await tell({ type: "alert", message: "Мало места", data: { level: "critical", source: "disk" } });
  await tell({ type: "upload_status", message: "Загрузка logs.csv", data: { percent: 63 }, key: "upload" });
  await him.page.goto("/notifications");
  await listening(him.page);
  const items = him.page.locator("main notice-list li");
  await items.first().waitFor();

  assert.equal(await items.count(), 30);
  await him.page.locator("main notice-list .older button").click();
  await items.nth(33).waitFor();
  assert.equal(await him.page.locator("main notice-list .older").count(), 0);
  await tell({ type: "upload_status", message: "Загрузка logs.csv", data: { percent: 100 }, status: "success", key: "upload" });
  await him.page.waitForFunction(() => document.querySelector("main notice-list").shadowRoot.querySelector("progress").value === 100);
  assert.equal(await items.count(), 34);

  await him.page.click('[data-tab="alerts"]');
  await him.page.waitForFunction(() => document.querySelector("main notice-list").shadowRoot.querySelectorAll("li").length === 1);
  assert.match(await items.first().innerText(), /Мало места[^]*Критично[^]*Тревога[^]*disk/);
  await items.first().locator('[data-do="archive"]').focus();
  await him.page.keyboard.press("Enter");
  await him.page.locator("main notice-list .empty", { hasText: "Тревог нет" }).waitFor();
  assert.equal(await him.page.evaluate(() => document.activeElement.shadowRoot.activeElement.className), "empty"); // not lost with its row
  await him.page.goto("/notifications?tab=archive");
  await items.filter({ hasText: "Мало места" }).waitFor();
  assert.equal(await him.page.getAttribute('[data-tab="archive"]', "aria-current"), "page");
  await him.page.click("[data-read-all]");
  await badgeSays(him.page, "");

  await him.page.click('[data-tab="unread"]');
  await him.page.locator("main notice-list .empty", { hasText: "Всё прочитано" }).waitFor();
  await end();
});

test("a kind that was switched off comes without a message, and others still with one", async () => {
  const { him, tell, end } = await told(world);
  await him.page.goto("/notifications");
  await listening(him.page);

  await him.page.locator('[data-setting="system"]').uncheck();
  await tell({ type: "system", message: "тихо" });
  await badgeSays(him.page, "1");
  await tell({ type: "alert", message: "громко", status: "error" });
  await toast(him.page, "громко").waitFor();

  assert.deepEqual(await said(him.page), ["громко"]);
  await end();
});

test("what the server refuses is taken back and told", async () => {
  const { him, tell, end } = await told(world, { expected: ["status of 503"] });
  await visit(him.page);
  await tell({ message: "остаётся" });
  await badgeSays(him.page, "1");
  await him.page.route("**/api/notifications/*/read", (route) => route.fulfill({ status: 503, body: "" }));
  await openPanel(him.page);

  await inPanel(him.page).locator('[data-do="read"]').click();
  await toast(him.page, "Не получилось").waitFor();
  await inPanel(him.page).and(him.page.locator(".unread")).waitFor();
  assert.equal(await badge(him.page).innerText(), "1");
  await him.page.unroute("**/api/notifications/*/read");
  await toast(him.page, "Не получилось").getByRole("button", { name: "Повторить" }).click();

  await badgeSays(him.page, "");
  await end();
});
