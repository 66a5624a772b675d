/** A form: what is wrong with it, how it is closed, by keyboard, under load, and when the session ends. */
import assert from "node:assert/strict";
import test from "node:test";
import { change, closed, here, make, open, person, row, unique, withBrowser } from "./support.mjs";
import { holds, save, status, together } from "./together.mjs";

const world = withBrowser();

test("an empty name is told at its field before anything is sent, a taken one after", async () => {
  const anna = await person(world, here(), { expected: [status(409)] });
  await open(anna.page, "/categories?per_page=500");
  const category = await make.category(anna.page);
  await anna.page.click("[data-add]");

  await anna.page.click("dialog.record footer .btn-primary");
  assert.equal(await anna.page.getAttribute("#field-name", "aria-invalid"), "true");
  assert.equal(await anna.page.evaluate(() => document.activeElement.id), "field-name");
  await anna.page.fill("#field-name", category.name);
  await anna.page.click("dialog.record footer .btn-primary");
  await anna.page.locator("#field-name-problem", { hasText: "Уже занято" }).waitFor();

  assert.equal(await anna.page.inputValue("#field-name"), category.name);
  anna.calm();
  await anna.leave();
});

test("a category in use is not deleted, and the page says who uses it", async () => {
  const anna = await person(world, here(), { expected: [status(409)] });
  await open(anna.page, "/categories?per_page=500");
  const category = await make.category(anna.page);
  await make.file(anna.page, { category_id: category.id });

  await row(anna.page, category).locator("td.tight button").click();

  await anna.page.locator(".notice-error", { hasText: "1 файл" }).waitFor();
  await row(anna.page, category).waitFor();
  anna.calm();
  await anna.leave();
});

test("a form with changes asks before it closes, and Esc keeps it open on no", async () => {
  const { anna, end } = await together(world);
  await anna.page.fill("#field-note", "жалко потерять");

  await anna.page.keyboard.press("Escape");
  await anna.page.locator("dialog.question[open]").waitFor();
  await anna.page.keyboard.press("Escape");
  await anna.page.locator("dialog.question").waitFor({ state: "detached" });

  assert.equal(await anna.page.inputValue("#field-note"), "жалко потерять");
  assert.equal(await anna.page.locator("dialog.record[open]").count(), 1);
  await end();
});

test("a message of before does not lie on the form's buttons, on a wide screen or a narrow one", async () => {
  for (const width of [1280, 700, 320]) {
    const { anna, end } = await together(world, { options: { viewport: { width, height: 640 } } });
    await anna.page.evaluate(() => window.showToast("Сохранено: запись с именем, которое не помещается в одну строку", "success"));
    await anna.page.locator(".notice").waitFor();

    const covered = await anna.page.evaluate(() => [...document.querySelectorAll("dialog.record footer button")]
      .filter((button) => {
        const { x, y, width, height } = button.getBoundingClientRect();
        return !button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
      }).map((button) => button.textContent.trim()));

    assert.deepEqual(covered, [], `at ${width}`);
    await end();
  }
});

test("a form without changes closes at once, and the focus goes back to where it was opened", async () => {
  const { anna, record, end } = await together(world);

  await anna.page.keyboard.press("Escape");
  await closed(anna.page);

  assert.equal(await anna.page.evaluate(() => document.activeElement.closest("tr")?.dataset.id), record.id);
  await end();
});

test("a new record that was begun comes back after a reload, without its password", async () => {
  const anna = await person(world);
  anna.page.on("dialog", (dialog) => dialog.accept()); // a password is not kept, so the browser asks
  await open(anna.page, "/users");
  await anna.page.click("[data-add]");
  await anna.page.fill("#field-login", "new.user");
  await anna.page.fill("#field-name", "Новый человек");
  await anna.page.fill("#field-password", "very secret");

  await anna.page.reload();
  await anna.page.locator("dialog.record [data-restored]").waitFor();

  assert.deepEqual(await Promise.all(["login", "name", "password"].map((name) => anna.page.inputValue(`#field-${name}`))), ["new.user", "Новый человек", ""]);
  assert.ok(!(await anna.page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes("very secret"));
  anna.calm();
  await anna.leave();
});

test("a session that ends while one types leads through sign-in back to what was typed", async () => {
  const { anna, record, row, end } = await together(world, { expected: [status(401)], fresh: true });
  await anna.page.fill("#field-note", "дописать после входа");
  await anna.page.evaluate(() => fetch("/api/me").then((answer) => answer.json()).then(({ csrf }) => fetch("/api/logout", { method: "POST", headers: { "X-CSRF-Token": csrf } })));

  await anna.page.waitForURL("**/login**"); // by itself, with the connection
  await anna.page.fill("#login", process.env.LOCKSTEP_LOGIN);
  await anna.page.fill("#password", process.env.LOCKSTEP_PASSWORD);
  await anna.page.click("form button.btn-primary");
  await anna.page.locator("dialog.record [data-restored]").waitFor();

  assert.equal(await anna.page.inputValue("#field-note"), "дописать после входа");
  assert.equal(await anna.page.textContent("#record-title"), record.name);
  await save(anna.page);
  await closed(anna.page);
  assert.equal((await row()).note, "дописать после входа");
  await end();
});

test("where nothing can be kept the browser asks before it leaves", async () => {
  const { anna, end } = await together(world);
  let asked = 0;
  anna.page.on("dialog", (dialog) => ((asked += 1), dialog.accept()));
  await anna.page.evaluate(() => (Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  }));
  await anna.page.locator("#field-note").pressSequentially("не поместилось");

  await anna.page.reload();

  assert.equal(asked, 1);
  await end();
});

test("a new one of every kind is asked for by its own form, which says what it needs, by Ctrl+S", async () => {
  const anna = await person(world);
  for (const entity of ["files", "users", "groups", "categories", "registrators"]) {
    await open(anna.page, `/${entity}`);
    await anna.page.click("[data-add]");
    await anna.page.locator("dialog.record[open]").waitFor();

    await anna.page.keyboard.press("Control+s");

    // Said at its field, with a summary that leads there, and the focus is there.
    await anna.page.locator("dialog.record [data-summary]:not([hidden]) a").first().waitFor();
    assert.equal(await anna.page.evaluate(() => document.activeElement.getAttribute("aria-invalid")), "true", entity);
  }
  anna.calm();
  await anna.leave();
});

test("a form stands a thousand changes around it: focus, caret, text and dialog stay", async () => {
  const { anna, olga, record, end } = await together(world);
  await anna.page.locator("#field-note").fill("первая строка, вторая строка");
  await anna.page.evaluate(() => document.querySelector("#field-note").setSelectionRange(3, 9));
  const held = () => anna.page.evaluate(() => {
    const { id, selectionStart, selectionEnd, value } = document.activeElement;
    return [id, selectionStart, selectionEnd, value, document.querySelectorAll("dialog.record[open]").length];
  });
  const before = await held();
  const others = await Promise.all([1, 2, 3, 4].map(() => make.file(olga.page, { name: `${record.name} ${unique("рядом")}` })));

  await olga.page.evaluate(async ([others, times]) => {
    const edit = async (file) => {
      let { rev } = file;
      for (let n = 1; n <= times; n += 1) {
        const { data } = await window.SyncManager.request("PATCH", `/api/files/${file.id}`, { path: `шаг/${n}` }, { ifMatch: rev });
        rev = data.rev;
      }
    };
    await Promise.all(others.map(edit));
  }, [others, 250]);

  await change(olga.page, "files", record.id, { path: "и под конец эту" });
  await holds(anna.page, "path", "и под конец эту");
  assert.deepEqual(await held(), before);
  await end();
});

test("a record is edited by keyboard alone", async () => {
  const anna = await person(world);
  await open(anna.page, "/categories?per_page=500");
  const category = await make.category(anna.page);
  await open(anna.page, "/categories?per_page=500");

  await anna.page.keyboard.press("/");
  await anna.page.keyboard.type(category.name);
  await anna.page.waitForFunction(() => document.querySelectorAll("tr[data-id]").length === 1);
  await row(anna.page, category).locator("button.open").focus();
  await anna.page.keyboard.press("Enter");
  await anna.page.locator("dialog.record[open]").waitFor();
  await anna.page.keyboard.press("Tab");
  await anna.page.keyboard.press("Tab");
  await anna.page.keyboard.type("набрано без мыши");
  await anna.page.keyboard.press("Control+s");
  await closed(anna.page);

  await row(anna.page, category).getByText("набрано без мыши").waitFor();
  assert.equal(await anna.page.evaluate(() => document.activeElement.closest("tr")?.dataset.id), category.id);
  anna.calm();
  await anna.leave();
});
