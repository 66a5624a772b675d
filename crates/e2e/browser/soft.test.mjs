/** A soft refresh changes the data and nothing that is the person's. */
import assert from "node:assert/strict";
import test from "node:test";
import { change, edit, here, live, make, open, person, row, there, unique, withBrowser } from "./support.mjs";
import * as thousand from "./thousand.mjs";

const world = withBrowser();

/** What the person holds: focus, caret, text, dialog, scroll. */
const held = (page) => page.evaluate(() => {
  const field = document.activeElement;
  return {
    focus: field.id,
    caret: [field.selectionStart, field.selectionEnd],
    name: document.querySelector("#field-name")?.value,
    note: document.querySelector("#field-note")?.value,
    dialogs: document.querySelectorAll("dialog.record[open]").length,
    scroll: Math.round(scrollY),
  };
});

test("a category is renamed while a file is being edited: the list follows, the form stays as it was left", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await open(anna.page, "/categories?per_page=500");
  const category = await make.category(anna.page);
  const mark = unique("Папка");
  const files = [];
  for (let n = 0; n < 30; n += 1) files.push(await make.file(anna.page, { name: `${mark} ${String(n).padStart(2, "0")}`, category_id: category.id }));
  await open(olga.page, `/files?q=${encodeURIComponent(mark)}`);
  await row(olga.page, files[29]).scrollIntoViewIfNeeded();
  await edit(olga.page, files[28]);
  await olga.page.fill("#field-name", "наполовину набра");
  await olga.page.locator("#field-note").pressSequentially("первая строка, вторая строка");
  await olga.page.evaluate(() => document.querySelector("#field-note").setSelectionRange(3, 9));
  const before = await held(olga.page);
  assert.equal(before.focus, "field-note");

  for (let n = 0; n < 20; n += 1) await change(anna.page, "categories", category.id, { name: `${category.name} ${n}` });

  await row(olga.page, files[29]).getByText(`${category.name} 19`).waitFor();
  await row(olga.page, files[0]).getByText(`${category.name} 19`).waitFor();
  assert.deepEqual(await held(olga.page), before);
  await olga.page.locator("#field-category_id option", { hasText: `${category.name} 19` }).waitFor({ state: "attached" });
  assert.equal(await olga.page.inputValue("#field-category_id"), category.id);
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("an open detail stays through changes above and around it, and a focused row keeps its place until I show what waits", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await Promise.all([open(anna.page, "/groups?per_page=500"), open(olga.page, "/groups?per_page=500")]);
  const group = await make.group(anna.page, { permissions: ["files.view"] });
  await row(olga.page, group).locator("summary").click();
  await row(olga.page, group).locator("button.open").focus();

  const added = await make.group(anna.page, { name: unique("А — выше всех") });
  await change(anna.page, "groups", group.id, { description: "изменено", permissions: ["files.view", "files.edit"] });
  await row(olga.page, group).getByText("изменено").waitFor();
  await olga.page.locator("[data-held]").waitFor();
  assert.equal(await row(olga.page, added).count(), 0);
  await olga.page.evaluate(() => document.querySelector("[data-held]").click()); // by whatever leaves the focus where it is

  await row(olga.page, added).waitFor();
  assert.equal(await row(olga.page, group).locator("details[open]").count(), 1);
  assert.equal(await row(olga.page, group).locator("li").count(), 2);
  assert.equal(await olga.page.evaluate(() => document.activeElement.closest("tr")?.dataset.id), group.id);
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

test("a search that is being typed is not taken away by a refresh", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await Promise.all([open(anna.page, "/categories?per_page=500"), open(olga.page, "/categories?per_page=500")]);
  const category = await make.category(anna.page);
  await olga.page.fill("#search", category.name);
  await olga.page.waitForFunction(() => document.querySelectorAll("tr[data-id]").length === 1);

  await change(anna.page, "categories", category.id, { description: "нашли" });

  await row(olga.page, category).getByText("нашли").waitFor();
  assert.equal(await olga.page.inputValue("#search"), category.name);
  assert.equal(await olga.page.evaluate(() => document.activeElement.id), "search");
  await live(olga.page, "categories");
  for (const who of [anna, olga]) who.calm(), await who.leave();
});

/** All that is mine on a page with a long list: eight things that a refresh must leave alone. */
const mine = (page, anchor) => page.evaluate((anchor) => {
  const field = document.activeElement;
  return {
    focus: field.id,
    caret: [field.selectionStart, field.selectionEnd],
    typed: field.value,
    others: [...document.querySelectorAll("dialog.record[open] :is(input, textarea, select)")].map((input) => (input.type === "checkbox" ? input.checked : input.value)),
    details: [...document.querySelectorAll("details[open]")].map((details) => details.closest("tr")?.dataset.id),
    modal: document.querySelectorAll("dialog.record:modal").length,
    ticked: [...document.querySelectorAll("td.pick input:checked")].map((box) => box.closest("tr").dataset.id),
    top: document.querySelector(`tr[data-id="${anchor}"]`).getBoundingClientRect().top,
  };
}, anchor);

/** The first row in view. Those below it may grow and shrink with what they say; the view goes by this one. */
const firstInView = (page) => page.evaluate(() => [...document.querySelectorAll("tr[data-id]")].find((row) => row.getBoundingClientRect().bottom > 0).dataset.id);

/** Nothing of it has changed; the view may be off by what scrolling rounds. */
function same({ top, ...now }, { top: before, ...held }) {
  assert.deepEqual(now, held);
  assert.ok(Math.abs(top - before) < 2, `the view moved from ${before} to ${top}`);
}

/** A person before a thousand rows: two ticked, a detail open where there are details, far down the list. */
async function beforeAThousand(entity, options) {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there(), options)]);
  await open(anna.page, thousand.aside(entity));
  const mark = unique("Ряд");
  const rows = await thousand.make(anna.page, entity, mark);
  await open(olga.page, `/${entity}?per_page=1000&q=${encodeURIComponent(mark)}`);
  assert.equal(await olga.page.locator("tr[data-id]").count(), rows.length);
  return { anna, olga, mark, rows };
}

for (const entity of Object.keys(thousand.ENTITIES)) {
  test(`soft refresh keeps ui state: a long list of ${entity}`, async () => {
    const { anna, olga, mark, rows } = await beforeAThousand(entity);
    const [anchor, ticked] = [rows[rows.length / 2], [rows[rows.length / 2 - 2], rows[rows.length / 2 + 1]]];
    for (const each of ticked) await row(olga.page, each).locator("td.pick input").click();
    if (entity === "groups") await row(olga.page, anchor).locator("summary").click();

    await olga.page.locator("#search").focus();
    await olga.page.evaluate(() => document.querySelector("#search").setSelectionRange(1, 3));
    await row(olga.page, anchor).scrollIntoViewIfNeeded();
    await olga.page.mouse.move(3, 3);
    const first = await firstInView(olga.page);
    const searching = await mine(olga.page, first);
    await thousand.shows(olga.page, await thousand.disturb(anna.page, entity, mark, rows, "aaa"));
    same(await mine(olga.page, first), searching);

    await edit(olga.page, anchor);
    await olga.page.locator("#field-name").pressSequentially(" недописа");
    await olga.page.evaluate(() => document.querySelector("#field-name").setSelectionRange(2, 7));
    const second = await firstInView(olga.page);
    const editing = await mine(olga.page, second);
    await thousand.shows(olga.page, await thousand.disturb(anna.page, entity, mark, rows, "aab"));
    same(await mine(olga.page, second), editing);

    assert.deepEqual([searching.focus, searching.caret, editing.focus, editing.caret, editing.modal], ["search", [1, 3], "field-name", [2, 7], 1]);
    assert.deepEqual(searching.ticked, ticked.map(({ id }) => id));
    assert.ok(await olga.page.evaluate(() => scrollY > 3000));
    for (const who of [anna, olga]) who.calm(), await who.leave();
  });
}

test("a refresh of a thousand rows costs less than writing them anew", async (t) => {
  const { anna, olga, mark, rows } = await beforeAThousand("files", { bypassCSP: true }); // the other way needs innerHTML, which our pages forbid
  await olga.page.mouse.move(3, 3);
  await olga.page.evaluate(() => { // at the top of the page: there a draw measures nothing, so neither way counts the browser's layout
    window.draws = [];
    window.inserts = [];
    new PerformanceObserver((list) => window.draws.push(...list.getEntriesByName("lockstep:draw"))).observe({ type: "measure" });
    new MutationObserver(() => window.inserts.push(performance.now())).observe(document.querySelector("tbody[data-rows]"), { childList: true });
  });
  const ours = [];
  for (let n = 0; n < 9; n += 1) {
    await thousand.shows(olga.page, await thousand.disturb(anna.page, "files", mark, rows, `aa${n}`));
    // The draw that brought the new row: the last one before the page saw the row come.
    const draw = await olga.page.waitForFunction(() => window.draws.findLast((entry) => entry.startTime <= window.inserts[0] && entry.startTime + entry.duration <= window.inserts[0]));
    ours.push(await draw.evaluate((entry) => entry.duration));
    await olga.page.evaluate(() => (window.draws.length = window.inserts.length = 0));
  }

  const anew = await olga.page.evaluate(() => {
    const table = document.querySelector("table.rows").cloneNode(true);
    const html = table.tBodies[0].innerHTML;
    const frame = document.querySelector(".table-frame");
    frame.after(table);
    return Array.from({ length: 9 }, () => {
      const start = performance.now();
      table.tBodies[0].innerHTML = html;
      return performance.now() - start;
    });
  });

  const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  t.diagnostic(`refresh of ${rows.length} rows: ${median(ours).toFixed(1)} ms, innerHTML of the same: ${median(anew).toFixed(1)} ms (medians of 9)`);
  assert.ok(median(ours) < median(anew), `${median(ours)} ms, ${median(anew)} ms`);
  for (const who of [anna, olga]) await who.leave();
});
