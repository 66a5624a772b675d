/** Pages of other makers: plain scripts, and the three globals at once. */
import assert from "node:assert/strict";
import test from "node:test";
import { here, make, open, person, there, withBrowser } from "./support.mjs";

const world = withBrowser();

/** As the first users wrote theirs. */
const PAGE = `<!doctype html><html lang="ru"><meta charset="utf-8"><title>classic</title>
<form id="form"><label for="a">Имя</label><input id="a" name="a" required></form>
<script src="/static/js/utils.js"></script>
<script src="/static/js/sync.js"></script>
<script>
  window.seen = [];
  function refreshFilesData(event) { window.seen.push(event.reason + " " + event.id); }
  SyncManager.joinRoom("files");
  SyncManager.on("files:changed", refreshFilesData);
  SyncManager.startIdleGuard(refreshFilesData, 30);
</script>`;

test("a page with plain scripts joins, hears, shows a toast and checks a form", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await open(anna.page, "/files");
  await olga.page.route("**/classic", (route) => route.fulfill({ contentType: "text/html", body: PAGE }));
  await olga.page.goto("/classic");
  await olga.page.waitForFunction(() => window.SyncManager.status?.state === "live" && window.SyncManager.position("files") !== null);

  const file = await make.file(anna.page);
  await olga.page.waitForFunction((wanted) => window.seen.includes(wanted), `added ${file.id}`);
  await olga.page.evaluate(() => showToast("Готово", "success"));
  await olga.page.locator(".notice-success", { hasText: "Готово" }).waitFor();
  const checked = await olga.page.evaluate(() => validateForm(document.getElementById("form")));

  assert.equal(checked.valid, false);
  assert.deepEqual(Object.keys(checked.errors), ["a"]);
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("the debug switch prints what happens, and is remembered for the tab", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  const printed = [];
  anna.page.on("console", (message) => printed.push(message.text()));

  await anna.page.evaluate(() => (window.__syncDebug = true));
  await make.file(anna.page);
  await anna.page.waitForFunction(() => window.SyncManager.debug.counts.apply > 0);
  assert.ok(printed.some((line) => line.startsWith("[sync] files apply files:changed added")), printed.join("\n"));
  await open(anna.page, "/files");

  assert.equal(await anna.page.evaluate(() => window.__syncDebug), true);
  anna.calm();
  await anna.leave();
});
