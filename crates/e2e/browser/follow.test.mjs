/** One person changes something on one worker; another person's page on another worker follows. */
import assert from "node:assert/strict";
import test from "node:test";
import { api, change, closed, countLists, edit, here, live, make, open, person, row, there, unique, withBrowser } from "./support.mjs";

const world = withBrowser();

/** Anna on one worker, Olga on another, both looking at the same list. */
async function two(path) {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await Promise.all([open(anna.page, path), open(olga.page, path)]);
  return { anna, olga, async end() {
    anna.calm();
    olga.calm();
    await Promise.all([anna.leave(), olga.leave()]);
  } };
}

test("each edit in one window appears in the other, without a request for it", async () => {
  const { anna, olga, end } = await two("/categories?per_page=500");
  await live(olga.page, "categories");
  const category = await make.category(anna.page, { description: "старое" });
  await row(olga.page, category).waitFor();
  const counted = countLists(olga.page, "categories");

  for (const description of ["первое описание", "второе описание", "третье описание"]) {
    await edit(anna.page, category);
    await anna.page.fill("#field-description", description);
    await anna.page.click("dialog.record .btn-primary");
    await closed(anna.page);
    await row(olga.page, category).getByText(description).waitFor();
    await row(anna.page, category).getByText(description).waitFor();
  }
  // A row with the number of its files cannot be patched: this is asked for once, and only this.
  await make.file(anna.page, { category_id: category.id });
  await row(olga.page, category).getByRole("link", { name: "1", exact: true }).waitFor();

  assert.equal(counted.lists, 1);
  await end();
});

test("what one adds, switches and deletes, the other sees come, change and go", async () => {
  const { anna, olga, end } = await two("/categories?per_page=500");
  const name = unique("Категория");

  await anna.page.click("[data-add]");
  await anna.page.fill("#field-name", name);
  await anna.page.click("dialog.record .btn-primary");
  const theirs = olga.page.locator("tr[data-id]", { hasText: name });
  await theirs.waitFor();
  const mine = anna.page.locator("tr[data-id]", { hasText: name });
  await mine.getByRole("switch").click();
  await theirs.locator('[role="switch"]:not(:checked)').waitFor();
  await mine.locator("td.tight button").click();
  await mine.waitFor({ state: "detached" });
  assert.equal(await theirs.count(), 1); // Anna may still think better of it
  await theirs.waitFor({ state: "detached" });

  await end();
});

test("changes on both workers end in the same rows on both", async () => {
  const { anna, olga, end } = await two("/categories?per_page=500");
  const categories = [];
  for (let n = 0; n < 6; n += 1) categories.push(await make.category(n % 2 ? anna.page : olga.page));
  for (const [n, category] of categories.entries()) await change(n % 2 ? olga.page : anna.page, "categories", category.id, { description: `шаг ${n}` });

  for (const { page } of [anna, olga]) {
    for (const [n, category] of categories.entries()) await row(page, category).getByText(`шаг ${n}`).waitFor();
    await live(page, "categories");
  }

  const seqs = await Promise.all([anna, olga].map(({ page }) => page.evaluate(() => window.SyncManager.position("categories"))));
  assert.equal(seqs[0].epoch, seqs[1].epoch);
  await end();
});

test("a window that lost its connection gets exactly what it missed", async () => {
  const { anna, olga, end } = await two("/categories?per_page=500");
  const category = await make.category(anna.page);
  await row(olga.page, category).waitFor();
  await live(olga.page, "categories");

  await olga.page.evaluate(() => window.SyncManager.lifeline.leave());
  await change(anna.page, "categories", category.id, { description: "пока тебя не было" });
  await olga.page.evaluate(() => window.SyncManager.lifeline.enter());

  await row(olga.page, category).getByText("пока тебя не было").waitFor();
  await live(olga.page, "categories");
  await end();
});

test("the first page counts and tells what happens, as it happens", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await open(anna.page, "/categories?per_page=500");
  await open(olga.page, "/", "categories");
  const tile = olga.page.locator('[data-tile="categories"] .tile-count');
  const before = await tile.textContent();

  const category = await make.category(anna.page);

  await olga.page.locator(".feed li", { hasText: category.name }).waitFor();
  await olga.page.waitForFunction((before) => document.querySelector('[data-tile="categories"] .tile-count').textContent !== before, before);
  await api(anna.page, "DELETE", `/api/categories/${category.id}`, undefined, { ifMatch: category.rev });
  await olga.page.waitForFunction((before) => document.querySelector('[data-tile="categories"] .tile-count').textContent === before, before);
  for (const who of [anna, olga]) who.calm(), await who.leave();
});
