/**
 * Sessions of imports as pages follow them: what is stored of each, and between two such words its progress, of which the newest counts.
 *
 * An answer that comes late takes nothing back: what has ended stays ended, a run before the present one says nothing, and of one run the
 * word that is further on holds. The share never falls, whichever worker goes on. Pure but for the store at the end; no DOM.
 *
 * @typedef {"catalog"|"stocks"|"prices"|"customers"} ImportType
 * @typedef {{read: number, created: number, updated: number, unchanged: number, deactivated: number, skipped: number, failed: number}} Tally
 * @typedef {Record<string, Tally>} Counts       kind, such as `priceTypes`, → what became of its rows
 * @typedef {{name: string, done: number, total: number, seconds?: number|null}} Stage   `seconds`: it has ended; null: it is under way
 *
 * @typedef {object} ImportProgress
 * @property {string} [stage]
 * @property {string|null} [item]
 * @property {string|null} [file]
 * @property {number} [done]                     of this stage
 * @property {number|null} [total]
 * @property {number|null} [percent]             of all that there is to do
 * @property {number} [rate]                     a second
 * @property {number|null} [etaSeconds]
 * @property {Stage[]} [stages]
 *
 * @typedef {object} Session
 * @property {string} id
 * @property {string} kind                       `import.catalog`
 * @property {ImportType} type
 * @property {string} state                      `queued` `running` `retry_wait`, or how it ended
 * @property {number} fence                      counts the runs
 * @property {number} attempt
 * @property {number} [maxAttempts]
 * @property {string|number|null} [worker]
 * @property {boolean} cancelRequested
 * @property {string} source
 * @property {boolean} dryRun
 * @property {{skipBroken?: boolean, allowMassDelete?: boolean, only?: string[]}} [options]
 * @property {ImportProgress|null} progress
 * @property {Counts} counts
 * @property {number} issuesTotal
 * @property {{error: number, warning: number, codes: Record<string, number>}} [issues]
 * @property {{code: string, message: string}|null} [error]
 * @property {any} [report]
 * @property {{id: string, name: string}|null} [requestedBy]
 * @property {string|null} [retryOf]
 * @property {string} [createdAt]
 * @property {string|null} [startedAt]
 * @property {string|null} [finishedAt]
 * @property {string|null} [runAt]               when it is tried again
 * @property {number|null} [seconds]
 * @property {{at: string, worker: string|number, by: string|number|null, file: string|null, ordinal: number|null}[]} [lost]  workers that died over it
 *
 * @typedef {ImportProgress & {id: string, fence: number, n: number, state?: string, counts?: Counts, issues?: Session["issues"], issuesTotal?: number, attempt?: number, worker?: string|number}} Said
 *   one `import:progress`
 */
import { isActive, percentOf } from "./jobs.js";

export { isActive, percentOf };

/** In the order in which a shop needs them. */
export const TYPES = /** @type {const} */ (["catalog", "stocks", "prices", "customers"]);
/** What a session may be asked for by, beside its type. */
export const STATES = /** @type {const} */ (["active", "completed", "completed_with_errors", "failed", "cancelled"]);
/** What may become of a row, in the order of a report. */
export const OUTCOMES = /** @type {const} */ (["read", "created", "updated", "unchanged", "deactivated", "skipped", "failed"]);
/** Kinds in the order of work; what the server adds comes after them. */
export const KINDS = Object.freeze(["units", "warehouses", "priceTypes", "properties", "groups", "brands", "products", "offers", "prices", "stocks", "customers"]);
/** Type → the kind that it is about. @type {Readonly<Record<ImportType, string>>} */
export const SUBJECT = Object.freeze({ catalog: "products", stocks: "stocks", prices: "prices", customers: "customers" });

/** Of these that share a name one runs at a time. @param {string} type */
export const scopeOf = (type) => (type === "customers" ? "customers" : "goods");

/** Something was left out, or a person must look at it. @param {Session} session */
export const hasErrors = ({ state, issues }) => state === "completed_with_errors" || (issues?.error ?? 0) > 0;

/** Whether there is a reason to do it once more. @param {Session} session */
export const canRetry = (session) => !isActive(session) && session.state !== "completed";

/** The kinds that were met, in the order of work. @param {Session} session @returns {[string, Tally][]} */
export function tallies({ counts }) {
  const names = Object.keys(counts ?? {});
  const at = (/** @type {string} */ name) => (KINDS.includes(name) ? KINDS.indexOf(name) : KINDS.length);
  return names.sort((a, b) => at(a) - at(b)).map((name) => [name, counts[name]]);
}

/** `price_types`, as a stage or a row of the reader is called, → `priceTypes`, as counts have it. @param {string} name */
export const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/**
 * The stages that there is something to do in, from waiting in the queue on.
 * @param {Session} session @returns {(Stage & {state: "done"|"now"|"stopped"|"waiting"})[]}
 */
export function stagesOf(session) {
  const { progress, report, createdAt, startedAt, state } = session;
  /** @type {Stage[]} */ const stages = progress?.stages ?? report?.stages ?? [];
  const running = state === "running";
  const queue = { name: "queue", done: 0, total: 0, seconds: startedAt && createdAt ? (Date.parse(startedAt) - Date.parse(createdAt)) / 1000 : null };
  const current = running ? stages.findIndex(({ name }) => name === progress?.stage) : -1;
  const known = stages.map((stage, n) => ({ ...stage, state: stateOf(stage, n, current, state) }));
  return [{ ...queue, state: startedAt ? "done" : "now" }, ...known.filter(({ total, done, state }) => total > 0 || done > 0 || state === "now")];
}

/** @param {Stage} stage @param {number} n @param {number} current @param {string} state of the session @returns {"done"|"now"|"stopped"|"waiting"} */
function stateOf({ seconds, done, total }, n, current, state) {
  if (n === current) return "now";
  const ended = typeof seconds === "number" || n < current || state.startsWith("completed");
  if (ended || (current < 0 && total > 0 && done >= total)) return "done";
  return done > 0 && !isActive({ state }) ? "stopped" : "waiting";
}

/** How much is done of all stages together: what one run only adds to. @param {ImportProgress|null} progress */
const weight = (progress) => (progress?.stages ? progress.stages.reduce((sum, { done }) => sum + done, 0) : progress?.done ?? 0);

/** What is known of a session after another word on it. @param {Session|undefined} before @param {Session} now @returns {Session} */
export function later(before, now) {
  if (!before) return now;
  if (now.fence < before.fence || (!isActive(before) && isActive(now))) return before;
  const wanted = { ...now, cancelRequested: now.cancelRequested || (isActive(now) && before.cancelRequested) };
  const behind = isActive(now) && before.fence === now.fence && weight(before.progress) > weight(now.progress);
  return behind ? { ...wanted, progress: before.progress, counts: before.counts, issuesTotal: Math.max(before.issuesTotal, now.issuesTotal) } : risen(before, wanted);
}

/** The share that was seen does not fall. @param {Session} before @param {Session} now @returns {Session} */
function risen(before, now) {
  const [seen, percent] = [percentOf(before), percentOf(now)];
  return seen !== null && percent !== null && percent < seen ? { ...now, progress: { ...now.progress, percent: seen } } : now;
}

/** The sessions that a page has heard of. */
export class Sessions {
  /** @type {Map<string, Session>} */ #known = new Map();
  /** Session → the fence and number of its last progress. @type {Map<string, [number, number]>} */ #heard = new Map();

  /** @param {string} id */
  get(id) {
    return this.#known.get(id);
  }

  /** Those that run or wait, the newest first. @returns {Session[]} */
  get active() {
    return [...this.#known.values()].filter(isActive).sort(newest);
  }

  /** A session as it is stored now. @param {Session} session @returns {Session} what is known of it afterwards */
  take(session) {
    const known = later(this.#known.get(session.id), session);
    this.#known.set(session.id, known);
    return known;
  }

  /** @param {Said} said @returns {boolean} whether it says anything new */
  hear({ id, fence, n, state, counts, issues, issuesTotal, attempt, worker, ...progress }) {
    const session = this.#known.get(id);
    const [lastFence, last] = this.#heard.get(id) ?? [0, 0];
    if (!session || !isActive(session) || fence < Math.max(session.fence, lastFence) || (fence === lastFence && n <= last)) return false;
    this.#heard.set(id, [fence, n]);
    const said = { fence, state: state && isActive({ ...session, state }) ? state : session.state, counts: counts ?? session.counts,
      issues: issues ?? session.issues, issuesTotal: issuesTotal ?? session.issuesTotal, attempt: attempt ?? session.attempt, worker: worker ?? session.worker };
    this.take({ ...session, ...said, progress: { ...session.progress, ...progress } });
    return true;
  }

  /** Nobody knows of it any more. @param {string} id */
  drop(id) {
    this.#known.delete(id);
    this.#heard.delete(id);
  }

  /** Asks the server to end it; it says itself when it has. @param {string} id @param {(url: string) => Promise<Session>} post @param {() => void} changed */
  async cancel(id, post, changed) {
    const before = this.get(id);
    if (before) this.take({ ...before, cancelRequested: true });
    changed();
    try {
      this.take(await post(`/api/imports/${encodeURIComponent(id)}/cancel`));
    } catch (error) {
      const now = this.get(id);
      if (now) this.#known.set(id, { ...now, cancelRequested: false });
      throw error;
    } finally {
      changed();
    }
  }
}

/** @param {{id: string}} a @param {{id: string}} b */
export const newest = (a, b) => Number(b.id) - Number(a.id);

/** The page of a session. @param {string} id */
export const sessionHref = (id) => `/admin/integrations/session/${encodeURIComponent(id)}/`;

/** The form, filled in. @param {Record<string, string|undefined>} [fields] */
export function formHref(fields = {}) {
  const query = new URLSearchParams(/** @type {[string, string][]} */ (Object.entries(fields).filter(([, value]) => value)));
  return `/admin/integrations/import_1c/${query.size > 0 ? `?${query}` : ""}`;
}
