/** Signing in and out, languages, themes. */
import assert from "node:assert/strict";
import test from "node:test";
import { here, live, open, person, signIn, withBrowser } from "./support.mjs";

const world = withBrowser();

test("who is not signed in is led to sign-in and back to the page asked for", async () => {
  const anna = await person(world, here(), { signedIn: false });

  await anna.page.goto("/categories?q=a");
  assert.equal(new URL(anna.page.url()).pathname, "/login");
  const back = new URL(anna.page.url()).searchParams.get("next");
  await anna.page.fill("#login", process.env.LOCKSTEP_LOGIN);
  await anna.page.fill("#password", process.env.LOCKSTEP_PASSWORD);
  await anna.page.click("form button.btn-primary");
  await live(anna.page, "categories");

  assert.equal(back, "/categories?q=a");
  assert.equal(new URL(anna.page.url()).pathname + new URL(anna.page.url()).search, "/categories?q=a");
  anna.calm();
  await anna.leave();
});

test("a wrong password is told in words, and the login stays", async () => {
  const anna = await person(world, here(), { signedIn: false, expected: ["status of 401"] });
  await anna.page.goto("/login");

  await anna.page.fill("#login", process.env.LOCKSTEP_LOGIN);
  await anna.page.fill("#password", "certainly wrong");
  await anna.page.click("form button.btn-primary");
  await anna.page.locator("[role=alert]", { hasText: "Логин и пароль не подходят" }).waitFor();

  assert.equal(await anna.page.inputValue("#login"), process.env.LOCKSTEP_LOGIN);
  assert.equal(await anna.page.inputValue("#password"), "");
  assert.equal(await anna.page.evaluate(() => document.activeElement.id), "password");
  anna.calm();
  await anna.leave();
});

test("a link from elsewhere does not lead away after sign-in", async () => {
  const anna = await person(world, here(), { signedIn: false });
  for (const next of ["//example.org/", "https://example.org/", "/\\example.org"]) {
    await anna.page.goto(`/login?next=${encodeURIComponent(next)}`);
    await anna.page.fill("#login", process.env.LOCKSTEP_LOGIN);
    await anna.page.fill("#password", process.env.LOCKSTEP_PASSWORD);
    await Promise.all([anna.page.waitForURL((url) => url.pathname !== "/login"), anna.page.click("form button.btn-primary")]);
    assert.equal(new URL(anna.page.url()).origin, here(), next);
  }
  anna.calm();
  await anna.leave();
});

test("the language changes without a reload, and stays", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  await anna.page.evaluate(() => (window.untouched = true));

  await anna.page.click(".languages button[lang=en]");
  await anna.page.locator("h1", { hasText: "Files" }).waitFor();
  assert.equal(await anna.page.evaluate(() => window.untouched && document.documentElement.lang), "en");
  assert.equal(await anna.page.title(), "Files · Lockstep");
  await open(anna.page, "/users");
  assert.match(await anna.page.textContent("h1"), /^Users/);
  assert.equal(await anna.page.getByText("Live").count() > 0, true);
  anna.calm();
  await anna.leave();
});

test("the theme changes at once, and stays", async () => {
  const anna = await person(world, here(), { colorScheme: "light" });
  await open(anna.page, "/files");
  const theme = () => anna.page.evaluate(() => document.documentElement.dataset.bsTheme);
  assert.equal(await theme(), "light");

  await anna.page.click('[popovertarget="theme-menu"]');
  await anna.page.click('[data-theme-choice="dark"]');
  assert.equal(await theme(), "dark");
  await open(anna.page, "/files");
  assert.equal(await theme(), "dark");

  await anna.page.click('[popovertarget="theme-menu"]');
  assert.equal(await anna.page.getAttribute('[data-theme-choice="dark"]', "aria-pressed"), "true");
  await anna.page.click('[data-theme-choice="system"]');
  assert.equal(await theme(), "light");
  await anna.page.emulateMedia({ colorScheme: "dark" });

  await anna.page.waitForFunction(() => document.documentElement.dataset.bsTheme === "dark");
  anna.calm();
  await anna.leave();
});

test("who signs out is out", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");

  await anna.page.click('[popovertarget="person-menu"]');
  await anna.page.getByRole("button", { name: "Выйти" }).click();
  await anna.page.waitForURL("**/login");
  await anna.page.goto("/files");

  assert.equal(new URL(anna.page.url()).pathname, "/login");
  await signIn(anna.page);
  anna.calm();
  await anna.leave();
});

test("a page of the server's own build is not told to reload", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");

  const builds = await anna.page.evaluate(() => [document.querySelector('meta[name="lockstep-build"]').content, window.SyncManager.hello.build]);

  assert.equal(builds[0], builds[1]);
  assert.equal(await anna.page.locator("conn-badge [data-outdated]").count(), 0);
  anna.calm();
  await anna.leave();
});

test("language, theme and signing out go through all tabs of the browser", async () => {
  const anna = await person(world, here(), { colorScheme: "light", expected: ["status of 401"] });
  const other = await anna.context.newPage();
  await Promise.all([open(anna.page, "/files"), open(other, "/users")]);

  await anna.page.click(".languages button[lang=en]");
  await other.locator("h1", { hasText: "Users" }).waitFor();
  assert.equal(await other.title(), "Users · Lockstep");
  await anna.page.click('[popovertarget="theme-menu"]');
  await anna.page.click('[data-theme-choice="dark"]');
  await other.waitForFunction(() => document.documentElement.dataset.bsTheme === "dark");
  await anna.page.click('[popovertarget="person-menu"]');
  await anna.page.click("[data-sign-out]");

  await other.waitForURL("**/login?next=%2Fusers");
  await anna.page.waitForURL("**/login");
  await signIn(anna.page);
  await other.waitForURL("**/users"); // who signs in again goes on where he was, in every tab
  anna.calm();
  await anna.leave();
});

test("who wants toasts to stay has them until he closes them", async () => {
  const anna = await person(world);
  await open(anna.page, "/files");
  await anna.page.click('[popovertarget="person-menu"]');
  await anna.page.getByLabel("Не скрывать сообщения").check();
  await anna.page.keyboard.press("Escape");
  await open(anna.page, "/files");
  await anna.page.clock.install();

  await anna.page.evaluate(() => window.showToast("Останется"));
  await anna.page.clock.runFor(60_000);

  assert.equal(await anna.page.locator(".notice", { hasText: "Останется" }).count(), 1);
  anna.calm();
  await anna.leave();
});
