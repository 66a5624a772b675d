/**
 * Long work as a page follows it: what is stored of it, and between two such words its progress, of which the newest counts.
 *
 * One store serves the bar of running operations and the list of registrators; imports have pages and a store of their own. What has ended stays ended, whatever
 * answer comes late; what is counted does not fall while a run lasts; a share never does. No DOM.
 *
 * @typedef {object} Progress
 * @property {string} [stage]
 * @property {string|null} [item]
 * @property {number} [done]
 * @property {number|null} [total]
 * @property {number|null} [percent]
 * @property {number} [rate]              a second
 * @property {number|null} [etaSeconds]
 * @property {Record<string, number>} [counts]
 *
 * @typedef {{entity: string, id: string, name: string}} Subject
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {string} kind                `scan`, `import.catalog`
 * @property {string} state               `queued` `running` `retry_wait`, or how it ended
 * @property {number} fence               counts the runs: progress of an older one is none
 * @property {Subject|null} [subject]
 * @property {boolean} cancelRequested
 * @property {Progress|null} progress
 * @property {{counts?: Record<string, number>}|null} [report]
 * @property {{code: string, message: string}|null} [error]
 * @property {{id: string, name: string}|null} [requestedBy]
 * @property {string} [createdAt]
 * @property {string|null} [startedAt]
 * @property {string|null} [finishedAt]
 *
 * @typedef {object} Sync                 as much of `SyncManager` as following takes
 * @property {(event: string, handler: any, options?: any) => () => void} on
 * @property {(name: string, fn: (payload: any) => void) => () => void} hear
 * @property {(room: string, options?: any) => Promise<any>} joinRoom
 */

const ACTIVE = new Set(["queued", "running", "retry_wait"]);
/** Ended jobs that one question brings: of a hundred registrators the last two of each. */
const RECENT = 200;

/** What is followed of each kind, and who may see it and end it. */
export const KINDS = Object.freeze({
  scan: { room: "registrators", changed: "jobs:changed", progress: "scan:progress", view: "registrators.view", run: "scans.run" },
  import: { room: "imports", changed: "imports:changed", progress: "import:progress", view: "imports.run", run: "imports.run" },
});

/** @typedef {keyof typeof KINDS} Kind */

/** `import.catalog` is one of `import`. @param {{kind: string}} job @returns {Kind} */
export const familyOf = ({ kind }) => /** @type {Kind} */ (kind.split(".")[0]);

/** @param {{state: string}} job */
export const isActive = ({ state }) => ACTIVE.has(state);

/** How far it is, 0 to 100; null where nobody knows. @param {{progress: Progress|null}} job */
export function percentOf({ progress }) {
  if (typeof progress?.percent === "number") return Math.min(100, progress.percent);
  return progress?.total ? Math.min(100, (100 * (progress.done ?? 0)) / progress.total) : null;
}

export class Jobs {
  /** @type {Map<string, Job>} */ #jobs = new Map();
  /** Job → the fence and number of its last progress. @type {Map<string, [number, number]>} */ #heard = new Map();
  /** For each answer under way the jobs taken meanwhile: it may be older than they are. @type {Set<Set<string>>} */ #asking = new Set();
  #request;
  #changed;
  #kind;

  /** @param {{request: (method: string, url: string, body?: any) => Promise<{data: any}>, changed: () => void, kind?: Kind}} ports `kind`: of no other one */
  constructor({ request, changed, kind }) {
    this.#request = request;
    this.#changed = changed;
    this.#kind = kind;
  }

  /** Those that run or wait, the newest first. @returns {Job[]} */
  get active() {
    return this.#newest().filter(isActive);
  }

  /** What is known of one subject, the newest first. @param {string} entity @param {string} id @returns {Job[]} */
  of(entity, id) {
    return this.#newest().filter(({ subject }) => subject?.entity === entity && subject.id === id);
  }

  /**
   * Follows them from now on. @param {Sync} sync @param {Kind} kind
   * @param {{recent?: boolean}} [options] `recent`: also how the last ones ended
   */
  async follow(sync, kind, { recent = false } = {}) {
    const { room, changed, progress } = KINDS[kind];
    const learn = async () => {
      const position = await this.learn();
      if (recent) await this.learnRecent();
      return position;
    };
    sync.on(changed, (/** @type {any[]} */ events) => this.#events(events, learn), { batch: true, rooms: [room] });
    sync.hear(progress, (said) => this.hear(said));
    sync.joinRoom(room, { position: await learn().catch(() => null) });
  }

  /** Asks for those that run or wait. Resolves with how new the answer is. */
  async learn() {
    const meanwhile = new Set();
    this.#asking.add(meanwhile);
    const answer = /** @type {any} */ (await this.#ask({ active: "1" }).finally(() => this.#asking.delete(meanwhile)));
    const named = new Set(answer.data.items.map((/** @type {Job} */ { id }) => id));
    // Not named any more: it has ended, and whoever wants to know how asks for the last ones.
    for (const { id } of this.active) if (!named.has(id) && !meanwhile.has(id)) this.#drop(id);
    for (const job of answer.data.items) this.#put(job);
    this.#changed();
    return answer.position ?? null;
  }

  /** Asks for the last ones, however they ended; of one subject, or of all. @param {Subject|{entity: string, id: string}} [subject] @param {number} [limit] */
  async learnRecent(subject, limit = RECENT) {
    const { data } = await this.#ask({ limit: String(limit), ...(subject && { subject: `${subject.entity}:${subject.id}` }) });
    for (const job of data.items) this.#put(job);
    this.#changed();
  }

  /** A job as it is stored now. @param {Job} job */
  take(job) {
    this.#put(job);
    this.#changed();
  }

  /** @param {Progress & {id: string, fence: number, n: number}} said */
  hear({ id, fence, n, stage, item, done, total, percent, rate, etaSeconds, counts }) {
    const job = this.#jobs.get(id);
    const [lastFence, last] = this.#heard.get(id) ?? [0, 0];
    if (!job || !isActive(job) || fence < Math.max(job.fence, lastFence) || (fence === lastFence && n <= last)) return;
    this.#heard.set(id, [fence, n]);
    const now = { ...job, fence, progress: { ...job.progress, stage, item, done, total, percent, rate, etaSeconds, counts } };
    this.#jobs.set(id, fence === job.fence ? ahead(job, now) : risen(job, now));
    this.#changed();
  }

  /** Has something done, such as `POST /api/registrators/5/scan`. @param {string} url @param {any} [body] @returns {Promise<Job>} */
  async begin(url, body = {}) {
    const { data } = await this.#request("POST", url, body);
    this.take(data);
    return data;
  }

  /** Asks the job to stop; it says itself when it has. @param {string} id */
  async cancel(id) {
    const before = this.#jobs.get(id);
    if (before) this.take({ ...before, cancelRequested: true });
    try {
      this.take((await this.#request("POST", `/api/jobs/${encodeURIComponent(id)}/cancel`)).data);
    } catch (error) {
      this.#uncancel(id);
      throw error;
    }
  }

  /** @param {string} id */
  #uncancel(id) {
    const job = this.#jobs.get(id);
    if (job) this.#jobs.set(id, { ...job, cancelRequested: false });
    this.#changed();
  }

  /** @param {any[]} events @param {() => Promise<any>} learn */
  #events(events, learn) {
    for (const { data } of events) if (data) this.take(data);
    return events.every(({ data }) => data) ? undefined : learn();
  }

  /** @param {Record<string, string>} query */
  #ask(query) {
    return this.#request("GET", `/api/jobs?${new URLSearchParams({ ...(this.#kind && { kind: this.#kind }), ...query })}`);
  }

  /** Keeps what is newer: what is known, or this. @param {Job} job */
  #put(job) {
    const known = this.#jobs.get(job.id);
    for (const meanwhile of this.#asking) meanwhile.add(job.id);
    if (known && (known.fence > job.fence || (!isActive(known) && isActive(job)))) return;
    this.#jobs.set(job.id, known ? ahead(known, job) : job);
    if (!isActive(job)) this.#heard.delete(job.id);
  }

  /** @param {string} id */
  #drop(id) {
    this.#jobs.delete(id);
    this.#heard.delete(id);
  }

  #newest() {
    return [...this.#jobs.values()].sort((a, b) => Number(b.id) - Number(a.id));
  }
}

/** The later word of a run, which counts no less than the one before. @param {Job} before @param {Job} now @returns {Job} */
function ahead(before, now) {
  const wanted = { ...now, cancelRequested: now.cancelRequested || (isActive(now) && before.cancelRequested) };
  const same = isActive(now) && before.fence === now.fence && before.progress?.stage === now.progress?.stage; // each stage counts anew
  const behind = same && (before.progress?.done ?? 0) > (now.progress?.done ?? 0);
  return behind ? { ...wanted, progress: before.progress } : risen(before, wanted);
}

/** The share that was seen does not fall, whoever goes on. @param {Job} before @param {Job} now @returns {Job} */
function risen(before, now) {
  const [seen, percent] = [percentOf(before), percentOf(now)];
  return seen !== null && percent !== null && percent < seen ? { ...now, progress: { ...now.progress, percent: seen } } : now;
}
