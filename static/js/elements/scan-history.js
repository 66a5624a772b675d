/** The scans of one registrator in its dialog: the present one as in the list, and the last ones. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatAgo, formatDate } from "../core/format.js";
import { explain, t } from "../core/words.js";
import { icon } from "./icon.js";
import { counted, lasted, outcome, stateMark, whyFailed } from "./job-words.js";

const SHOWN = 10;

export class ScanHistory {
  /** @type {any} */ #error = null;
  #id;
  #ports;

  /** @param {string} id of the registrator @param {{jobs: import("../core/jobs.js").Jobs, draw: () => void, end: () => void, cell: () => unknown}} ports */
  constructor(id, ports) {
    this.#id = id;
    this.#ports = ports;
    this.look();
  }

  async look() {
    this.#error = await this.#ports.jobs.learnRecent({ entity: "registrators", id: this.#id }, SHOWN).then(() => null, (error) => error);
    this.#ports.draw();
  }

  /** The dialog is closed. */
  end() {
    this.#ports.end();
  }

  template() {
    const ended = this.#ports.jobs.of("registrators", this.#id).slice(0, SHOWN);
    return html`
      <section class="scans" aria-labelledby="scans-title">
        <h3 id="scans-title">${t("scan.history")}</h3>
        ${this.#ports.cell()}
        ${this.#error ? html`<p class="banner banner-bad" role="alert">${icon("exclamation-triangle")}<span>${explain(this.#error)}</span>
          <button type="button" class="btn btn-sm btn-plain" @click=${() => this.look()}>${t("action.retry")}</button></p>` : nothing}
        ${ended.length > 0 ? html`<ol>${repeat(ended, ({ id }) => id, line)}</ol>` : nothing}
      </section>`;
  }
}

/** @param {import("../core/jobs.js").Job} job */
const line = (job) => html`
  <li data-job=${job.id}>${stateMark(job)}
    <span>${told(job)}</span>
    <span class="by"><time datetime=${job.createdAt ?? ""} title=${formatDate(job.createdAt, "full")}>${formatAgo(job.createdAt)}</time>${[job.requestedBy?.name, lasted(job)].filter(Boolean).map((text) => ` · ${text}`)}</span></li>`;

/** What came of it, beside how it ended. @param {import("../core/jobs.js").Job} job */
function told(job) {
  if (!job.finishedAt) return nothing;
  if (job.state === "failed" && job.error) return whyFailed(job.error);
  return job.state === "cancelled" ? counted(job.progress?.counts) : outcome(job);
}
