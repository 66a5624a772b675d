/** Merging inside a field: long texts by lines, as version control does, and sets by element. */
import { diff3Merge } from "node-diff3";

/** Lines beyond which merging would be felt while typing; a person decides about such texts. */
const LINES_MAX = 2000;

/**
 * What became of `base` where both changed it. @param {string} base @param {string} mine @param {string} theirs
 * @returns {string|null} null: both changed the same lines
 */
export function mergeText(base, mine, theirs) {
  const [a, o, b] = [mine, base, theirs].map((text) => text.replace(/\r\n?/g, "\n").split("\n"));
  if (Math.max(a.length, o.length, b.length) > LINES_MAX) return null;
  const parts = diff3Merge(a, o, b, { excludeFalseConflicts: true });
  return parts.every((part) => part.ok) ? parts.flatMap((part) => part.ok ?? []).join("\n") : null;
}

/** What either added, without what either removed: an element is there or not, so no two changes of it differ.
 * @param {string[]} base @param {string[]} mine @param {string[]} theirs */
export function mergeSet(base, mine, theirs) {
  const all = [...new Set([...base, ...mine, ...theirs])];
  return all.filter((one) => (base.includes(one) ? mine.includes(one) && theirs.includes(one) : true));
}
