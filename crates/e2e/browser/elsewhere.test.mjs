/** The bell on a page of somebody else: one script, a connection of its own, no style sheet. */
import assert from "node:assert/strict";
import test from "node:test";
import { violations } from "./axe.mjs";
import { withBrowser } from "./support.mjs";
import { badgeSays, told, visit } from "./told.mjs";

const world = withBrowser();

const FOREIGN = `<!doctype html><html lang="en"><meta charset="utf-8"><title>foreign</title>
<main><h1>Somebody else's page</h1><button id="other">other</button><dialog aria-label="a dialog"><button>inside</button></dialog>
<notification-center position="bottom-left" max-toasts="2"></notification-center></main>
<script src="/static/js/notification-center.js"></script>
<script>
  window.seen = [];
  window.center = document.querySelector("notification-center");
  center.ticket = async () => {
    const { csrf } = await (await fetch("/api/me")).json();
    return (await (await fetch("/api/ws-ticket", { method: "POST", headers: { "X-CSRF-Token": csrf } })).json()).ticket;
  };
  for (const name of ["notification", "unread-change", "notification-click"]) {
    center.addEventListener(name, (event) => window.seen.push([name, event.detail.message ?? event.detail.unread]));
  }
</script>`;

async function foreign(page, html = FOREIGN) {
  await page.route("**/foreign", (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto("/foreign");
  await page.waitForFunction(() => document.querySelector("notification-center").store?.state.live === true);
}

test("on a page of somebody else one script and a ticket suffice: bell, messages, panel", async () => {
  const { him, tell, end } = await told(world);
  await tell({ message: "earlier" });
  const ours = await him.context.newPage();
  await visit(ours);
  await foreign(him.page);
  const center = him.page.locator("notification-center");
  assert.equal(await center.locator(".badge").innerText(), "1");

  for (const message of ["one", "<b>two</b>", "three"]) await tell({ message, status: "error" });
  await center.locator(".toast-more", { hasText: "1 more" }).waitFor();
  assert.deepEqual(await center.locator(".notice-text").allInnerTexts(), ["one", "<b>two</b>"]);
  await center.locator(".bell").click();
  await center.locator("notice-list li").nth(2).waitFor();
  assert.deepEqual(await violations(him.page), []);
  await center.locator("notice-list li", { hasText: "three" }).locator('[data-do="read"]').click();
  await badgeSays(ours, "3");
  await center.locator('[data-do="read-all"]').click();
  await badgeSays(ours, "");

  await him.page.waitForFunction(() => window.seen.some(([name, unread]) => name === "unread-change" && unread === 0));
  assert.deepEqual((await him.page.evaluate(() => window.seen)).filter(([name]) => name === "notification").map(([, message]) => message), ["one", "<b>two</b>", "three"]);
  await end();
});

test("there, too, a message moves into an open dialog, goes after five seconds, and can be pressed", async () => {
  const { him, tell, end } = await told(world);
  await foreign(him.page);
  await him.page.clock.install({ time: Date.now() });
  await him.page.evaluate(() => document.querySelector("dialog").showModal());

  await tell({ message: "within" });
  await him.page.locator("dialog notification-toasts .notice", { hasText: "within" }).waitFor();
  await him.page.clock.fastForward(60_000);
  assert.equal(await him.page.locator("notification-toasts .notice").count(), 1);
  await him.page.clock.pauseAt(Date.now() + 120_000);
  await him.page.evaluate(() => document.querySelector("dialog").close());
  await him.page.locator("notification-center notification-toasts .notice").waitFor();
  await him.page.clock.fastForward(4999);
  assert.equal(await him.page.locator("notification-toasts .notice").count(), 1);
  await him.page.clock.fastForward(1);
  assert.equal(await him.page.locator("notification-toasts .notice").count(), 0);
  await him.page.clock.resume();
  await tell({ message: "press me", status: "error" });
  await him.page.locator("notification-toasts button.notice-text").click();

  await him.page.waitForFunction(() => window.seen.some(([name, message]) => name === "notification-click" && message === "press me"));
  await him.page.waitForFunction(() => document.querySelector("notification-center").store.state.unread === 1);
  await end();
});

test("a page can tell something of its own, silence messages, clear the list, and do without the bell", async () => {
  const { him, end } = await told(world);
  await foreign(him.page);
  const center = him.page.locator("notification-center");
  const run = (what) => him.page.evaluate(what);

  await run(() => center.push({ message: "of my own", status: "error" }));
  await center.locator(".notice-error", { hasText: "of my own" }).waitFor();
  await run(() => ((center.muted = true), (center.hideBell = true), center.push({ message: "in silence" })));
  await center.locator(".bell").waitFor({ state: "detached" });
  await run(() => center.open());
  await center.locator("notice-list li", { hasText: "in silence" }).waitFor();
  assert.deepEqual(await center.locator("notice-list .text").allInnerTexts(), ["in silence", "of my own"]);
  assert.equal(await center.locator(".notice").count(), 1);
  await run(() => center.markRead(center.store.list("all").items[1].id));
  await center.locator(".notice").waitFor({ state: "detached" });
  await run(() => center.clear());

  await center.locator(".empty").waitFor();
  assert.deepEqual(await violations(him.page), []);
  await end();
});

test("with a cookie of ours the page of somebody else knows what was told before, too", async () => {
  const { him, tell, end } = await told(world);
  await tell({ message: "earlier" });

  await foreign(him.page, FOREIGN.replace(/center\.ticket = [^]*?\n {2}};/, ""));
  await him.page.locator("notification-center .bell").click();
  await him.page.locator("notification-center notice-list li", { hasText: "earlier" }).locator('[data-do="archive"]').click();

  await him.page.locator("notification-center .empty", { hasText: "No notifications" }).waitFor();
  await end();
});
