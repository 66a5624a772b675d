/** What a page costs a slow line: measured on the build in static/dist, as the server sends it compressed. */
import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import test from "node:test";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const KB = 1024;
/** First page: the one after sign-in, and sign-in itself. socket.io-client is 13 of it, lit 7. */
const FIRST = { pages: ["index", "login"], limit: 45 * KB };
/** A page of lists and forms, with all that opens at once. */
const OTHER_LIMIT = 72 * KB;
/** 12.3 with one half ours, and the other what the build keeps of Bootstrap's 31. */
const CSS_LIMIT = 20 * KB;
/** All texts of one language. */
const WORDS_LIMIT = 16 * KB;

const files = await readdir(DIST).catch(() => []);
const skip = files.length > 0 ? false : "static/dist is not built: npm run build";
const size = async (file) => (await stat(`${DIST}${file}.gz`)).size;
const kb = (bytes) => `${(bytes / KB).toFixed(1)} KB`;

/** The scripts that a page waits for: its entry, and what that imports. */
async function scriptsOf(page) {
  const html = await readFile(`${DIST}${page}.html`, "utf8");
  return [...new Set([...html.matchAll(/\/static\/dist\/([\w-]+\.js)"/g)].map((match) => match[1]))];
}

async function weigh(page) {
  const sizes = await Promise.all((await scriptsOf(page)).map(size));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

test("the first page's scripts are at most 45 KB, compressed", { skip }, async (t) => {
  for (const page of FIRST.pages) {
    const bytes = await weigh(page);
    t.diagnostic(`${page}: ${kb(bytes)}`);
    assert.ok(bytes <= FIRST.limit, `${page}: ${kb(bytes)} of scripts. Import what opens later by import().`);
  }
});

test("no page's scripts are more than 72 KB, compressed", { skip }, async (t) => {
  const pages = files.filter((file) => file.endsWith(".html")).map((file) => file.slice(0, -5));
  assert.ok(pages.length >= 8, `${pages.length} pages were built`);
  for (const page of pages) {
    const bytes = await weigh(page);
    t.diagnostic(`${page}: ${kb(bytes)}`);
    assert.ok(bytes <= OTHER_LIMIT, `${page}: ${kb(bytes)} of scripts. Import what opens later by import().`);
  }
});

const sheet = files.find((file) => /^app-\w+\.css$/.test(file));

test("the style sheet is at most 20 KB, compressed", { skip }, async (t) => {
  const bytes = await size(sheet);
  t.diagnostic(kb(bytes));
  assert.ok(bytes <= CSS_LIMIT, kb(bytes));
});

// Bootstrap's rules go unless the source names their words. `data-bs-theme` is set through `dataset`, so it went, and dark with it.
test("what the build leaves out of Bootstrap is not the themes, nor what a form is drawn with", { skip }, async () => {
  const css = await readFile(`${DIST}${sheet}`, "utf8");

  for (const rule of ["[data-bs-theme=dark]{color-scheme:dark", "[data-bs-theme=dark] .form-select{", ".btn-primary{", ".form-control.is-invalid", ".visually-hidden", ".table>"]) {
    assert.ok(css.includes(rule), rule);
  }
  assert.ok(!css.includes(".carousel"), "it is Bootstrap whole");
});

test("the texts of one language are at most 16 KB, compressed", { skip }, async (t) => {
  const catalogues = [];
  for (const file of files.filter((name) => /^chunk-\w+\.js$/.test(name))) {
    if ((await readFile(`${DIST}${file}`, "utf8")).includes('"shell.skip":')) catalogues.push(file);
  }
  assert.equal(catalogues.length, 2, "each language is a file of its own, and only the reader's is loaded");
  for (const file of catalogues) {
    t.diagnostic(`${file}: ${kb(await size(file))}`);
    assert.ok((await size(file)) <= WORDS_LIMIT, `${file}: ${kb(await size(file))}`);
  }
});
