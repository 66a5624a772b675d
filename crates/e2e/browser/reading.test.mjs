/** Messages wait for whoever reads them, and are reached and left by keyboard. */
import assert from "node:assert/strict";
import test from "node:test";
import { here, make, open, person, there, withBrowser } from "./support.mjs";

const world = withBrowser();
const shown = (page) => page.locator(".notice-text").allInnerTexts();
const focus = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.className);

/** Anna on a page whose time is in the test's hands. */
async function withTime(options = {}) {
  const anna = await person(world, here(), options);
  await anna.page.clock.install({ time: Date.now() });
  await open(anna.page, "/files");
  await anna.page.clock.pauseAt((await anna.page.evaluate(() => Date.now())) + 3000);
  return { anna, page: anna.page, async end() {
    anna.calm();
    await anna.leave();
  } };
}

const toast = (page, ...args) => page.evaluate((args) => window.showToast(...args), args);

test("a message stays while the pointer is on it, and then for what is left of its time", async () => {
  const { page, end } = await withTime();
  await toast(page, "готово", "success");
  await page.clock.runFor(4000);

  await page.hover(".notice");
  await page.clock.runFor(60_000);
  assert.deepEqual(await shown(page), ["готово"]);
  await page.mouse.move(5, 5);
  await page.clock.runFor(999);
  assert.deepEqual(await shown(page), ["готово"]);
  await page.clock.runFor(2);

  assert.deepEqual(await shown(page), []);
  await end();
});

test("a message stays while the tab is hidden, and while a dialog is open", async () => {
  const { page, end } = await withTime();
  const hide = (hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

  await hide(true);
  await toast(page, "пока не смотрели", "info");
  await page.clock.runFor(60_000);
  assert.deepEqual(await shown(page), ["пока не смотрели"]);
  await hide(false);
  await page.click("[data-add]");
  await page.locator("dialog.record[open] .notice").waitFor();
  await page.clock.runFor(60_000);
  assert.deepEqual(await shown(page), ["пока не смотрели"]);
  await page.keyboard.press("Escape");
  await page.locator("body > .toast-layer .notice").waitFor();
  await page.clock.runFor(5000);

  assert.deepEqual(await shown(page), []);
  await end();
});

test("what waits is counted, and comes when there is room", async () => {
  const { page, end } = await withTime();

  await page.evaluate(() => ["а", "б", "в", "г", "д"].forEach((text) => showToast(text)));
  assert.deepEqual([await shown(page), await page.textContent(".toast-more")], [["а", "б", "в"], "+2 ещё"]);
  await page.clock.runFor(5000);
  assert.deepEqual(await shown(page), ["г", "д"]);
  assert.equal(await page.locator(".toast-more").isVisible(), false);

  await end();
});

test("a message that replaces another takes its place, waiting or shown, and begins its time anew", async () => {
  const { page, end } = await withTime();
  await page.evaluate(() => ["а", "б", "в", "г"].forEach((text) => showToast(text, "info", { key: text, persist: text !== "б" })));

  await page.clock.runFor(4000);
  await page.evaluate(() => (showToast("Б", "info", { key: "б" }), showToast("Г", "info", { key: "г", persist: true })));
  assert.deepEqual(await shown(page), ["а", "Б", "в"]);
  await page.clock.runFor(4999);
  assert.deepEqual(await shown(page), ["а", "Б", "в"]);
  await page.clock.runFor(1);

  assert.deepEqual(await shown(page), ["а", "в", "Г"]);
  await end();
});

test("who chose to keep messages closes them himself", async () => {
  const { page, end } = await withTime();
  await page.evaluate(() => localStorage.setItem("lockstep_keep_toasts", "1"));

  await toast(page, "готово", "success");
  await page.clock.runFor(600_000);
  assert.deepEqual(await shown(page), ["готово"]);
  await page.click(".notice-close");

  assert.deepEqual(await shown(page), []);
  await end();
});

test("F8 leads to the messages, Esc back, and closing them one by one loses no focus", async () => {
  const anna = await person(world);
  const { page } = anna;
  await open(page, "/files");
  await page.focus("#search");
  await page.keyboard.press("F8"); // nothing to go to
  assert.equal(await focus(page), "search");
  await page.evaluate(() => ["а", "б"].forEach((text) => showToast(text, "error")));
  assert.equal(await focus(page), "search"); // a message takes no focus

  await page.keyboard.press("F8");
  assert.match(await focus(page), /notice-close/);
  await page.keyboard.press("Escape");
  assert.equal(await focus(page), "search");
  await page.keyboard.press("F8");
  await page.keyboard.press("Enter");
  assert.deepEqual([await shown(page), /notice-close/.test(await focus(page))], [["б"], true]);
  await page.keyboard.press("Enter");

  assert.deepEqual([await shown(page), await focus(page)], [[], "search"]);
  anna.calm();
  await anna.leave();
});

test("a message closed by the mouse gives the focus back at once, and the others go on", async () => {
  const { page, end } = await withTime();
  await page.focus("#search");
  await page.evaluate(() => ["а", "б"].forEach((text) => showToast(text)));

  await page.locator(".notice-close").first().click();
  assert.equal(await focus(page), "search");
  await page.mouse.move(5, 5);
  await page.clock.runFor(5000);

  assert.deepEqual(await shown(page), []);
  await end();
});

test("in a dialog too: Esc comes back to the field, and the dialog stays", async () => {
  const anna = await person(world);
  const { page } = anna;
  await open(page, "/files");
  await page.click("[data-add]");
  await page.focus("#field-note");
  await toast(page, "сломалось", "error");

  await page.keyboard.press("F8");
  assert.match(await focus(page), /notice-close/);
  await page.keyboard.press("Escape");

  assert.equal(await focus(page), "field-note");
  assert.equal(await page.locator("dialog.record[open]").count(), 1);
  assert.equal(await page.locator("dialog.record #polite, dialog.record #assertive").count(), 2); // beneath an open dialog nobody would hear them
  anna.calm();
  await anna.leave();
});

test("a message does not lie over what has the focus", async () => {
  const anna = await person(world, here(), { viewport: { width: 320, height: 640 } });
  const { page } = anna;
  await open(page, "/files");
  for (let n = 0; n < 3; n += 1) await make.file(page);
  await page.evaluate(() => ["первое", "второе", "третье"].forEach((text) => showToast(text, "error")));
  const covered = () => page.evaluate(() => {
    const [a, b] = [document.querySelector(".toast-layer"), document.activeElement].map((node) => node.getBoundingClientRect());
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  });

  let met = 0;
  for (let n = 0; n < 40; n += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.closest(".toast-layer, body") !== document.body || document.activeElement === document.body)) continue;
    met += 1;
    assert.equal(await covered(), false, await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120)));
  }

  assert.ok(met > 20, `${met} places were looked at`);
  anna.calm();
  await anna.leave();
});

test("what others change is read out together, and no more often than every five seconds", async () => {
  const { page, end } = await withTime({});
  const olga = await person(world, there());
  await open(olga.page, "/files");
  const said = () => page.evaluate(() => window.said);
  await page.evaluate(() => {
    window.said = [];
    new MutationObserver(() => window.said.push(document.querySelector("#polite").textContent.trim())).observe(document.querySelector("#polite"), { childList: true, characterData: true });
  });
  const edit = async (count) => {
    const applied = await page.evaluate(() => window.SyncManager.debug.counts.apply ?? 0);
    for (let n = 0; n < count; n += 1) await make.file(olga.page);
    await page.waitForFunction((wanted) => window.SyncManager.debug.counts.apply >= wanted, applied + count);
    await page.clock.runFor(200); // the run that takes what came after the first one
    await page.waitForFunction(() => document.querySelector(".table-frame")?.getAttribute("aria-busy") === "false");
  };

  await edit(3);
  await page.clock.runFor(2000);
  await page.waitForFunction(() => window.said.length > 0);
  await edit(2);
  await page.clock.runFor(2000);
  assert.deepEqual(await said(), ["Изменены 3 записи"]);
  await page.clock.runFor(4000);

  assert.deepEqual(await said(), ["Изменены 3 записи", "Изменены 2 записи"]);
  olga.calm();
  await olga.leave();
  await end();
});
