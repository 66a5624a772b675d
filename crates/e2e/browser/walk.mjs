/** Walks over all views, and gathers what is wrong with each before it fails. */
import assert from "node:assert/strict";
import { here, person } from "./support.mjs";
import { VIEWS, clear, furnish, show } from "./views.mjs";

/**
 * @param {any} t              the test's context: views that this build does not have are named there
 * @param {any} world          see `withBrowser`
 * @param {any} options        for the windows
 * @param {(page: any, view: any) => Promise<string[]>} look   what is wrong, a line each
 * @param {(context: any) => Promise<any>} [setUp]
 */
export async function walk(t, world, options, look, setUp = async () => {}) {
  const expected = VIEWS.flatMap((view) => view.expected ?? []);
  const [inside, outside] = [await person(world, here(), { ...options, expected }), await person(world, here(), { ...options, expected, signedIn: false })];
  for (const { context } of [inside, outside]) await setUp(context);
  await inside.page.goto("/files");
  await inside.page.waitForFunction(() => window.SyncManager?.http);
  await furnish(inside.page);
  const faults = {};
  let seen = 0;
  for (const view of VIEWS) {
    const { page } = view.stranger ? outside : inside;
    const there = await show(page, view).catch((error) => assert.fail(`${view.name}: ${error.message}`));
    if (!there) t.diagnostic(`${view.name}: not in this build`);
    const wrong = there ? await look(page, view) : [];
    if (wrong.length > 0) faults[view.name] = wrong;
    seen += there ? 1 : 0;
    await clear(page);
  }
  assert.deepEqual(faults, {});
  assert.ok(seen >= 20, `${seen} views were seen`);
  for (const who of [inside, outside]) who.calm(), await who.leave();
}
