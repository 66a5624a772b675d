/** Reads calls of `t` out of source text, as far as the tests of the catalogues need it. */

/** What each `t("key")` and `t("key", {a, b: …})` brings: its key and the names of its parameters. Others are left out. @param {string} text */
export function argumentsOf(text) {
  const calls = [...text.matchAll(/(?<![.\w])t\("([\w.]+)"\s*(\)|,\s*\{)/g)];
  return calls.map((call) => ({ key: call[1], names: call[2] === ")" ? [] : namesOf(text, call.index + call[0].length) }));
}

/** The property names of an object literal whose brace ends before `from`. @param {string} text @param {number} from */
function namesOf(text, from) {
  const names = [];
  let depth = 0;
  let word = "";
  for (let at = from, expecting = true; at < text.length && depth >= 0; at += 1) {
    const sign = text[at];
    if ("{[(".includes(sign)) depth += 1;
    if ("}])".includes(sign)) depth -= 1;
    const ends = depth === 0 && sign === "," ? "next" : depth === 0 && sign === ":" ? "value" : depth < 0 ? "end" : null;
    if (ends && expecting && word.trim()) names.push(word.trim());
    if (ends) [word, expecting] = ["", ends === "next"];
    else if (expecting) word += sign;
  }
  return names;
}

/** Keys with holes, such as `empty.${entity}_hint`, as patterns of what they may become. @param {string} text @returns {RegExp[]} */
export function patternsOf(text) {
  return [...text.matchAll(/`(?=[a-z]+\.[\w.]*\$\{)/g)].map(({ index }) => new RegExp(`^${templateAt(text, index + 1)}$`));
}

/** A template literal from behind its backtick, its holes as `.+`. @param {string} text @param {number} from */
function templateAt(text, from) {
  let pattern = "";
  for (let at = from; at < text.length && text[at] !== "`"; at += 1) {
    const hole = text.startsWith("${", at);
    pattern += hole ? ".+" : text[at].replace(/\W/, "\\$&");
    if (hole) at = endOfHole(text, at + 2);
  }
  return pattern;
}

/** Where the hole's own brace closes. @param {string} text @param {number} from */
function endOfHole(text, from) {
  let at = from;
  for (let depth = 1; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}" && --depth === 0) return at;
  }
  return at;
}
