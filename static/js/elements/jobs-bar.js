/** Operations that run now, a line each: what, how far, and a way to end it. Nothing where none runs. */
import { html, nothing } from "lit";
import { formatDuration, formatNumber } from "../core/format.js";
import { Jobs, percentOf } from "../core/jobs.js";
import { may } from "../core/rights.js";
import { t, word } from "../core/words.js";
import { SyncManager } from "../sync.js";
import { icon } from "./icon.js";

/** @typedef {import("../core/jobs.js").Job} Job */

/** Who may end an operation of a kind. @type {Record<string, string>} */
const RUNS = { scan: "scans.run", import: "imports.run" };
/** What a person without any of these cannot see. */
const ROOM = { name: "registrators", right: "registrators.view" };

export class JobsBar {
  #user;
  #complain;

  /** @param {import("../core/rights.js").User} user @param {{draw: () => void, complain: (error: any) => void}} ports */
  constructor(user, { draw, complain }) {
    this.#user = user;
    this.#complain = complain;
    this.jobs = new Jobs({ request: (method, url) => SyncManager.request(method, url), changed: draw });
  }

  /** Follows the operations from now on, where the person may see them. */
  async start() {
    if (!may(this.#user, ROOM.right)) return;
    SyncManager.on("jobs:changed", (events) => this.#changed(events), { batch: true, rooms: [ROOM.name] });
    SyncManager.hear("scan:progress", (progress) => this.jobs.hear(progress));
    SyncManager.joinRoom(ROOM.name, { position: await this.jobs.learn().catch(() => null) });
  }

  template() {
    const { active } = this.jobs;
    return active.length === 0 ? nothing : html`<div class="operations" data-jobs>${active.map((job) => this.#line(job))}</div>`;
  }

  /** @param {any[]} events */
  #changed(events) {
    for (const { data } of events) if (data) this.jobs.take(data);
    return events.every(({ data }) => data) ? undefined : this.jobs.learn();
  }

  /** @param {Job} job */
  #line(job) {
    const percent = percentOf(job);
    const name = job.subject ? t("jobs.of", { kind: word("job", job.kind), name: job.subject.name }) : word("job", job.kind);
    return html`
      <div class="operation" data-job=${job.id}>${icon("arrow-repeat")}
        <strong>${name}</strong>
        <span class="operation-state">${job.cancelRequested ? t("jobs.cancelling") : job.state === "running" ? howFar(percent, job.progress) : word("jobstate", job.state)}</span>
        <progress max="100" aria-label=${name} value=${percent ?? nothing}></progress>
        ${may(this.#user, RUNS[job.kind] ?? "admin") ? this.#cancel(job) : nothing}
      </div>`;
  }

  /** @param {Job} job */
  #cancel({ id, cancelRequested }) {
    return html`<button type="button" class="btn btn-sm btn-plain" data-cancel ?disabled=${cancelRequested} @click=${() => this.jobs.cancel(id).catch(this.#complain)}>${t("jobs.cancel")}</button>`;
  }
}

/** `47 % · 290/s · 2 min left`. @param {number|null} percent @param {import("../core/jobs.js").Progress|null} progress */
function howFar(percent, progress) {
  const { done = 0, rate, etaSeconds } = progress ?? {};
  const parts = [
    percent === null ? formatNumber(done) : `${formatNumber(Math.floor(percent))} %`,
    rate ? t("jobs.rate", { rate: Math.round(rate) }) : "",
    etaSeconds ? t("jobs.left", { time: formatDuration(etaSeconds * 1000) }) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}
