/**
 * What the palette offers, and how it finds it.
 *
 * @typedef {object} Command
 * @property {string} key                 once in the list
 * @property {string} group               key of the text over its part
 * @property {string} label
 * @property {string} [hint]              what else tells it from others
 * @property {string} [words]             found by these too, such as the other language's name
 * @property {any} [icon]
 * @property {string} [href]              where it leads
 * @property {() => any} [run]            or what it does
 */

/** Small letters, ё as е. @param {string} text */
export const fold = (text) => text.toLowerCase().replaceAll("ё", "е");

/** Commands in which each word of the question begins some word, the closest first. @param {Command[]} commands @param {string} question @returns {Command[]} */
export function matching(commands, question) {
  const asked = fold(question).split(/\s+/).filter(Boolean);
  const found = commands.flatMap((command) => {
    const score = scoreOf(command, asked);
    return score === null ? [] : [{ command, score }];
  });
  return found.sort((a, b) => b.score - a.score).map(({ command }) => command);
}

/** null: no; higher is closer. @param {Command} command @param {string[]} asked */
function scoreOf({ label, hint = "", words = "" }, asked) {
  const [name, other] = [fold(label), fold(`${hint} ${words}`)];
  let score = 0;
  for (const word of asked) {
    if (name.startsWith(word)) score += 4;
    else if (beginsWord(name, word)) score += 3;
    else if (name.includes(word)) score += 2;
    else if (beginsWord(other, word)) score += 1;
    else return null;
  }
  return score;
}

/** @param {string} text @param {string} word */
const beginsWord = (text, word) => text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word));

/** The next place in a list that goes round. @param {number} at @param {number} by @param {number} length */
export const step = (at, by, length) => (length === 0 ? -1 : (at + by + length) % length);
