/** Operations that run now, a line each: what, how far, and a way to end it. Nothing where none runs. */
import { html, nothing } from "lit";
import { Jobs, KINDS, familyOf } from "../core/jobs.js";
import { may } from "../core/rights.js";
import { t, word } from "../core/words.js";
import { SyncManager } from "../sync.js";
import { icon } from "./icon.js";
import { bar, cancelButton, howFar } from "./job-words.js";

/** @typedef {import("../core/jobs.js").Job} Job */
/** @typedef {import("../core/jobs.js").Kind} Kind */

export class JobsBar {
  #user;
  #complain;

  /** @param {import("../core/rights.js").User} user @param {{draw: () => void, complain: (error: any) => void}} ports */
  constructor(user, { draw, complain }) {
    this.#user = user;
    this.#complain = complain;
    this.jobs = new Jobs({ request: SyncManager.request.bind(SyncManager), changed: draw });
  }

  /** Follows the operations from now on, those of the kinds that the person may see. */
  async start() {
    const kinds = /** @type {Kind[]} */ (Object.keys(KINDS)).filter((kind) => may(this.#user, KINDS[kind].view));
    await Promise.all(kinds.map((kind) => this.jobs.follow(SyncManager, kind)));
  }

  template() {
    const { active } = this.jobs;
    return active.length === 0 ? nothing : html`<div class="operations" data-jobs>${active.map((job) => this.#line(job))}</div>`;
  }

  /** @param {Job} job */
  #line(job) {
    const name = job.subject ? t("jobs.of", { kind: word("job", job.kind), name: job.subject.name }) : word("job", job.kind);
    return html`
      <div class="operation" data-job=${job.id}>${icon("arrow-repeat")}
        <strong>${familyOf(job) === "import" ? html`<a href="/admin/integrations/session/${job.id}/">${name}</a>` : name}</strong>
        <span class="operation-state">${howFar(job)}</span>
        ${bar(job, name)}
        ${may(this.#user, KINDS[familyOf(job)]?.run ?? "admin") ? cancelButton(job, name, () => this.jobs.cancel(job.id).catch(this.#complain)) : nothing}
      </div>`;
  }
}
