/**
 * The operations that run now: what is stored of them, and between two such words their progress, of which the newest counts.
 *
 * @typedef {object} Progress
 * @property {string} [stage]
 * @property {string} [item]
 * @property {number} [done]
 * @property {number|null} [total]
 * @property {number|null} [percent]
 * @property {number} [rate]              a second
 * @property {number|null} [etaSeconds]
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {string} kind                `scan`
 * @property {string} state               `queued` `running` `retry_wait`, or how it ended
 * @property {number} fence               counts the runs: progress of an older one is none
 * @property {{entity: string, id: string, name: string}|null} subject
 * @property {boolean} cancelRequested
 * @property {Progress|null} progress
 */

const ACTIVE = new Set(["queued", "running", "retry_wait"]);

/** @param {Job} job */
export const isActive = ({ state }) => ACTIVE.has(state);

/** How far it is, 0 to 100; null where nobody knows. @param {Job} job */
export function percentOf({ progress }) {
  if (typeof progress?.percent === "number") return Math.min(100, progress.percent);
  return progress?.total ? Math.min(100, (100 * (progress.done ?? 0)) / progress.total) : null;
}

export class Jobs {
  /** @type {Map<string, Job>} */ #jobs = new Map();
  /** Job → the fence and number of its last progress. @type {Map<string, [number, number]>} */ #heard = new Map();
  #request;
  #changed;

  /** @param {{request: (method: string, url: string) => Promise<{data: any}>, changed: () => void}} ports */
  constructor({ request, changed }) {
    this.#request = request;
    this.#changed = changed;
  }

  /** Those that run or wait, the newest first. @returns {Job[]} */
  get active() {
    return [...this.#jobs.values()].filter(isActive).sort((a, b) => Number(b.id) - Number(a.id));
  }

  /** Asks for all of them. Resolves with how new the answer is. */
  async learn() {
    const answer = /** @type {any} */ (await this.#request("GET", "/api/jobs?active=1"));
    this.#jobs = new Map(answer.data.items.map((/** @type {Job} */ job) => [job.id, job]));
    this.#changed();
    return answer.position ?? null;
  }

  /** A job as it is stored now. @param {Job} job */
  take(job) {
    if (isActive(job)) this.#jobs.set(job.id, job);
    else this.#drop(job.id);
    this.#changed();
  }

  /** @param {Progress & {id: string, fence: number, n: number, state?: string}} said */
  hear({ id, fence, n, ...progress }) {
    const job = this.#jobs.get(id);
    const [lastFence, last] = this.#heard.get(id) ?? [0, 0];
    if (!job || fence < lastFence || (fence === lastFence && n <= last)) return;
    this.#heard.set(id, [fence, n]);
    this.#jobs.set(id, { ...job, progress: { ...job.progress, ...progress } });
    this.#changed();
  }

  /** Asks the job to stop; it says itself when it has. @param {string} id */
  async cancel(id) {
    const before = this.#jobs.get(id);
    if (before) this.take({ ...before, cancelRequested: true });
    try {
      this.take((await this.#request("POST", `/api/jobs/${encodeURIComponent(id)}/cancel`)).data);
    } catch (error) {
      if (before) this.take(before);
      throw error;
    }
  }

  /** @param {string} id */
  #drop(id) {
    this.#jobs.delete(id);
    this.#heard.delete(id);
  }
}
