/**
 * Rows that are drawn together. The browser takes a block in or leaves it out as a whole: one by one, at two thousand rows, it is busy
 * with nothing else. A row stays in its block for as long as it is there, so that only the first and the last block change.
 *
 * @typedef {import("./logs.js").LogRow} LogRow
 * @typedef {{number: number, rows: LogRow[]}} Block
 */

export const BLOCK = 50;

/** @param {readonly LogRow[]} rows @returns {Block[]} */
export function blocksOf(rows) {
  /** @type {Block[]} */ const blocks = [];
  for (const row of rows) {
    const number = Math.floor(row.at / BLOCK);
    if (blocks.at(-1)?.number !== number) blocks.push({ number, rows: [] });
    blocks.at(-1)?.rows.push(row);
  }
  return blocks;
}
