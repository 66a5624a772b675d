/** The rules of access, as axe checks them on a page. */
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, a line each. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }), TAGS);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.any[0]?.message ?? ""}`));
}

/** What is wider than the page or cut off in it, and what is too small to hit. */
export const misfits = (page) => page.evaluate(() => [
  ...(document.documentElement.scrollWidth > document.documentElement.clientWidth ? ["the page scrolls sideways"] : []),
  ...[...document.querySelectorAll("dialog[open] .sheet, dialog[open] .sheet-body")].filter((node) => node.scrollWidth > node.clientWidth)
    .map((node) => `${node.className} scrolls sideways`),
  ...[...document.querySelectorAll("dialog[open] :is(button, select, input, textarea, summary, a)")].map((node) => [node, node.getBoundingClientRect()])
    .filter(([node, box]) => box.width > 0 && (box.width < 24 || box.height < 23.5) && !(node.type === "radio" && node.closest("label")?.getBoundingClientRect().height >= 24))
    .map(([node, box]) => `${node.outerHTML.slice(0, 80)} ${box.width}×${box.height}`),
]);
