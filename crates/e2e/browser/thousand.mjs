/**
 * Lists of a thousand rows, and a refresh of them: twenty changed, one added on top, one taken away.
 *
 * Of users there are two hundred: each costs the hash of a password, and a thousand of those would be the longest story of all.
 */
import { randomUUID } from "node:crypto";
import { api } from "./support.mjs";

const ROWS = 1000;
/** As many rows a page as there are rows. */
export const rowsOf = (entity) => (entity === "users" ? 200 : ROWS);
const CHANGED = 20;
/** Requests of the page under way at once while it makes rows. */
const ABREAST = 6;

/** What each entity's rows are made of, and what is changed in them. */
export const ENTITIES = {
  files: { row: (name) => ({ name }), change: (word) => ({ note: word, path: word }) },
  groups: { row: (name) => ({ name, permissions: ["files.view", "users.view"] }), change: (word) => ({ description: word }) },
  categories: { row: (name) => ({ name }), change: (word) => ({ description: word }) },
  registrators: { row: (name) => ({ name, folder: randomUUID() }), change: (word) => ({ folder: `${word}-${randomUUID()}` }) },
  users: { row: (name, group_id) => ({ name, login: `u${randomUUID().slice(0, 13)}`, password: "long enough", group_id }), change: (word) => ({ email: `${word}-${randomUUID().slice(0, 8)}@example.org` }) },
};

/** Does all of it from within the page, a few at a time. @returns answers in the order of the requests */
const many = (page, requests) => page.evaluate(async ([requests, abreast]) => {
  const answers = [];
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < requests.length; n = next++) {
      const [method, url, body, options] = requests[n];
      answers[n] = (await window.SyncManager.request(method, url, body, options)).data;
    }
  };
  await Promise.all(Array.from({ length: abreast }, worker));
  return answers;
}, [requests, ABREAST]);

/** Where whoever makes and changes them stays meanwhile: a page that does not follow these rows. @param {string} entity */
export const aside = (entity) => (entity === "groups" || entity === "users" ? "/registrators" : "/groups");

/** Rows whose names begin with the mark and sort as they are numbered. */
export async function make(page, entity, mark) {
  const group = entity === "users" ? (await api(page, "GET", "/api/groups?per_page=1")).items[0].id : undefined;
  const name = (n) => `${mark} ${String(n).padStart(4, "0")}`;
  return many(page, Array.from({ length: rowsOf(entity) }, (_, n) => ["POST", `/api/${entity}`, ENTITIES[entity].row(name(n), group)]));
}

/**
 * Twenty rows changed, spread over the list, one added that comes first, one deleted near the top.
 * @returns {{added: any, deleted: any, changed: any[]}} the rows afterwards
 */
export async function disturb(page, entity, mark, rows, word) {
  const deleted = rows.splice(5, 1)[0];
  const spread = rows.filter((_, n) => n % Math.floor(rows.length / CHANGED) === 3).slice(0, CHANGED);
  const group = rows[0].group_id;
  const [added, , ...changed] = await many(page, [
    ["POST", `/api/${entity}`, ENTITIES[entity].row(`${mark} ${word}`, group)],
    ["DELETE", `/api/${entity}/${deleted.id}`, undefined, { ifMatch: deleted.rev }],
    ...spread.map((row) => ["PATCH", `/api/${entity}/${row.id}`, ENTITIES[entity].change(word), { ifMatch: row.rev }]),
  ]);
  for (const row of changed) rows[rows.findIndex(({ id }) => id === row.id)] = row;
  return { added, deleted, changed };
}

/** Waits until a list shows all of it. */
export const shows = (page, { added, deleted, changed }) => page.waitForFunction(([added, deleted, changed]) => {
  const rev = (id) => Number(document.querySelector(`tr[data-id="${id}"]`)?.dataset.rev);
  return rev(added) > 0 && !(rev(deleted) > 0) && changed.every(([id, wanted]) => rev(id) >= wanted);
}, [added.id, deleted.id, changed.map(({ id, rev }) => [id, rev])]);
