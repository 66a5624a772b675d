/**
 * A language of long words, made of the English texts: nothing is cut off, nothing runs out of the page, no word comes from elsewhere.
 *
 * It is no language of the product. The test puts it in the place of the English catalogue as the page loads it.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { TABLES } from "../../../static/js/elements/center/words.js";
import { here, open, person, withBrowser } from "./support.mjs";
import { walk } from "./walk.mjs";

const world = withBrowser();
const english = JSON.parse(await readFile(new URL("../../../static/js/i18n/en.json", import.meta.url), "utf8"));

/** Two fifths longer, within brackets; holes stay. `Search` → `[Seeaarch]`. */
const stretch = (text) => `[${text.replace(/\{\w+\}|[aeiouy]/gi, (part) => (part.startsWith("{") ? part : part + part.toLowerCase()))}]`;
const stretched = (entry) => (typeof entry === "string" ? stretch(entry) : Object.fromEntries(Object.entries(entry).map(([form, text]) => [form, stretch(text)])));
const catalogue = `export default ${JSON.stringify(Object.fromEntries(Object.entries(english).map(([key, entry]) => [key, stretched(entry)])))}`;

/** The bell and the lists of notices have words of their own, within the script. */
const centre = (script) => Object.values(TABLES.en).reduce((text, word) => text.replaceAll(JSON.stringify(word), JSON.stringify(stretch(word))), script);

/** So many of one view suffice to see what is wrong. */
const ENOUGH = 10;

/** The windows of this walk speak it. */
async function speak(context) {
  await context.addCookies([{ name: "lockstep_lang", value: "en", url: here() }]);
  await context.route("**/static/dist/chunk-*.js", async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    const body = text.includes('"shell.skip":') ? catalogue : text.includes('"bell.none":') ? centre(text) : text;
    return route.fulfill({ response: answer, body });
  });
}

/** What is cut off, runs over, shows its key, or comes from no catalogue; at both widths. */
async function look(page) {
  const wrong = [];
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    wrong.push(...(await page.evaluate(faults)));
  }
  return [...new Set(wrong)].slice(0, ENOUGH);
}

/** Runs in the page. */
function faults() {
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap((node) => node.shadowRoot ?? [])];
  const all = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]).filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(".visually-hidden, .skip"));
  const name = (node) => `${node.outerHTML.replace(/<!--.*?-->/g, "").slice(0, 120)} (${innerWidth})`;
  const cut = (node) => node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline" && getComputedStyle(node).textOverflow !== "ellipsis";
  const clipped = all("button, h1, h2, h3, h4, th, td, label, legend, summary, .btn, .chip, .state, .tile, .notice, .banner, .alert, [role=tab], [role^=menuitem]").filter(cut);
  const root = document.documentElement;
  // Names of records, people and languages are their own; times come from the browser; the debug overlay speaks as the protocol does.
  const ours = (node) => !node.closest("td, th[scope=row], time, .person, .languages, .brand, .feed, .notice, .debug, [data-theirs], code, kbd");
  const SAME = /\b(CSV|JSONL?|API|PID|Ctrl|Cmd|Alt|Shift|Enter|Esc)\b/g; // in every language
  const bare = (text) => /\p{L}{2}/u.test((text ?? "").replace(SAME, "")) && !/[[\]]/.test(text ?? "");
  const foreign = all("button, label, legend, th, summary, .empty-title, .btn, [role=tab]").filter((node) => ours(node) && bare(node.textContent));
  const titles = all("button, input, select, textarea, nav, [role=group]").filter(ours)
    .flatMap((node) => ["aria-label", "placeholder"].map((attribute) => node.getAttribute(attribute)).filter(bare).map((text) => [node, text]));
  const keys = all("body *").filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && /^\s*(page|list|form|col|word|badge|error|field|toast|action|key|help|tab)\.[a-z_.]+\s*$/.test(child.data)));
  return [
    ...(root.scrollWidth > root.clientWidth ? [`${root.scrollWidth - root.clientWidth} pixels too wide (${innerWidth})`] : []),
    ...clipped.map((node) => `cut off: ${name(node)}`),
    ...foreign.map((node) => `from no catalogue: ${name(node)}`),
    ...titles.map(([node, text]) => `from no catalogue: ${text} at ${name(node)}`),
    ...keys.map((node) => `shows its key: ${name(node)}`),
  ];
}

test("words two fifths longer than English fit everywhere, and there are no others", (t) => walk(t, world, {}, look, speak));

test("a label that is cut off, a word from elsewhere and a bare key would be seen", async () => {
  const anna = await person(world);
  await speak(anna.context);
  await open(anna.page, "/files");
  assert.deepEqual(await look(anna.page), []);

  await anna.page.evaluate(() => {
    const [add, search, label] = ["[data-add]", "#search", "h1"].map((selector) => document.querySelector(selector));
    for (const [name, value] of [["width", "3rem"], ["overflow", "hidden"], ["white-space", "nowrap"]]) add.style.setProperty(name, value);
    search.placeholder = "Search";
    label.textContent = "page.files";
  });

  assert.deepEqual([...new Set((await look(anna.page)).map((line) => line.split(":")[0]))].sort(), ["cut off", "from no catalogue", "shows its key"]);
  await anna.leave();
});
