/** The badge tells the truth about the connection: four words, and what to do. */
import assert from "node:assert/strict";
import test from "node:test";
import { relayTo } from "./relay.mjs";
import { here, live, make, open, person, withBrowser } from "./support.mjs";

const world = withBrowser();
/** What Chromium prints of a connection that does not come about. */
const BROKEN = ["WebSocket connection to", "net::ERR_"];
const badge = (page) => page.locator("conn-badge .state");
const says = (page, words) => badge(page).filter({ hasText: words }).waitFor();

/** Anna behind a relay, with the time of her page in the test's hands. */
async function behindRelay(path = "/files", { clock = true } = {}) {
  const relay = await relayTo(here());
  const anna = await person(world, relay.url, { expected: BROKEN });
  await anna.page.addInitScript(() => (Math.random = () => 0)); // a try that is due comes at once
  if (clock) await anna.page.clock.install({ time: Date.now() });
  await open(anna.page, path);
  await says(anna.page, "На связи");
  // A small step: a large one would look like a night's sleep to the connection.
  if (clock) await anna.page.clock.pauseAt((await anna.page.evaluate(() => Date.now())) + 3000);
  return { anna, relay };
}

/** Writes down every word that the badge shows from now on. */
const watchWords = (page) => page.evaluate(() => {
  const root = document.querySelector("conn-badge").shadowRoot;
  window.words = [];
  new MutationObserver(() => window.words.push(root.querySelector(".word").textContent)).observe(root, { subtree: true, characterData: true, childList: true });
});

/** Lets the page's time pass until it says so. */
async function passUntil(page, words) {
  for (let n = 0; n < 200 && !(await badge(page).innerText()).includes(words); n += 1) {
    await page.clock.runFor(1000);
    await page.evaluate(() => fetch("/healthz").catch(() => {})); // real time for the try that is under way: its refusal comes first
  }
  assert.match(await badge(page).innerText(), new RegExp(words));
}

test("it says that the page is live and how fast, and pressed it says more", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");

  await says(anna.page, /На связи\s*\d+ мс/);
  await badge(anna.page).press("Enter");
  await anna.page.locator("conn-badge .more:popover-open", { hasText: "Все данные на странице подтверждены" }).waitFor();
  await anna.page.evaluate(() => dispatchEvent(new Event("offline")));
  await anna.page.locator("conn-badge .more", { hasText: "Браузер сообщает, что сети нет" }).waitFor();
  await says(anna.page, "На связи"); // only a hint: the connection stands
  await anna.page.keyboard.press("Escape");
  await anna.page.locator("conn-badge .more:popover-open").waitFor({ state: "detached" });

  anna.calm();
  await anna.leave();
});

test("a break that heals at once is not shown", async () => {
  const { anna, relay } = await behindRelay();
  await watchWords(anna.page);

  relay.cut();
  await anna.page.waitForFunction(() => window.SyncManager.status.state === "connecting");
  await anna.page.clock.runFor(1); // the try that is due
  await live(anna.page, "files");
  await anna.page.clock.runFor(2000);
  await live(anna.page, "files");

  assert.deepEqual((await anna.page.evaluate(() => window.words)).filter((word) => word !== "На связи"), []);
  anna.calm();
  await anna.leave();
});

test("a break that lasts is counted, then called by its name, and one can try at once", async () => {
  const { anna, relay } = await behindRelay();

  relay.close();
  await anna.page.waitForFunction(() => window.SyncManager.status.state === "connecting");
  await anna.page.clock.runFor(400);
  await says(anna.page, /Переподключение \d+\/10/);
  await passUntil(anna.page, "Нет связи");
  assert.match(await anna.page.textContent("#polite"), /Нет связи/);
  assert.match(await badge(anna.page).getAttribute("title"), /Данные могли устареть с \d\d:\d\d.*каждые 30 секунд/);
  relay.open();
  await anna.page.locator("conn-badge > [data-retry], conn-badge [data-retry]").last().click();

  await says(anna.page, "На связи");
  assert.match(await anna.page.textContent("#polite"), /На связи/);
  anna.calm();
  await anna.leave();
});

test("data that cannot be fetched anew is dated, until it can", async () => {
  const [anna, olga] = await Promise.all([person(world, here(), { expected: ["status of 503"] }), person(world)]);
  await Promise.all([open(anna.page, "/files"), open(olga.page, "/files")]);
  await anna.page.route("**/api/files?**", (route) => route.fulfill({ status: 503, body: "" }));

  await make.file(olga.page);
  await says(anna.page, /Данные от \d\d:\d\d/);
  await anna.page.unroute("**/api/files?**");

  await says(anna.page, "На связи");
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("a connection that is open and carries nothing is given up when the page comes back", async () => {
  const { anna, relay } = await behindRelay("/files", { clock: false });

  relay.silence();
  await anna.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await anna.page.waitForFunction(() => window.SyncManager.status.state !== "live");

  await live(anna.page, "files");
  await says(anna.page, "На связи");
  anna.calm();
  await anna.leave();
});

test("a new version is offered, and never taken over what was typed", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  await anna.page.click("[data-add]");
  await anna.page.fill("#field-name", "набрано");

  await anna.page.evaluate(() => {
    document.querySelector('meta[name="lockstep-build"]').content = "older";
    window.SyncManager.reconnect();
  });
  const offer = anna.page.locator("conn-badge [data-outdated]", { hasText: "Новая версия" });
  await offer.waitFor();
  await live(anna.page, "files");
  assert.equal(await anna.page.inputValue("#field-name"), "набрано");
  await anna.page.fill("#field-name", "");
  await anna.page.locator("dialog.record header button").click();
  await anna.page.waitForFunction(() => !document.querySelector("dialog[open]"));
  await Promise.all([anna.page.waitForEvent("load"), offer.click()]);
  await live(anna.page, "files");

  assert.equal(await anna.page.locator("conn-badge [data-outdated]").count(), 0);
  anna.calm();
  await anna.leave();
});
