/** The administrator's page: sessions, keys, rights, audit, state; each tab with its address. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { api, change, here, live, make, open, person, signIn, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();
const PASSWORD = "long enough";
const TABS = ["overview", "state", "rights", "sessions", "keys", "audit"];

/** An administrator at a tab; and, on another worker, a person with these rights. */
async function two(tab, permissions = ["files.view", "categories.edit"], expected = {}) {
  const admin = await person(world, here(), { expected: expected.admin });
  await open(admin.page, "/users");
  const group = await make.group(admin.page, { permissions });
  const login = `olga-${randomUUID().slice(0, 8)}`;
  const user = await api(admin.page, "POST", "/api/users", { login, name: unique("Ольга"), password: PASSWORD, group_id: group.id });
  const olga = await person(world, there(), { signedIn: false, expected: expected.olga });
  await signIn(olga.page, { login, password: PASSWORD });
  await open(admin.page, `/admin?tab=${tab}`, "admin");
  return { admin, olga, group, user, login, async end() {
    for (const who of [admin, olga]) who.calm(), await who.leave();
  } };
}

test("every tab has its address, and the way back leads through them", async () => {
  const admin = await person(world);
  await open(admin.page, "/admin", "admin");
  assert.equal(await admin.page.getAttribute('[data-tab="overview"]', "aria-current"), "page");

  for (const tab of TABS.slice(1)) {
    await admin.page.click(`[data-tab="${tab}"]`);
    await admin.page.locator(`[data-shown="${tab}"] > *`).first().waitFor();
    assert.equal(new URL(admin.page.url()).search, `?tab=${tab}`);
  }
  await admin.page.evaluate(() => history.back());
  await admin.page.locator('[data-shown="keys"] > *').first().waitFor();
  await admin.page.reload();

  await admin.page.locator('[data-shown="keys"] > *').first().waitFor();
  admin.calm();
  await admin.leave();
});

test("a session that an administrator ends is gone from the list at once, and its window is at sign-in", async () => {
  const { admin, olga, login, end } = await two("sessions", undefined, { olga: ["status of 401"] });
  await open(olga.page, "/files");
  const session = admin.page.locator(`tr[data-login="${login}"]`);
  await session.waitFor();
  assert.match(await session.innerText(), /Chrome \d+, Linux/);
  assert.equal(await admin.page.locator("tr:has([data-current]) [data-end]").count(), 0);

  await session.locator("[data-end]").click();
  await session.waitFor({ state: "detached" });

  await olga.page.waitForURL("**/login?next=%2Ffiles");
  await end();
});

test("a session whose end is refused stands in the list again, and the reason is told", async () => {
  const { admin, login, end } = await two("sessions", undefined, { admin: ["status of 503"] });
  const session = admin.page.locator(`tr[data-login="${login}"]`);
  await session.waitFor();
  await admin.page.route("**/api/sessions/*", (route) => route.fulfill({ status: 503, json: { error: { code: "unavailable" } } }));

  await session.locator("[data-end]").click();
  await admin.page.locator(".notice-error", { hasText: "Сейчас не получается" }).waitFor();

  await session.waitFor();
  await end();
});

test("everybody sees his own sessions from his menu, and ends one of them", async () => {
  const { olga, login, end } = await two("sessions", undefined, {});
  const elsewhere = await person(world, here(), { signedIn: false, expected: ["status of 401"] });
  await signIn(elsewhere.page, { login, password: PASSWORD });
  await open(elsewhere.page, "/files");
  await open(olga.page, "/files");

  await olga.page.click('[popovertarget="person-menu"]');
  await olga.page.click("[data-sessions]");
  const rows = olga.page.locator("dialog.sessions tr[data-session]");
  await rows.nth(1).waitFor();
  assert.equal(await rows.count(), 2);
  await rows.locator("[data-end]").click();
  await rows.nth(1).waitFor({ state: "detached" });

  await elsewhere.page.waitForURL("**/login?next=**");
  await elsewhere.leave();
  await end();
});

test("a key is shown once, works, and works no more when it is withdrawn", async () => {
  const admin = await person(world, here());
  await open(admin.page, "/admin?tab=keys", "admin");
  const name = unique("Ключ");
  const publish = (token) => fetch(`${here()}/api/publish`, {
    method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ event: "index:changed", reason: "updated", id: "1" }),
  }).then(({ status }) => status);

  await admin.page.click(".key-maker summary");
  await admin.page.fill("#key-name", name);
  await admin.page.check('input[name="scopes"][value="publish"]');
  await admin.page.click(".key-maker .btn-primary");
  const shown = admin.page.locator("[data-token]");
  await shown.waitFor();
  const token = await shown.inputValue();
  assert.equal(await publish(token), 200);
  await admin.page.click("[data-done]");
  await admin.page.reload();
  const row = admin.page.locator("tr[data-key]", { hasText: name });
  await row.getByText("Публикация событий").waitFor();
  assert.equal((await admin.page.content()).includes(token), false);
  assert.equal(await shown.count(), 0);
  await row.locator("[data-revoke]").click();
  await admin.page.click("dialog.question .btn-danger");
  await row.waitFor({ state: "detached" });

  assert.equal(await publish(token), 401);
  admin.calm();
  await admin.leave();
});

test("a key without a name or rights is refused at its field, in words", async () => {
  const admin = await person(world, here(), { expected: ["status of 422"] });
  await open(admin.page, "/admin?tab=keys", "admin");
  await admin.page.click(".key-maker summary");

  await admin.page.click(".key-maker .btn-primary");
  await admin.page.locator('.key-maker [data-field="name"] [aria-invalid="true"]').waitFor();
  await admin.page.fill("#key-name", unique("Ключ"));
  await admin.page.click(".key-maker .btn-primary");

  await admin.page.locator(".key-maker, .toast-layer").getByText(/Заполните|прав/).first().waitFor();
  assert.equal(await admin.page.locator("[data-token]").count(), 0);
  admin.calm();
  await admin.leave();
});

const cell = (page, group, right) => page.locator(`tr[data-group="${group.id}"] input[data-right="${right}"]`);

test("a right that is taken away is gone from the other person's window, and one that is given is there", async () => {
  const { admin, olga, group, end } = await two("rights", ["files.view", "categories.edit"], { olga: ["status of 403"] });
  await open(olga.page, "/files");
  const places = () => olga.page.locator(".places a").allInnerTexts();
  assert.deepEqual(await places(), ["Главная", "Файлы", "Категории"]);
  await cell(admin.page, group, "categories.edit").waitFor();

  await cell(admin.page, group, "categories.edit").uncheck();
  await olga.page.waitForFunction(() => document.querySelectorAll(".places a").length === 2);
  assert.deepEqual(await places(), ["Главная", "Файлы"]);
  await cell(admin.page, group, "users.view").check();

  await olga.page.waitForFunction(() => document.querySelectorAll(".places a").length === 3);
  assert.deepEqual(await places(), ["Главная", "Файлы", "Пользователи"]);
  const row = await api(admin.page, "GET", `/api/groups/${group.id}`);
  assert.deepEqual(row.permissions.sort(), ["files.view", "users.view"]);
  await end();
});

test("a click on an older version of a group keeps what somebody else changed meanwhile", async () => {
  const { admin, olga, group, end } = await two("rights", ["groups.edit", "logs.view"], { admin: ["status of 412"] });
  await cell(admin.page, group, "imports.run").waitFor();
  let first = true;
  await admin.page.route(`**/api/groups/${group.id}`, async (route) => {
    if (route.request().method() === "PATCH" && first) {
      first = false;
      await change(olga.page, "groups", group.id, { permissions: ["groups.edit"] });
    }
    await route.continue();
  });

  await cell(admin.page, group, "imports.run").check();
  await admin.page.locator(".notice", { hasText: "объединено с изменением" }).waitFor();

  await admin.page.waitForFunction((id) => !document.querySelector(`tr[data-group="${id}"] input[data-right="logs.view"]`).checked, group.id);
  assert.equal(await cell(admin.page, group, "imports.run").isChecked(), true);
  assert.deepEqual((await api(admin.page, "GET", `/api/groups/${group.id}`)).permissions.sort(), ["groups.edit", "imports.run"]);
  await end();
});

test("what the server refuses is taken back and told", async () => {
  const { admin, group, end } = await two("rights", ["files.view"], { admin: ["status of 409"] });
  await cell(admin.page, group, "logs.view").waitFor();
  await admin.page.route(`**/api/groups/${group.id}`, (route) => route.fulfill({ status: 409, json: { error: { code: "last_admin" } } }));

  await cell(admin.page, group, "logs.view").click();
  await admin.page.locator(".notice-error", { hasText: "хотя бы один включённый администратор" }).waitFor();

  assert.equal(await cell(admin.page, group, "logs.view").isChecked(), false);
  await end();
});

test("the right of the last administrators cannot be taken, and the page says why", async () => {
  const { admin, end } = await two("rights");
  const last = admin.page.locator('input[data-right="admin"][data-standing="given"]');
  await last.first().waitFor();

  assert.equal(await last.count(), 1);
  assert.equal(await last.isDisabled(), true);
  assert.match(await last.getAttribute("aria-label"), /хотя бы один включённый администратор/);
  await end();
});

test("the audit tells each field from what to what, live, narrowed by person, with the record a click away", async () => {
  const { admin, olga, user, end } = await two("audit");
  await open(olga.page, "/categories");
  const category = await make.category(olga.page, { description: "было" });
  const lines = admin.page.locator(".audit li", { hasText: category.name });
  await lines.first().waitFor();

  await change(olga.page, "categories", category.id, { description: "стало", enabled: false });
  await lines.getByText("было → стало").waitFor();
  await lines.getByText("вкл → выкл").waitFor();
  await admin.page.selectOption("[data-audit=actor]", user.id);
  await admin.page.waitForURL(`**actor=${user.id}**`);
  await admin.page.waitForFunction((name) => [...document.querySelectorAll(".audit li .who")].every((who) => who.textContent === name) && document.querySelectorAll(".audit li").length === 2, user.name);
  await admin.page.selectOption("[data-audit=reason]", "added");
  await admin.page.waitForFunction(() => document.querySelectorAll(".audit li").length === 1);

  assert.equal(await admin.page.locator(".audit li a").getAttribute("href"), `/categories?open=${category.id}`);
  await end();
});

test("older entries of the audit come on demand, without end until the end", async () => {
  const admin = await person(world);
  await open(admin.page, "/categories");
  for (let n = 0; n < 60; n += 1) await make.category(admin.page);
  await open(admin.page, "/admin?tab=audit", "admin");
  await admin.page.locator(".audit li:nth-child(50)").waitFor();

  await admin.page.click("[data-more]");
  await admin.page.locator(".audit li:nth-child(51)").waitFor();

  const seqs = await admin.page.locator(".audit li").evaluateAll((lines) => lines.map((line) => Number(line.dataset.seq)));
  assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => b - a));
  admin.calm();
  await admin.leave();
});

test("a test event goes the whole road and is timed", async () => {
  const admin = await person(world);
  await open(admin.page, "/admin?tab=state", "admin");
  await admin.page.locator("tr[data-worker]").first().waitFor();

  await admin.page.click("[data-test]");
  await admin.page.locator("[data-heard]").waitFor();

  assert.match(await admin.page.locator("[data-tested]").innerText(), /Пришло за \d+ мс: записал воркер \d+ .* доставил воркер \d+/);
  admin.calm();
  await admin.leave();
});

test("a test event that is refused says so in words", async () => {
  const admin = await person(world, here(), { expected: ["status of 503"] });
  await open(admin.page, "/admin?tab=state", "admin");
  await admin.page.locator("tr[data-worker]").first().waitFor();
  await admin.page.route("**/api/publish", (route) => route.fulfill({ status: 503, json: { error: { code: "unavailable" } } }));

  await admin.page.click("[data-test]");

  await admin.page.locator("[data-tested]", { hasText: "Событие не принято: Сейчас не получается" }).waitFor();
  admin.calm();
  await admin.leave();
});
