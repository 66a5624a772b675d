/** Editing when others edit too, and when something is wrong. */
import assert from "node:assert/strict";
import test from "node:test";
import { api, change, closed, edit, here, make, open, person, row, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();
const status = (code) => `the server responded with a status of ${code}`;

/** Anna holds a file open in a form; Olga is elsewhere. */
async function editing(expected = []) {
  const [anna, olga] = await Promise.all([person(world, here(), { expected }), person(world, there())]);
  await Promise.all([open(anna.page, "/files"), open(olga.page, "/files")]);
  const file = await make.file(olga.page, { note: "было" });
  await open(anna.page, `/files?q=${encodeURIComponent(file.name)}`);
  await edit(anna.page, file);
  return { anna, olga, file, async end() {
    for (const who of [anna, olga]) who.calm(), await who.leave();
  } };
}

test("a field that I did not touch follows the other's change, what I typed stays, and saving keeps both", async () => {
  const { anna, olga, file, end } = await editing();
  await anna.page.fill("#field-note", "моя заметка");

  await change(olga.page, "files", file.id, { path: "incoming/new.pdf" });
  await anna.page.waitForFunction(() => document.querySelector("#field-path").value === "incoming/new.pdf");
  assert.equal(await anna.page.inputValue("#field-note"), "моя заметка");
  await anna.page.click("dialog.record footer .btn-primary");
  await closed(anna.page);

  const saved = await api(olga.page, "GET", `/api/files/${file.id}`);
  assert.deepEqual([saved.path, saved.note], ["incoming/new.pdf", "моя заметка"]);
  await end();
});

test("a field that both changed is asked about, and mine can be saved over theirs", async () => {
  const { anna, olga, file, end } = await editing();
  await anna.page.fill("#field-note", "моя заметка");
  await change(olga.page, "files", file.id, { note: "заметка Ольги" });
  const panel = anna.page.locator("[data-conflict]");
  await panel.getByText("заметка Ольги").waitFor();
  await panel.getByText("было", { exact: true }).waitFor();

  await panel.locator(".btn-primary").click();
  await closed(anna.page);

  assert.equal((await api(olga.page, "GET", `/api/files/${file.id}`)).note, "моя заметка");
  await end();
});

test("or theirs can be taken", async () => {
  const { anna, olga, file, end } = await editing();
  await anna.page.fill("#field-note", "моя заметка");
  await change(olga.page, "files", file.id, { note: "заметка Ольги" });

  await anna.page.locator("[data-conflict] .btn-plain").click();

  assert.equal(await anna.page.inputValue("#field-note"), "заметка Ольги");
  await end();
});

test("a save that comes too late loses nothing that was typed", async () => {
  const { anna, olga, file, end } = await editing([status(412)]);
  await anna.page.fill("#field-note", "моя заметка");
  await anna.page.evaluate(() => window.SyncManager.lifeline.leave()); // no event tells of Olga's change: only the server's 412 does
  await change(olga.page, "files", file.id, { note: "заметка Ольги" });

  await anna.page.click("dialog.record footer .btn-primary");

  await anna.page.locator("[data-conflict]").getByText("заметка Ольги").waitFor();
  assert.equal(await anna.page.inputValue("#field-note"), "моя заметка");
  await end();
});

test("a record deleted under my hands leaves the form, which can be saved as a new one", async () => {
  const { anna, olga, file, end } = await editing();
  const name = unique("Спасённый");
  await anna.page.fill("#field-name", name);

  const { rev } = await api(olga.page, "GET", `/api/files/${file.id}`);
  await api(olga.page, "DELETE", `/api/files/${file.id}`, undefined, { ifMatch: rev });
  await anna.page.locator("dialog .banner-bad:not([hidden]) button").click();
  await anna.page.click("dialog.record footer .btn-primary");
  await closed(anna.page);

  const { items } = await api(olga.page, "GET", `/api/files?q=${encodeURIComponent(name)}`);
  assert.deepEqual(items.map((item) => [item.name, item.note]), [[name, "было"]]);
  await end();
});

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
  await anna.page.click("dialog.question .btn-danger");

  await anna.page.locator(".notice-error", { hasText: "1 файл" }).waitFor();
  await row(anna.page, category).waitFor();
  anna.calm();
  await anna.leave();
});

test("a form with changes asks before it closes, and Esc keeps it open on no", async () => {
  const { anna, end } = await editing();
  await anna.page.fill("#field-note", "жалко потерять");

  await anna.page.keyboard.press("Escape");
  await anna.page.locator("dialog.question[open]").waitFor();
  await anna.page.keyboard.press("Escape");

  assert.equal(await anna.page.inputValue("#field-note"), "жалко потерять");
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
