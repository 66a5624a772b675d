/** What a page may load and do: the same strict policy on every page, and none that breaks it. */
import assert from "node:assert/strict";
import test from "node:test";
import { here, open, person, withBrowser } from "./support.mjs";
import { VIEWS } from "./views.mjs";

const world = withBrowser();
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; object-src 'none'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html lockstep";

test("every page comes with the handbook's policy, whoever asks and in whichever language", async () => {
  const anna = await person(world);
  const paths = [...new Set(VIEWS.map(({ path }) => path.split("?")[0]))];
  assert.ok(paths.length >= 8, paths.join());

  for (const language of ["ru", "en"]) {
    for (const path of paths) {
      const answer = await anna.context.request.get(`${path}?lang=${language}`, { headers: { Accept: "text/html" } });
      const { "content-security-policy": policy, "x-frame-options": frames, "x-content-type-options": sniff } = answer.headers();
      assert.deepEqual([answer.status(), policy, frames, sniff], [200, POLICY, "DENY", "nosniff"], path);
    }
  }
  await anna.leave();
});

// The walks of access.test.mjs and words.test.mjs see every view in both languages and fail at a breach; this shows that they would.
test("a breach of the policy would be seen", async () => {
  const anna = await person(world, here(), { expected: [] });
  await open(anna.page, "/files");
  anna.calm();

  const told = ["style-src", "require-trusted-types-for"].map((part) => anna.page.waitForEvent("console", (message) => message.text().startsWith(`content policy: ${part}`)));
  const thrown = await anna.page.evaluate(() => {
    document.querySelector("main").setAttribute("style", "color: red");
    try {
      document.querySelector("main").insertAdjacentHTML("beforeend", "<b>x</b>");
    } catch (error) {
      return error.name;
    }
  });

  assert.equal(thrown, "TypeError"); // Trusted Types: text does not become HTML
  await Promise.all(told);
  assert.throws(() => anna.calm());
  await anna.leave();
});

test("no policy for HTML is made but lit's and our own", async () => {
  const anna = await person(world, here(), { expected: ["trusted-types", "TrustedTypePolicy", "content policy"] });
  await open(anna.page, "/files");

  const made = await anna.page.evaluate(() => {
    try {
      return Boolean(window.trustedTypes.createPolicy("mine", { createHTML: (text) => text }));
    } catch {
      return false;
    }
  });

  assert.equal(made, false);
  await anna.leave();
});
