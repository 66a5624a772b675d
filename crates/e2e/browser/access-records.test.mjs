/** A record that several people have open can be used by everybody: contrast, names, narrow screens, size of targets. */
import assert from "node:assert/strict";
import test from "node:test";
import { edit, open, person, withBrowser } from "./support.mjs";
import { misfits, violations } from "./axe.mjs";
import { clash, question, save, together } from "./together.mjs";

const world = withBrowser();

/** Whatever can stand in a record's dialog, one after the other; `look` is called at each. */
async function through(options, look) {
  const { anna, olga, record, saves, end } = await together(world, { options });
  await edit(olga.page, record);
  await olga.page.fill("#field-path", "печатает");
  await anna.page.locator('[data-field="path"] .in-field li').waitFor();
  await anna.page.fill("#field-note", "моя заметка");
  await saves({ note: "заметка Ольги\nв две строки", status: "ready" });
  await clash(anna.page, "note").waitFor();
  await anna.page.click("dialog.record [data-history]");
  await anna.page.locator(".history li li").first().waitFor();
  await look(anna.page, "people, marks, a clash, the history");

  await save(anna.page);
  await question(anna.page, "note").locator('input[value="own"]').check();
  await anna.page.evaluate(() => window.showToast("поверх", "error"));
  await look(anna.page, "the question, with another value and a toast");
  await anna.page.keyboard.press("Escape");

  await anna.page.locator(".kept:not([hidden])").waitFor();
  await anna.page.reload();
  await anna.page.locator("[data-restored]").waitFor();
  await look(anna.page, "a draft that came back");
  await end();
}

for (const colorScheme of ["light", "dark"]) {
  test(`people, marks, questions and banners break no rule of access, ${colorScheme}`, () =>
    through({ colorScheme }, async (page, what) => assert.deepEqual(await violations(page), [], what)));
}

test("at 320 pixels all of it fits, and every target can be hit", () =>
  through({ viewport: { width: 320, height: 640 } }, async (page, what) => assert.deepEqual(await misfits(page), [], what)));

test("every form fits, on a narrow screen and on a wide one", async () => {
  for (const width of [320, 1100]) {
    const anna = await person(world, undefined, { viewport: { width, height: 640 } });
    for (const entity of ["files", "users", "groups", "categories", "registrators"]) {
      await open(anna.page, `/${entity}`);
      await anna.page.click("[data-add]");
      await anna.page.locator("dialog.record[open]").waitFor();
      assert.deepEqual(await misfits(anna.page), [], `${entity} at ${width}`);
    }
    anna.calm();
    await anna.leave();
  }
});
