/** Signing in: what helps, and what is said when it does not work. */
import assert from "node:assert/strict";
import test from "node:test";
import { here, person, withBrowser } from "./support.mjs";

const world = withBrowser();

/** Somebody before the door. */
async function stranger(options = {}) {
  const anna = await person(world, here(), { signedIn: false, ...options });
  await anna.page.goto("/login");
  await anna.page.locator("#login").waitFor();
  return { anna, page: anna.page, async end() {
    anna.calm();
    await anna.leave();
  } };
}

test("password managers find their fields, pasting works, and a password that was shown is hidden before it is sent", async () => {
  const { page, end } = await stranger({ expected: ["status of 401"] });

  assert.deepEqual([await page.getAttribute("#login", "autocomplete"), await page.getAttribute("#password", "autocomplete")], ["username", "current-password"]);
  await page.fill("#login", "nobody");
  await page.focus("#password");
  await page.evaluate(() => document.execCommand("insertText", false, "pasted")); // as a paste does it
  assert.equal(await page.inputValue("#password"), "pasted");
  await page.getByRole("button", { name: "Показать пароль" }).click();
  assert.equal(await page.getAttribute("#password", "type"), "text");
  await page.route("**/api/login", async (route) => {
    assert.equal(await page.getAttribute("#password", "type"), "password");
    await route.continue();
  });
  await page.focus("#password");
  await page.keyboard.press("Enter");
  await page.locator("[role=alert]", { hasText: "Логин и пароль не подходят" }).waitFor();

  await end();
});

test("Caps Lock is told while the password is typed", async () => {
  const { page, end } = await stranger();
  const press = (on) => page.evaluate((on) => document.querySelector("#password").dispatchEvent(new KeyboardEvent("keydown", { key: "A", modifierCapsLock: on, bubbles: true })), on);

  await press(true);
  await page.locator("#caps", { hasText: "Включён Caps Lock" }).waitFor();
  await press(false);

  assert.equal((await page.textContent("#caps")).trim(), "");
  await end();
});

test("after too many tries the time to wait is counted down, and then one may try again", async () => {
  const { page, end } = await stranger({ expected: ["status of 429"] });
  let tries = 0;
  await page.route("**/api/login", (route) => {
    tries += 1;
    const error = { code: "rate_limited", message: "", params: { seconds: 30 }, requestId: "r" };
    return route.fulfill({ status: 429, headers: { "Retry-After": "30" }, contentType: "application/json", body: JSON.stringify({ error }) });
  });
  await page.clock.install({ time: Date.now() });
  await page.reload();
  await page.fill("#login", "anna");
  await page.fill("#password", "wrong again");
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 3000);
  const button = page.locator("form button.btn-primary");

  await button.click();
  await page.locator("[role=alert]", { hasText: "Повторите через 30 с" }).waitFor();
  assert.equal(await button.innerText(), "Войти можно через 30 с");
  await page.clock.runFor(10_000);
  assert.equal(await button.innerText(), "Войти можно через 20 с");
  await page.fill("#password", "too early");
  await button.click({ force: true });
  assert.equal(tries, 1);
  await page.clock.runFor(20_000);

  assert.equal(await button.innerText(), "Войти");
  assert.equal(await page.locator("[role=alert]:visible", { hasText: "Повторите" }).count(), 0);
  assert.equal(await page.inputValue("#login"), "anna");
  await end();
});

test("the language is changed before signing in, with what was typed still there", async () => {
  const { page, end } = await stranger();
  await page.fill("#login", "anna");

  await page.click(".languages button[lang=en]");
  await page.locator("h1", { hasText: "Sign in" }).waitFor();

  assert.equal(await page.inputValue("#login"), "anna");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  await end();
});
