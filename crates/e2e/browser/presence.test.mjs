/** Who is at a record, seen by the others there. */
import assert from "node:assert/strict";
import test from "node:test";
import { closed, edit, open, withBrowser } from "./support.mjs";
import { OLGA, listOf, save, together } from "./together.mjs";

const world = withBrowser();
const words = { view: `${OLGA} смотрит`, edit: `${OLGA} правит` };
const mark = (page, field) => page.locator(`dialog.record [data-field="${field}"] .in-field li`);

const annasName = (page) => page.evaluate(() => window.SyncManager.hello.user.name);

/** Waits until the dialog shows exactly these, each by the title of his circle. */
const shows = (page, titles) => page.waitForFunction((titles) => {
  const circles = document.querySelector("dialog.record[open] presence-bar.record-people")?.shadowRoot?.querySelectorAll("li") ?? [];
  return JSON.stringify([...circles].map((circle) => circle.title)) === JSON.stringify(titles);
}, titles);

test("who opens a record that another has open is seen there, and gone when he closes it", async () => {
  const { anna, olga, record, end } = await together(world);
  await shows(anna.page, []);

  await edit(olga.page, record);
  await shows(anna.page, [words.view]);
  await shows(olga.page, [`${await annasName(anna.page)} смотрит`]);
  await olga.page.keyboard.press("Escape");
  await closed(olga.page);

  await shows(anna.page, []);
  await end();
});

test("from the first input on one is seen to edit, in the field where one is", async () => {
  const { anna, olga, record, end } = await together(world);
  await edit(olga.page, record);
  await olga.page.focus("#field-path");
  await shows(anna.page, [words.view]); // being in a field is no editing yet

  await olga.page.fill("#field-path", "печатает");
  await shows(anna.page, [`${words.edit} «Путь»`]);
  await mark(anna.page, "path").waitFor();
  await olga.page.focus("#field-note");
  await mark(anna.page, "note").waitFor();
  await mark(anna.page, "path").waitFor({ state: "detached" });
  await shows(anna.page, [`${words.edit} «Примечание»`]);

  await save(olga.page);
  await closed(olga.page);
  await shows(anna.page, []);
  await mark(anna.page, "note").waitFor({ state: "detached" });
  await end();
});

test("a reload does not flicker, and a closed tab is gone", async () => {
  const { anna, olga, record, end } = await together(world);
  await edit(olga.page, record);
  await shows(anna.page, [words.view]);
  await anna.page.evaluate((id) => {
    window.seen = [];
    window.SyncManager.roster("files").subscribe((entries) => window.seen.push(entries.get(id)?.length ?? 0));
  }, record.id);

  await olga.page.reload();
  await olga.page.locator("dialog.record[open]").waitFor();
  await olga.page.waitForFunction(() => window.SyncManager.status.state === "live");
  await shows(anna.page, [words.view]);
  assert.ok(!(await anna.page.evaluate(() => window.seen)).includes(0), "she was gone for a moment");

  await olga.page.close();
  await shows(anna.page, []);
  await anna.page.waitForFunction(() => window.seen.at(-1) === 0);
  await end();
});

test("one person in two tabs is one, and is told of his other tab", async () => {
  const { anna, olga, record, end } = await together(world);
  await edit(olga.page, record);
  const second = await olga.context.newPage();
  await open(second, listOf("files", record));
  await edit(second, record);

  await shows(anna.page, [`${words.view} (2 вкладки)`]);
  await shows(olga.page, [`${await annasName(anna.page)} смотрит`, "Вы смотрите в другой вкладке (2 вкладки)"]);
  await second.close();
  await shows(anna.page, [words.view]);
  await end();
});

test("who was away for a while sees who is there now", async () => {
  const { anna, olga, record, end } = await together(world);
  await edit(olga.page, record);
  await shows(anna.page, [words.view]);

  await anna.page.evaluate(() => window.SyncManager.lifeline.leave());
  await olga.page.fill("#field-path", "пока её не было");
  await anna.page.evaluate(() => window.SyncManager.lifeline.enter());

  await shows(anna.page, [`${words.edit} «Путь»`]);
  await end();
});

test("six people are four circles and a number, and the rest are named in its title", async () => {
  const { anna, end } = await together(world);
  const circles = await anna.page.evaluate(async () => {
    const names = ["Ольга Петрова", "Иван", "Анна", "Пётр", "Мария", "Глеб"];
    const bar = document.createElement("presence-bar");
    bar.people = names.map((name, n) => ({ user: { id: String(n), name }, mode: "view", since: 0, tabs: n === 1 ? 3 : 1, own: false }));
    document.body.append(bar);
    await bar.updateComplete;
    return [...bar.shadowRoot.querySelectorAll("li")].map((li) => [li.querySelector(".circle").textContent, li.querySelector(".tabs")?.textContent ?? "", li.title]);
  });
  assert.deepEqual(circles, [
    ["ОП", "", "Ольга Петрова смотрит"], ["И", "×3", "Иван смотрит (3 вкладки)"], ["А", "", "Анна смотрит"], ["П", "", "Пётр смотрит"],
    ["+2", "", "Мария смотрит; Глеб смотрит"],
  ]);
  await end();
});
