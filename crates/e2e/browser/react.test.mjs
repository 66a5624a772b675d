/** The React package in an app of somebody else, on a host of its own and with a ticket: the users' examples, in both versions of React. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { bundled, visitApp } from "./foreign-app.mjs";
import { relayTo } from "./relay.mjs";
import { api, here, open, person, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();
const NOTICES = "/ws/notifications/";
const LOGS = "/ws/logs/stream/";
const PASSWORD = "long enough";

/**
 * Somebody in an app, and the administrator who tells him things and writes lines. Who may see logs is also told of errors, whoever
 * makes them: with `logs`, notices of other stories may come.
 */
async function told(files, { logs = false, way } = {}) {
  const admin = await person(world, there());
  await open(admin.page, "/files");
  const group = await api(admin.page, "POST", "/api/groups", { name: unique("Группа"), permissions: [logs ? "logs.view" : "files.edit"] });
  const login = `react-${randomUUID().slice(0, 8)}`;
  const user = await api(admin.page, "POST", "/api/users", { login, name: "Читатель", password: PASSWORD, group_id: group.id });
  const app = await visitApp(world.browser, { login, password: PASSWORD }, { files: await files, lockstep: here(), way });
  const tell = (notice) => api(admin.page, "POST", "/api/notifications", { to: { user: user.id }, type: "system", data: {}, ...notice });
  const write = (...lines) => api(admin.page, "POST", "/api/logs", lines);
  return { ...app, tell, write, async end() {
    for (const who of [admin, app]) who.calm(), await who.leave();
  } };
}

const connected = (page) => page.getByText("Connection: Connected").waitFor();
const total = (page, number) => page.getByText(`Total notifications: ${number}`, { exact: true }).waitFor();
const shown = (page, number) => page.getByRole("heading", { name: `Real-time Logs (${number})` }).waitFor();
const viewing = (page) => page.locator('[data-connected="true"]').waitFor();
const closed = (sockets) => Promise.all(sockets.map((socket) => socket.isClosed() || socket.waitForEvent("close", { timeout: 30_000 })));
/** Lines are kept for all: each story has its own words. */
const word = () => randomUUID().slice(0, 8);

for (const version of [18, 19]) {
  const files = bundled(version);

  test(`React ${version}: the bell and two hooks in StrictMode share one connection, and it ends with the last of them`, async () => {
    const { page, tell, of, open, show, end } = await told(files);
    await show("layout", "notifications", "mute");
    await connected(page);

    await tell({ message: "<b>one</b>", status: "error" });
    await page.locator("notification-toasts .notice", { hasText: "<b>one</b>" }).waitFor();
    await total(page, 1);
    assert.equal(await page.locator("notification-center .badge").innerText(), "1");
    await page.locator("notification-center .bell").click();
    await page.locator("notification-center notice-list li", { hasText: "<b>one</b>" }).locator('[data-do="read"]').click();
    await page.locator("notification-center .badge").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Clear" }).click();
    await total(page, 0);
    await show("notifications");
    await tell({ message: "two" });
    await total(page, 1);
    assert.equal(of(NOTICES).length, 1);

    const last = open(NOTICES);
    await show();
    await closed(last);
    assert.equal(of(NOTICES).length, 1);
    await end();
  });

  test(`React ${version}: a callback hears each notice, and topics are one hook's own`, async () => {
    const { page, tell, show, end } = await told(files);
    await show("layout", "notifications");
    await connected(page);
    const said = page.waitForEvent("dialog");

    await tell({ type: "alert", data: { severity: "critical", message: "the house is on fire" } });
    const dialog = await said;
    assert.equal(dialog.message(), "the house is on fire");
    await dialog.accept();
    await page.getByRole("button", { name: "Alerts only" }).click();
    await tell({ message: "no alert" });
    await page.locator("notification-center .badge", { hasText: "2" }).waitFor();

    await total(page, 1);
    await end();
  });

  test(`React ${version}: lines come, the server filters, and the list is cleared`, async () => {
    const { page, write, of, open, show, end } = await told(files, { logs: true });
    const name = word();
    const sent = [];
    await show("viewer");
    await viewing(page);
    of(LOGS)[0].on("framereceived", ({ payload }) => sent.push(String(payload)));
    await page.getByRole("button", { name: "Clear" }).click();
    await shown(page, 0);

    await write({ message: `plain ${name}` }, { message: `broken ${name}`, level: "error", source: "api-server", environment: "production" });
    await page.getByText(`[error] broken ${name}`, { exact: true }).waitFor();
    await page.getByText(`[info] plain ${name}`, { exact: true }).waitFor();
    await page.getByRole("button", { name: "Show Errors Only" }).click();
    await page.getByText(`[info] plain ${name}`, { exact: true }).waitFor({ state: "detached" });
    await page.getByText(`[error] broken ${name}`, { exact: true }).waitFor();
    await write({ message: `unheard ${name}` }, { message: `again ${name}`, level: "error", source: "api-server", environment: "production" });
    await page.getByText(`[error] again ${name}`, { exact: true }).waitFor();

    assert.equal(sent.some((text) => text.includes(`plain ${name}`)), true);
    assert.equal(sent.some((text) => text.includes(`unheard ${name}`)), false);
    assert.equal(of(LOGS).length, 1);
    const last = open(LOGS);
    await show();
    await closed(last);
    await end();
  });

  test(`React ${version}: the log view and a hook share a connection until one of them wants other lines`, async () => {
    const { page, write, of, show, end } = await told(files, { logs: true });
    const name = word();
    await show("viewer", "logs");
    await viewing(page);
    await write({ message: `both ${name}` });
    await page.locator("log-stream .row", { hasText: `both ${name}` }).waitFor();
    await page.getByText(`[info] both ${name}`, { exact: true }).waitFor();
    assert.equal(of(LOGS).length, 1);

    await page.getByRole("button", { name: "Show Errors Only" }).click();
    await page.getByText(`[info] both ${name}`, { exact: true }).waitFor({ state: "detached" });
    await write({ message: `only one ${name}` });

    await page.locator("log-stream .row", { hasText: `only one ${name}` }).waitFor();
    assert.equal(of(LOGS).length, 2);
    await end();
  });

  test(`React ${version}: properties and events of the elements are those of the last render`, async () => {
    const { page, tell, write, show, end } = await told(files, { logs: true });
    await show("props");
    await page.waitForFunction(() => document.querySelector("notification-center")?.store?.state.live && document.querySelector("log-stream")?.logs?.state.state === "live");
    const read = (selector, ...names) => page.evaluate(([selector, names]) => names.map((name) => document.querySelector(selector)[name]), [selector, names]);
    const until = (name) => page.waitForFunction((name) => window.told.some(([told]) => told === name), name);

    await tell({ message: "one" });
    await until("notification 1");
    await page.getByRole("button", { name: "One more toast" }).click();
    await tell({ message: "two" });
    await until("notification 2");
    await page.waitForFunction(() => window.told.some(([name, filter]) => name === "filters" && filter.level === "error" && filter.source === "quiet"));
    await write({ message: "heard", source: "quiet", level: "error" });
    await until("log");

    assert.deepEqual(await read("notification-center", "position", "maxToasts", "autoHideDuration", "className"), ["bottom-left", 2, 0, "theirs"]);
    assert.deepEqual(await read("log-stream", "maxLogs", "showFilters", "source", "level"), [7, false, "quiet", "error"]);
    await page.locator("notification-toasts .notice").nth(1).waitFor();
    await end();
  });

  test(`React ${version}: after a break what was missed comes, with a new ticket`, async () => {
    const relay = await relayTo(here());
    const { page, tell, write, of, show, end } = await told(files, { logs: true, way: relay.url });
    const name = word();
    await show("notifications", "viewer");
    await connected(page);
    await viewing(page);
    await write({ message: `before ${name}` });
    await page.getByText(`[info] before ${name}`, { exact: true }).waitFor();

    relay.close();
    await page.getByText("Connection: Disconnected").waitFor();
    await tell({ message: "missed" });
    await write({ message: `missed ${name}` });
    relay.open();

    await page.getByText(/^Total notifications: [1-9]/).waitFor();
    await page.getByText(`[info] missed ${name}`, { exact: true }).waitFor();
    await connected(page);
    assert.equal(await page.getByText(`[info] before ${name}`, { exact: true }).count(), 1);
    assert.ok(of(NOTICES).length > 1 && of(NOTICES).every((socket) => new URL(socket.url()).searchParams.has("ticket")));
    await end();
  });

  test(`React ${version}: a hook begins with its filter, pauses, resumes, keeps so many, and marks what is read`, async () => {
    const { page, tell, write, show, end } = await told(files, { logs: true });
    const source = `more-${word()}`;
    await show("more");
    await page.waitForFunction(() => window.view?.isConnected && window.notices.isConnected);
    await page.evaluate(() => window.view.clearLogs());
    const says = (text) => page.locator("output", { hasText: new RegExp(`^${text}$`) }).waitFor();
    const read = (read) => page.waitForFunction((read) => window.notices.notifications.some((notice) => notice.message === "one" && notice.read === read), read);

    await tell({ message: "one" });
    await write({ message: "else" }, ...["a", "b", "c", "d"].map((message) => ({ message, source })));
    await says("false b,c,d");
    await read(false);
    await page.evaluate(() => window.view.pause());
    await says("true b,c,d");
    await write({ message: "e", source });
    await page.evaluate(() => window.notices.markRead("*"));
    await says("true b,c,d");
    await read(true);
    await page.evaluate(() => window.view.resume());

    await says("false c,d,e");
    await page.evaluate(() => window.view.setFilters({ text: "(", regex: true }));
    await page.waitForFunction(() => window.view.refusal?.field === "text");
    await says("false c,d,e");
    await end();
  });
}
