/** Short messages: three at a time, gone when read, reachable above a dialog. */
import assert from "node:assert/strict";
import test from "node:test";
import { open, person, withBrowser } from "./support.mjs";

const world = withBrowser();
const shown = (page) => page.locator(".notice-text").allInnerTexts();

test("three are shown, the rest waits, and one with the same key is replaced", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");

  await anna.page.evaluate(() => ["а", "б", "в", "г"].forEach((text) => showToast(text, "info", { persist: true })));
  assert.deepEqual(await shown(anna.page), ["а", "б", "в"]);
  await anna.page.locator(".notice-close").first().click();
  assert.deepEqual(await shown(anna.page), ["б", "в", "г"]);
  await anna.page.locator(".notice-close").first().click();
  await anna.page.evaluate(() => ["50 %", "60 %"].forEach((text) => showToast(text, "info", { key: "upload", persist: true })));

  assert.deepEqual(await shown(anna.page), ["в", "г", "60 %"]);
  anna.calm();
  await anna.leave();
});

test("a message goes after five seconds; an error and one with a button stay", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  const now = Date.now();
  await anna.page.clock.install({ time: now });
  await anna.page.clock.pauseAt(now + 60_000);

  await anna.page.evaluate(() => {
    showToast("прошло", "success");
    showToast("сломалось", "error");
    showToast("удалено", "info", { action: { label: "Вернуть", run: () => (window.undone = true) } });
  });
  await anna.page.clock.fastForward(4999);
  assert.equal((await shown(anna.page)).length, 3);
  await anna.page.clock.fastForward(1);
  assert.deepEqual(await shown(anna.page), ["сломалось", "удалено"]);
  await anna.page.getByRole("button", { name: "Вернуть" }).click();

  assert.equal(await anna.page.evaluate(() => window.undone), true);
  assert.deepEqual(await shown(anna.page), ["сломалось"]);
  anna.calm();
  await anna.leave();
});

test("a message that comes before or during a dialog can be closed within it, and outlives it", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");

  await anna.page.evaluate(() => showToast("до", "error"));
  await anna.page.click("[data-add]");
  await anna.page.locator("dialog.record[open] .notice", { hasText: "до" }).waitFor();
  await anna.page.evaluate(() => showToast("во время", "error"));
  await anna.page.locator(".notice", { hasText: "до" }).locator(".notice-close").click();
  await anna.page.keyboard.press("Escape");
  await anna.page.waitForFunction(() => !document.querySelector("dialog[open]"));

  await anna.page.locator("body > .toast-layer .notice", { hasText: "во время" }).waitFor();
  anna.calm();
  await anna.leave();
});

test("what is said is read out, errors at once", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");

  await anna.page.evaluate(() => (showToast("готово", "success"), showToast("<b>сломалось</b>", "error")));

  assert.equal(await anna.page.textContent("#polite"), "готово");
  assert.equal(await anna.page.textContent("#assertive"), "<b>сломалось</b>");
  assert.deepEqual(await shown(anna.page), ["готово", "<b>сломалось</b>"]);
  anna.calm();
  await anna.leave();
});
