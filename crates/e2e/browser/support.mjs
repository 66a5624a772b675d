/**
 * Browsers, people and records for the browser tests.
 *
 * The servers are started by somebody else: `LOCKSTEP_BASE_URLS` (comma-separated, a worker each), `LOCKSTEP_LOGIN` and
 * `LOCKSTEP_PASSWORD` of an administrator, `CHROMIUM` (default Debian's); for the stories of scans `LOCKSTEP_SCAN_ROOT`, see
 * folder.mjs, and for those of imports and of the catalogue `LOCKSTEP_IMPORT_ROOT`, see import-sets.mjs and shop.mjs. Nothing here
 * sleeps: it waits for what it wants to see, and says what it waited for.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

/** Longer than anything here takes on a busy machine; a wait that ends sooner costs nothing. */
const PATIENCE_MS = 30_000;

const FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
  "--disable-features=LocalNetworkAccessChecks"]; // a page that a test makes up has no address, and may not talk to this machine otherwise

function required(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these tests need running workers, see crates/e2e`);
  return value;
}

const bases = () => required("LOCKSTEP_BASE_URLS").split(",").map((url) => url.trim().replace(/\/$/, ""));

/** The first worker's address, and that of another one; the same where there is only one. */
export const here = () => bases()[0];
export const there = () => bases().at(-1);

/** A name that no other test uses. */
export const unique = (word) => `${word} ${randomUUID().slice(0, 8)}`;

/** One browser for the tests of a file. `options` go to Playwright's launch. */
export function withBrowser(options = {}) {
  const world = { browser: null };
  before(async () => (world.browser = await startBrowser(options)));
  after(() => world.browser?.close());
  return world;
}

/** The same Chromium without a window's frame around each page, where Debian's package of it is there: a window is made four times as fast. */
const SHELL = "/usr/bin/chromium-headless-shell";
/** With all that a person's browser has; the shell keeps no page for going back to. */
export const WHOLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const usual = process.env.CHROMIUM ?? (existsSync(SHELL) ? SHELL : WHOLE);

export const startBrowser = (options = {}) =>
  chromium.launch({ executablePath: usual, args: FLAGS, ...options });

/**
 * A person with a browser window of his own, signed in at a worker.
 *
 * `problems` holds every console error, page error and broken content policy; `calm()` asserts that there was none.
 */
export async function person(world, base = here(), { signedIn = true, expected = [], ...options } = {}) {
  const context = await world.browser.newContext({ baseURL: base, locale: "ru-RU", timezoneId: "Europe/Moscow", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const problems = [];
  context.on("console", (message) => {
    if (message.type() === "error" && !expected.some((text) => message.text().includes(text))) problems.push(message.text());
  });
  context.on("weberror", (error) => problems.push(error.error().stack));
  const page = await context.newPage();
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`)));
  if (signedIn) await signIn(page);
  return { page, context, base, problems, calm: () => assert.deepEqual(problems, []), leave: () => context.close() };
}

/** Signs in as a person does. */
export async function signIn(page, { login = required("LOCKSTEP_LOGIN"), password = required("LOCKSTEP_PASSWORD") } = {}) {
  await page.goto("/login");
  await page.fill("#login", login);
  await page.fill("#password", password);
  await Promise.all([page.waitForURL((url) => url.pathname !== "/login"), page.click("form button.btn-primary")]);
}

/** Opens a page and waits until its room is joined and proved. */
export async function open(page, path, room = path.split(/[/?]/)[1] || "index") {
  await page.goto(path);
  await live(page, room);
}

/** Waits until the page says that it is live in the room; `own`: the person's. (Before our script runs, the browser has a `SyncManager` of its own.) */
export const live = (page, room) =>
  page.waitForFunction((room) => {
    const name = room === "own" ? `user:${window.SyncManager?.hello?.user?.id}` : room;
    return window.SyncManager?.status?.state === "live" && window.SyncManager.status.staleSince === null && window.SyncManager.position(name) !== null;
  }, room);

/** A request from within the page, with its session and token. Fails with the server's words. */
export async function api(page, method, url, body, options) {
  const answer = await page.evaluate(async ([method, url, body, options]) => {
    try {
      return { data: (await window.SyncManager.request(method, url, body, options)).data };
    } catch (error) {
      return { failure: `${method} ${url}: ${error.status} ${error.code} ${JSON.stringify(error.fields)}` };
    }
  }, [method, url, body, options ?? {}]);
  assert.equal(answer.failure, undefined);
  return answer.data;
}

/** Records that a test needs, made through the API. */
export const make = {
  category: (page, fields = {}) => api(page, "POST", "/api/categories", { name: unique("Категория"), ...fields }),
  file: (page, fields = {}) => api(page, "POST", "/api/files", { name: `${unique("Счёт")}.pdf`, ...fields }),
  group: (page, fields = {}) => api(page, "POST", "/api/groups", { name: unique("Группа"), permissions: [], ...fields }),
};

/** A change through the API, at the revision that the row has. */
export async function change(page, entity, id, fields) {
  const row = await api(page, "GET", `/api/${entity}/${id}`);
  return api(page, "PATCH", `/api/${entity}/${id}`, fields, { ifMatch: row.rev });
}

/** The row of a record in a list. */
export const row = (page, record) => page.locator(`tr[data-id="${record.id}"]`);

/** Opens a record's dialog from its row. */
export async function edit(page, record) {
  await row(page, record).locator("button.open").click();
  await page.locator("dialog.record[open]").waitFor();
}

/** Waits until the record's dialog is gone. */
export const closed = (page) => page.waitForFunction(() => !document.querySelector("dialog.record[open]"));

/** Counts the requests for a list from now on. */
export function countLists(page, entity) {
  const counted = { lists: 0 };
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === `/api/${entity}`) counted.lists += 1;
  });
  return counted;
}
