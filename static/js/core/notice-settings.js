/** Which kinds of notices come as short messages: the person's choice in this browser. All are kept in the list. */
import { progressOf } from "./notice.js";
import { recall, remember } from "./remember.js";

const NAME = "notices";

/** @returns {string[]} types that do not */
export const quietTypes = () => [recall(NAME).quiet ?? []].flat().filter((type) => typeof type === "string");

/** @param {string} type @param {boolean} quiet */
export function setQuiet(type, quiet) {
  const others = quietTypes().filter((other) => other !== type);
  remember(NAME, { quiet: quiet ? [...others, type] : others });
}

/** Whether it interrupts. An upload that is under way only shows in the list. @param {import("./notice.js").Notice} notice */
export function interrupts(notice) {
  const percent = progressOf(notice);
  return (percent === null || percent === 100 || notice.status === "error") && !quietTypes().includes(notice.type);
}
