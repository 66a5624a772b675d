/**
 * One notice: what it says, how serious it is, where it leads.
 *
 * Its `data` is whatever somebody put there; nothing is taken for granted. Pure.
 *
 * @typedef {"success"|"info"|"warning"|"error"} Status
 *
 * @typedef {object} Notice
 * @property {string} id
 * @property {string} type            any; those that are known have words of their own
 * @property {any} data
 * @property {string} timestamp       ISO 8601
 * @property {boolean} read
 * @property {boolean} archived
 * @property {number} [count]         how often it happened, where it is more than once
 * @property {string} [message]
 * @property {Status} [status]
 *
 * @typedef {"all"|"unread"|"alerts"|"import"|"system"|"archive"} Tab
 */

/** Types with words of their own. */
export const TYPES = Object.freeze(["alert", "log_event", "system", "upload_status", "scan_complete", "import_complete"]);

/** Tab → what of the server's list it shows. @type {Readonly<Record<Tab, {types?: string[], unread?: true, archived?: true}>>} */
export const TABS = Object.freeze({
  all: {},
  unread: { unread: true },
  alerts: { types: ["alert", "log_event"] },
  import: { types: ["import_complete", "scan_complete", "upload_status"] },
  system: { types: ["system"] },
  archive: { archived: true },
});

/** @param {Tab} tab @param {Notice} notice */
export function fits(tab, { type, read, archived }) {
  const { types, unread, archived: aside = false } = TABS[tab];
  return archived === aside && !(unread && read) && (!types || types.includes(type));
}

/** @param {Tab} tab @returns {Record<string, string>} the query of the server's list */
export function queryOf(tab) {
  const { types, unread, archived } = TABS[tab];
  return { archived: archived ? "1" : "0", ...(unread && { unread: "1" }), ...(types && { type: types.join(",") }) };
}

/** What an event tells, without the event. @param {any} event @returns {Notice} */
export function noticeOf({ id, type, data, timestamp, read, archived, count, message, status }) {
  return { id: String(id), type: String(type ?? ""), data: data ?? {}, timestamp: String(timestamp ?? ""), read: read === true, archived: archived === true, count, message, status };
}

const BAD = new Set(["error", "critical", "fatal", "emergency"]);
const STATUSES = new Set(["success", "info", "warning", "error"]);

/** @param {Notice} notice @returns {Status} */
export function statusOf({ type, status, data }) {
  if (status && STATUSES.has(status)) return status;
  const level = String(data?.level ?? data?.severity ?? "").toLowerCase();
  if (BAD.has(level) || type === "log_event") return "error";
  return level.startsWith("warn") || type === "alert" ? "warning" : "info";
}

/** Whether it is more than an error. @param {Notice} notice */
export const isCritical = ({ data }) => ["critical", "fatal", "emergency"].includes(String(data?.level ?? data?.severity ?? "").toLowerCase());

/** Its sentence, after its title where it has both; null where it has none. @param {Notice} notice @returns {string|null} */
export function textOf({ message, data }) {
  const [title, text] = [first(data?.title), first(message, data?.message, data?.text)];
  return title !== null && text !== null && !text.startsWith(title) ? `${title}: ${text}` : (text ?? title);
}

/** Where it comes from: a program, a file, a registrator. @param {Notice} notice @returns {string|null} */
export const sourceOf = ({ data }) => first(data?.source, data?.filename, data?.file?.name ?? data?.file, data?.registrator?.name ?? data?.registrator_name);

/** @param {...any} values */
const first = (...values) => values.find((value) => typeof value === "string" && value.trim() !== "") ?? null;

/** What of a scan is worth a word, in this order. */
const COUNTS = /** @type {const} */ (["new", "changed", "returned", "missing", "failed"]);

/**
 * How a scan went, where the notice tells; null for others, and for one that failed: why, only its sentence says.
 * @param {Notice} notice @returns {{name: string, outcome: "success"|"errors"|"stopped", counts: [typeof COUNTS[number], number][]}|null}
 */
export function scanOf({ type, status, data }) {
  if (type !== "scan_complete" || typeof data?.name !== "string" || !data.counts || status === "error") return null;
  const counts = COUNTS.map((name) => /** @type {[typeof COUNTS[number], number]} */ ([name, number(data.counts[name]) ?? 0])).filter(([, count]) => count > 0);
  const outcome = status === "success" ? "success" : data.counts.failed > 0 ? "errors" : "stopped";
  return { name: data.name, outcome, counts };
}

const IMPORTS = /** @type {const} */ ({ catalog: "products", stocks: "stocks", prices: "prices", customers: "customers" });
const IMPORT_ENDS = /** @type {const} */ (["completed", "completed_with_errors", "cancelled"]);
const DEEDS = /** @type {const} */ (["created", "updated", "deactivated"]);

/**
 * How an import went, where the notice tells; null for others, and for one that failed: why, only its sentence says.
 * @param {Notice} notice
 * @returns {{id: string, type: keyof typeof IMPORTS, state: typeof IMPORT_ENDS[number], dryRun: boolean, kind: typeof IMPORTS[keyof typeof IMPORTS], read: number,
 *   deeds: [typeof DEEDS[number], number][], issues: number, seconds: number|null}|null}
 */
export function importOf({ type, data }) {
  const state = IMPORT_ENDS.find((end) => end === data?.state);
  const what = /** @type {keyof typeof IMPORTS} */ (data?.type);
  if (type !== "import_complete" || !state || !Object.hasOwn(IMPORTS, what) || id(data.job) === null) return null;
  const kind = IMPORTS[what];
  const tally = data.counts?.[kind] ?? {};
  const deeds = DEEDS.map((name) => /** @type {[typeof DEEDS[number], number]} */ ([name, number(tally[name]) ?? 0])).filter(([, count]) => count > 0);
  return { id: String(data.job), type: what, state, dryRun: data.dryRun === true, kind, read: number(tally.read) ?? 0, deeds, issues: number(data.issuesTotal) ?? 0, seconds: number(data.seconds) };
}

/** How far something has come, 0 … 100; null where that is not said. @param {Notice} notice @returns {number|null} */
export function progressOf({ type, data }) {
  if (type !== "upload_status") return null;
  const percent = number(data?.percent ?? data?.progress);
  const [done, total] = [number(data?.loaded ?? data?.received ?? data?.done), number(data?.total ?? data?.size)];
  const value = percent ?? (done !== null && total ? (100 * done) / total : null);
  return value === null ? null : Math.round(Math.min(100, Math.max(0, value)));
}

/** @param {any} value */
const number = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

const PLACES = ["files", "users", "groups", "categories", "registrators"];

/** The page that shows what it is about; null where there is none. @param {Notice} notice @returns {string|null} */
export function hrefOf({ type, data }) {
  if (typeof data?.href === "string" && /^\/(?![/\\])/.test(data.href)) return data.href; // within this server, never elsewhere
  const [record, job] = [id(data?.id), id(data?.import ?? data?.session ?? (type === "import_complete" ? data?.job : null))];
  if (PLACES.includes(data?.entity) && record) return `/${data.entity}?open=${record}`;
  if (job) return `/admin/integrations/session/${job}/`;
  if (id(data?.registrator)) return `/registrators?open=${id(data.registrator)}`;
  if (type === "upload_status" && id(data?.file)) return `/files?open=${id(data.file)}`;
  if (type === "log_event") return record ? `/logs?line=${record}` : "/logs?type=error";
  return null;
}

/** @param {any} value an id, or a row that has one @returns {string|null} */
function id(value) {
  const named = value && typeof value === "object" ? value.id : value;
  return (typeof named === "string" || typeof named === "number") && named !== "" ? encodeURIComponent(named) : null;
}
