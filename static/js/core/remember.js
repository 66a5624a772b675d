/** What the browser remembers for a person: small choices, by name. Where storage is forbidden, nothing is remembered. */

/** @param {string} name @returns {Record<string, any>} */
export function recall(name) {
  try {
    const value = JSON.parse(localStorage.getItem(`lockstep.${name}`) ?? "{}");
    return value && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}

/** @param {string} name @param {Record<string, any>} values */
export function remember(name, values) {
  try {
    localStorage.setItem(`lockstep.${name}`, JSON.stringify(values));
  } catch {
    // full or forbidden: the choice lives as long as the page
  }
}
