/** A page that the browser had put away comes back as it was, and current. */
import test from "node:test";
import { change, here, live, make, open, person, row, there, WHOLE, withBrowser } from "./support.mjs";

const world = withBrowser({ executablePath: WHOLE, ignoreDefaultArgs: ["--disable-back-forward-cache"] });

test("back from the back/forward cache: the same page, with what changed meanwhile", async () => {
  const [anna, olga] = await Promise.all([person(world, here()), person(world, there())]);
  await open(anna.page, "/categories?per_page=500");
  await open(olga.page, "/categories?per_page=500");
  const category = await make.category(anna.page);
  await row(olga.page, category).waitFor();
  await olga.page.evaluate(() => (window.putAway = true)); // a page loaded anew would not know

  await olga.page.click('.places a[href="/files"]');
  await live(olga.page, "files");
  await change(anna.page, "categories", category.id, { description: "пока смотрели файлы" });
  olga.page.evaluate(() => history.back()).catch(() => {}); // the answer dies with the page it was asked of

  await olga.page.waitForFunction(() => window.putAway === true);
  await row(olga.page, category).getByText("пока смотрели файлы").waitFor();
  await live(olga.page, "categories");
  for (const who of [anna, olga]) who.calm(), await who.leave();
});
