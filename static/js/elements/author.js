/** Who saved, and when, in words. @typedef {import("../core/draft.js").Author} Author */
import { formatDate } from "../core/format.js";
import { t } from "../core/words.js";

/** Of a row as the API gives it. @param {Record<string, any>} row @returns {Author} */
export const authorOf = (row) => ({ name: row.updated_by?.name ?? t("form.system"), at: row.updated_at ?? null });

/** Of an event. @param {import("../core/wire.js").SyncEvent} event @returns {Author} */
export const authorOfEvent = (event) => ({ name: event.actor?.name ?? t("form.system"), at: event.seq > 0 ? event.seq : null });

/** `Ольга 14:02`. @param {Author|null} by */
export const signed = (by) => [by?.name ?? t("form.system"), formatDate(by?.at, "minute")].filter(Boolean).join(" ");
