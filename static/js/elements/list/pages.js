/** Which pages a pager names. */

/** The first, the last and those around; null: a gap. @param {number} page @param {number} pages @returns {(number|null)[]} */
export function near(page, pages) {
  const wanted = [1, page - 1, page, page + 1, pages].filter((number) => number >= 1 && number <= pages);
  const numbers = [...new Set(wanted)].sort((a, b) => a - b);
  return numbers.flatMap((number, n) => (n > 0 && number - numbers[n - 1] > 1 ? [null, number] : [number]));
}
