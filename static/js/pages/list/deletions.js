/**
 * Deleting, with a way back instead of a question.
 *
 * The rows are out of sight at once and deleted five seconds later, each at the revision that the person saw; who leaves the page has
 * meant it. A row that cannot be deleted comes back and says why.
 *
 * @typedef {import("../../core/store.js").Row} Row
 */
import { clock } from "../../core/clock.js";
import { byReason, each } from "../../core/list/bulk.js";
import { Undo } from "../../core/list/undo.js";
import { explain, quoted, t } from "../../core/words.js";
import { showToast } from "../../utils.js";

/** Names said of several rows; the rest is a number. */
export const NAMES_MAX = 3;

/** Where a list shows who uses a record: entity → kind of user → field to filter by. @type {Record<string, Record<string, string>>} */
const USERS = {
  categories: { files: "category_id", categories: "parent_id", registrators: "category_id" },
  groups: { users: "group_id" },
  registrators: { files: "registrator_id" },
};

export class Deletions {
  #undo = new Undo(clock);
  #count = 0;
  #entity;
  #store;
  #request;

  /** @param {string} entity @param {import("../../core/store.js").ListStore} store @param {import("../../core/store.js").Request} request */
  constructor(entity, store, request) {
    this.#entity = entity;
    this.#store = store;
    this.#request = request;
    addEventListener("pagehide", () => this.#undo.leave());
  }

  /** @param {Row[]} rows */
  remove(rows) {
    if (rows.length === 0) return;
    const key = `undo-${++this.#count}`;
    this.#store.hide(rows);
    const back = this.#undo.later((leaving) => this.#send(rows, key, leaving), { held: () => held(key) });
    const undo = () => (back() ? this.#store.unhide(rows.map(({ id }) => id)) : showToast(t("delete.too_late"), "info", { key }));
    showToast(t("delete.undo", { names: named(rows) }), "info", { key, action: { label: t("action.undo"), run: undo } });
  }

  /** @param {Row[]} rows @param {string} key @param {boolean} leaving */
  async #send(rows, key, leaving) {
    if (leaving) return rows.forEach((row) => this.#delete(row, true).catch(() => {}));
    const { done, failed } = await each(rows, (row) => this.#delete(row, false));
    if (done.length > 0) showToast(t("toast.deleted", { name: named(done) }), "success", { key });
    if (failed.length === 0) return;
    this.#store.unhide(failed.map(({ row }) => row.id));
    this.#explain(failed, done.length > 0 ? `${key}-failed` : key);
    await this.#store.refresh().catch(() => {}); // the list shows its own failure
  }

  /** Gone already is as good as deleted. @param {Row} row @param {boolean} keepalive */
  async #delete(row, keepalive) {
    try {
      await this.#request("DELETE", `/api/${this.#entity}/${row.id}`, undefined, { ifMatch: row.rev, keepalive });
    } catch (error) {
      if (/** @type {any} */ (error).status !== 404) throw error;
    }
    this.#store.deleted(row.id);
  }

  /** @param {import("../../core/list/bulk.js").Failure[]} failed @param {string} key */
  #explain(failed, key) {
    const [{ row, error }] = failed;
    const place = failed.length === 1 ? this.#whoUses(row, error) : null;
    const action = place ? { label: t("list.show"), run: () => location.assign(place) } : undefined;
    showToast(t("delete.failed", { reasons: reasons(failed) }), "error", { key, action });
  }

  /** @param {Row} row @param {any} error @returns {string|null} */
  #whoUses(row, error) {
    const kinds = error.code === "in_use" ? Object.entries(error.usage ?? {}).filter(([, count]) => Number(count) > 0) : [];
    const [kind] = kinds[0] ?? [];
    const field = kind && USERS[this.#entity]?.[kind];
    return field ? `/${kind}?${field}=${row.id}` : null;
  }
}

/** The failures in words: whose, and why. @param {import("../../core/list/bulk.js").Failure[]} failed */
export const reasons = (failed) => byReason(failed, ({ error }) => why(error)).map(([said, rows]) => t("bulk.reason", { names: named(rows), reason: said })).join(" ");

/** @param {any} error */
function why(error) {
  if (error.status === 412) return t("list.stale", { by: error.current?.updated_by?.name ?? t("form.system") });
  if (error.code !== "in_use") return explain(error);
  return Object.entries(error.usage ?? {}).filter(([, count]) => Number(count) > 0).map(([kind, count]) => t(`used.${kind}`, { count })).join(" ");
}

/** @param {Row[]} rows */
export function named(rows) {
  const names = rows.slice(0, NAMES_MAX).map((row) => quoted(row.name || row.login)).join(", ");
  return rows.length > NAMES_MAX ? t("bulk.and_more", { names, count: rows.length - NAMES_MAX }) : names;
}

/** Whether somebody is at the button. @param {string} key */
const held = (key) => document.querySelector(`[data-key="${key}"]`)?.matches(":hover, :focus-within") ?? false;
