/** Everybody can use every page: contrast, labels, narrow screens, size of targets. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { here, make, open, person, withBrowser } from "./support.mjs";

const world = withBrowser();
const PAGES = ["/", "/files", "/users", "/groups", "/categories", "/registrators", "/admin"];
const ROOMS = { "/": "files", "/admin": "files" };
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, a line each. */
async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), TAGS);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.any[0]?.message ?? ""}`));
}

for (const colorScheme of ["light", "dark"]) {
  test(`no page breaks the rules of access, ${colorScheme}`, async () => {
    const anna = await person(world, here(), { colorScheme });
    await open(anna.page, "/files");
    const category = await make.category(anna.page);
    await make.file(anna.page, { category_id: category.id });
    for (const path of PAGES) {
      await open(anna.page, path, ROOMS[path]);
      assert.deepEqual(await violations(anna.page), [], path);
    }
    anna.calm();
    await anna.leave();
  });

  test(`nor does a form with an error and a toast, ${colorScheme}`, async () => {
    const anna = await person(world, here(), { colorScheme });
    for (const path of ["/files", "/users", "/groups"]) {
      await open(anna.page, path);
      await anna.page.click("[data-add]");
      await anna.page.locator("dialog.record[open]").waitFor();
      await anna.page.click("dialog.record footer .btn-primary");
      await anna.page.evaluate(() => window.showToast("Импорт завершён", "error"));
      assert.deepEqual(await violations(anna.page), [], path);
    }
    anna.calm();
    await anna.leave();
  });

  test(`nor does signing in, ${colorScheme}`, async () => {
    const anna = await person(world, here(), { colorScheme, signedIn: false });
    await anna.page.goto("/login");
    await anna.page.locator("#login").waitFor();
    assert.deepEqual(await violations(anna.page), []);
    anna.calm();
    await anna.leave();
  });
}

test("at 320 pixels nothing needs scrolling sideways, and every target can be hit", async () => {
  const anna = await person(world, here(), { viewport: { width: 320, height: 640 } });
  for (const path of PAGES) {
    await open(anna.page, path, ROOMS[path]);
    const { over, small } = await anna.page.evaluate(() => ({
      over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: [...document.querySelectorAll("button, select, input, summary, nav a")]
        .map((node) => [node, node.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 23.5))
        .map(([node, box]) => `${node.outerHTML.slice(0, 80)} ${box.width}×${box.height}`),
    }));
    assert.equal(over, 0, path);
    assert.deepEqual(small, [], path);
  }
  anna.calm();
  await anna.leave();
});
