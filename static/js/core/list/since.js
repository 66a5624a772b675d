/** "Changed since": words for a moment that goes along with the clock. */

export const SINCE = Object.freeze(["today", "24h", "7d", "30d"]);

/** The moment moves in steps, so that the same question has the same answer for a while and a 304 remains possible. */
const STEP_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;
/** @type {Record<string, number>} */
const SPANS = { "24h": 24 * HOUR_MS, "7d": 7 * 24 * HOUR_MS, "30d": 30 * 24 * HOUR_MS };

/** @param {string} word one of {@link SINCE}, or a moment that the server understands @param {number} now ms @returns {string} */
export function sinceOf(word, now) {
  if (word === "today") return String(new Date(now).setHours(0, 0, 0, 0));
  const span = SPANS[word];
  return span ? String(Math.floor((now - span) / STEP_MS) * STEP_MS) : word;
}
