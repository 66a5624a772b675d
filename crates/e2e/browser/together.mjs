/** Two people at one record: Anna, the administrator, on one worker, and Olga, a user of her own, on another. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { api, change, edit, here, make, open, person, signIn, there, unique } from "./support.mjs";

export const OLGA = "Ольга";
const PASSWORD = "long enough";
const RIGHTS = ["files.edit", "categories.edit", "registrators.edit", "groups.edit", "users.view"];

/** What the browser writes to the console when the server says no. */
export const status = (code) => `the server responded with a status of ${code}`;

/** A user named Olga, made by an administrator's page. */
export async function olgaFor(page, name = OLGA) {
  const group = await make.group(page, { permissions: RIGHTS });
  const login = `olga-${randomUUID().slice(0, 8)}`;
  await api(page, "POST", "/api/users", { login, name, password: PASSWORD, group_id: group.id });
  return { login, password: PASSWORD };
}

/** Signing in costs more than most stories: both do it once a file, and begin each story with the session of then. @type {WeakMap<object, Promise<any>>} */
const sessions = new WeakMap();

async function signedIn(world) {
  const anna = await person(world, here());
  await open(anna.page, "/groups");
  const olga = await person(world, there(), { signedIn: false });
  await signIn(olga.page, await olgaFor(anna.page));
  const kept = { anna: await anna.context.storageState(), olga: await olga.context.storageState() };
  for (const who of [anna, olga]) who.calm(), await who.leave();
  return kept;
}

/** A record, before anybody's page is open. */
async function recordBy({ context }, entity, fields) {
  const { csrf } = await (await context.request.get("/api/me")).json();
  const answer = await context.request.post(`/api/${entity}`, { data: { name: unique("Запись"), ...fields }, headers: { "X-CSRF-Token": csrf } });
  assert.equal(answer.status(), 201, await answer.text());
  return answer.json();
}

/** The list, narrowed to one record. */
export const listOf = (entity, record) => `/${entity}?q=${encodeURIComponent(record.name)}`;

/**
 * Anna holds a record open in its form; Olga looks at the list in which it is.
 * @param {{entity?: string, fields?: object, expected?: string[], options?: object, fresh?: boolean}} [options] `fields` of the record;
 *   `expected` on their consoles; `options` of Anna's browser window; `fresh`: with a session of Anna's own, since the story ends it
 */
export async function together(world, { entity = "files", fields = { note: "было" }, expected = [], options = {}, fresh = false } = {}) {
  if (!sessions.has(world)) sessions.set(world, signedIn(world));
  const kept = await sessions.get(world);
  const [anna, olga] = await Promise.all([
    person(world, here(), { expected, signedIn: fresh, storageState: fresh ? undefined : kept.anna, ...options }),
    person(world, there(), { expected, signedIn: false, storageState: kept.olga }),
  ]);
  const record = await recordBy(anna, entity, fields);
  await Promise.all([open(olga.page, listOf(entity, record)), open(anna.page, listOf(entity, record))]);
  await edit(anna.page, record);
  return {
    anna, olga, record,
    /** Olga saves, without a form. */
    saves: (values) => change(olga.page, entity, record.id, values),
    row: () => api(olga.page, "GET", `/api/${entity}/${record.id}`),
    async end() {
      for (const who of [anna, olga]) who.calm(), await who.leave();
    },
  };
}

/** Saves the form that is open, by its button. */
export const save = (page) => page.click("dialog.record footer .btn-primary");

/** What stands under a field that both changed. */
export const clash = (page, field) => page.locator(`dialog.record [data-clash="${field}"]`);

/** The question about a field that both changed. */
export const question = (page, field) => page.locator(`dialog.conflict[open] [data-conflict="${field}"]`);

/** Waits until a field of the open form holds a value. */
export const holds = (page, field, value) =>
  page.waitForFunction(([field, value]) => document.querySelector(`#field-${field}`)?.value === value, [field, value]);
