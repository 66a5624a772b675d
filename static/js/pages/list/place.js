/**
 * What stays in its place while a page draws: the focus, and the row that the person looks at.
 *
 * A removed row that had the focus passes it to the row that takes its place; one that was moved keeps it. Rows that come above the
 * first one in view push nothing: the page is scrolled by as much. Not every browser does this by itself, so none is left to.
 */

/** Rows remembered, in case that the first ones in view are gone afterwards. */
const ANCHORS = 8;

/** @param {HTMLElement} main @param {() => void} work */
export function keepingPlace(main, work) {
  const focused = document.activeElement;
  const holder = focused?.closest("tr[data-id]") ?? null;
  const rows = holder || scrollY > 0 ? [...main.querySelectorAll("tr[data-id]")] : [];
  const at = holder ? rows.indexOf(holder) : -1;
  const anchors = scrollY > 0 ? inView(rows).map((row) => ({ row, top: row.getBoundingClientRect().top })) : [];
  work();
  const anchor = anchors.find(({ row }) => row.isConnected);
  const shift = anchor ? anchor.row.getBoundingClientRect().top - anchor.top : 0;
  if (Math.abs(shift) >= 1) scrollBy(0, shift);
  if (at >= 0) refocus(main, /** @type {HTMLElement} */ (focused), at);
}

/** @param {HTMLElement} main @param {HTMLElement} focused @param {number} at where its row stood */
function refocus(main, focused, at) {
  // A button that was switched off still has the focus, and loses it with the next frame.
  const lives = focused.isConnected && !focused.matches(":disabled");
  if (lives && document.activeElement === focused) return;
  const heir = lives ? focused : heirOf(main, at);
  heir.focus({ preventScroll: true });
}

/** The same place in the next row that is not gone, or in the one before. @param {HTMLElement} main @param {number} at @returns {HTMLElement} */
function heirOf(main, at) {
  const rows = [...main.querySelectorAll("tr[data-id]")];
  const stays = (/** @type {Element} */ row) => !row.matches(".gone");
  const row = rows.slice(at).find(stays) ?? rows.slice(0, at).findLast(stays);
  return row?.querySelector(".open:not([disabled])") ?? row?.querySelector("button:not([disabled]), a, input:not([disabled])") ?? main;
}

/** The first rows in view; they stand in order, so few need to be measured. @param {Element[]} rows */
function inView(rows) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].getBoundingClientRect().bottom > 0) high = middle;
    else low = middle + 1;
  }
  return rows.slice(low, low + ANCHORS);
}
