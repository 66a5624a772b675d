/** Who may only look, looks; who may not, is told which right is missing; who is switched off, is out. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { api, change, here, live, make, open, person, row, signIn, there, withBrowser } from "./support.mjs";

const world = withBrowser();

/** A person with these rights and nothing else, signed in on another worker; and the administrator who made him. */
async function reader(permissions, expected = []) {
  const admin = await person(world, here());
  await open(admin.page, "/users");
  const group = await make.group(admin.page, { permissions });
  const login = `reader-${randomUUID().slice(0, 8)}`;
  const user = await api(admin.page, "POST", "/api/users", { login, name: "Читатель", password: "long enough", group_id: group.id });
  const him = await person(world, there(), { signedIn: false, expected });
  await signIn(him.page, { login, password: "long enough" });
  return { admin, him, user, group, async end() {
    for (const who of [admin, him]) who.calm(), await who.leave();
  } };
}

test("who may only look at files is offered nothing else, and follows them live", async () => {
  const { admin, him, end } = await reader(["files.view"]);
  const file = await make.file(admin.page);

  await open(him.page, `/files?q=${encodeURIComponent(file.name)}`);
  assert.deepEqual(await him.page.locator(".places a").allInnerTexts(), ["Главная", "Файлы"]);
  assert.equal(await him.page.locator("[data-add], td.tight button").count(), 0);
  await row(him.page, file).locator("button.open").click();
  await him.page.locator("dialog.record[open]").waitFor();
  assert.equal(await him.page.locator("dialog footer .btn-primary").count(), 0);
  assert.equal(await him.page.getAttribute("#field-name", "readonly"), "");
  await change(admin.page, "files", file.id, { note: "видно сразу" });
  await him.page.waitForFunction(() => document.querySelector("#field-note").value === "видно сразу");

  await end();
});

test("a page that one may not see says which right is missing", async () => {
  const { him, end } = await reader(["files.view"], ["status of 403"]);

  await him.page.goto("/users");
  await him.page.locator("[role=alert]", { hasText: "users.view" }).waitFor();
  await him.page.goto("/admin");
  await him.page.locator("main [role=alert]", { hasText: "admin" }).waitFor();

  await end();
});

test("the first page of somebody with few rights shows what he may see", async () => {
  const { him, end } = await reader(["files.view", "categories.view"]);

  await open(him.page, "/", "files");
  await live(him.page, "categories");

  assert.deepEqual(await him.page.locator(".tile-name").allInnerTexts(), ["Файлы", "Категории"]);
  await end();
});

test("a person who is switched off is led to sign-in, on whatever worker he is", async () => {
  const { admin, him, user, end } = await reader(["files.view"], ["status of 401"]);
  await open(him.page, "/files");

  await api(admin.page, "POST", `/api/users/${user.id}/toggle`, { enabled: false });

  await him.page.waitForURL("**/login?next=**");
  await end();
});
