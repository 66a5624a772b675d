/**
 * What a select offers: the rows of another entity by name.
 *
 * @typedef {{id: string, name: string}} Choice
 * @typedef {import("./store.js").Request} Request
 */

/** Choices in a select. Beyond that nobody scrolls. */
const CHOICES_MAX = 1000;
const PAGE = 500;

/**
 * All that can be chosen, in the order of names; nothing where the person may not look.
 * @param {Request} request @param {string} entity @returns {Promise<Choice[]>}
 */
export async function choices(request, entity) {
  /** @type {Choice[]} */ const found = [];
  for (let page = 1, pages = 1; page <= pages && found.length < CHOICES_MAX; page += 1) {
    const { data } = await request("GET", `/api/${entity}?sort=name&page=${page}&per_page=${PAGE}`);
    for (const row of data.items) found.push({ id: row.id, name: row.name });
    pages = Math.ceil(data.total / PAGE);
  }
  return found;
}
