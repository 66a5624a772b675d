/** The types that hold keys to the catalogues: what passes `npm run check`, and what does not. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The numbers of the lines that do not pass. @param {string[]} lines */
async function refused(lines) {
  const directory = await mkdtemp(path.join(tmpdir(), "keys-"));
  const file = path.join(directory, "page.js");
  const types = path.join(ROOT, "static/js/globals.d.ts");
  const head = `import { t, word } from "${path.join(ROOT, "static/js/core/words.js")}"; export const see = (/** @type {string} */ text, /** @type {"on"|"off"} */ state, /** @type {"on"|"of"} */ slip) => [`;
  await writeFile(file, [head, ...lines.map((line) => `${line},`), "text, state, slip, word];"].join("\n"));
  await writeFile(path.join(directory, "tsconfig.json"), JSON.stringify({ extends: path.join(ROOT, "tsconfig.json"), include: [], files: [file, types] }));
  const said = await new Promise((resolve) => execFile("node", [path.join(ROOT, "node_modules/typescript/bin/tsc"), "-p", directory], (_error, out, err) => resolve(out + err)));
  await rm(directory, { recursive: true });
  return [...new Set([...said.matchAll(/page\.js\((\d+),/g)].map((match) => Number(match[1]) - 1))];
}

test("keys that exist pass, as literals and with holes that some text fits", async () => {
  const lines = ['t("list.search")', 't("list.page_of", { page: 1, pages: 2 })', "t(`page.${text}`)", "t(`empty.${text}_hint`)", "t(`word.${state}`)",
    't(text ? "word.on" : `page.${text}`)', 'word("feed", text)'];

  assert.deepEqual(await refused(lines), []);
});

test("a misspelt key does not pass, nor does a plain string", async () => {
  const lines = ['t("list.serach")', "t(`paeg.${text}`)", "t(`empty.${text}_hnt`)", "t(`word.${slip}`)", "t(text)", 't(text ? "word.on" : "word.of")', 'word("fed", text)'];

  assert.deepEqual(await refused(lines), [1, 2, 3, 4, 5, 6, 7]);
});
