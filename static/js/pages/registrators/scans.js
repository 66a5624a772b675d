/**
 * Scans on the page of registrators: of each row how the last one went or how far this one is, live; begun and ended from there.
 *
 * @typedef {import("../../core/jobs.js").Job} Job
 * @typedef {import("../../core/store.js").Row} Row
 */
import { serverNow } from "../../core/format.js";
import { Jobs, KINDS, isActive } from "../../core/jobs.js";
import { may } from "../../core/rights.js";
import { t } from "../../core/words.js";
import { ageStep } from "../../elements/list/cells.js";
import { ask } from "../../elements/question.js";
import { scanCell } from "../../elements/scan-face.js";
import { ScanHistory } from "../../elements/scan-history.js";
import { SyncManager } from "../../sync.js";
import { showToast } from "../../utils.js";
import { complain } from "../page.js";

/** @typedef {import("../../elements/scan-face.js").ScanState} ScanState */

const ENTITY = "registrators";

export class Scans {
  /** Registrator → the wish is under way. @type {Set<string>} */ #asked = new Set();
  /** Registrator → why the last wish was refused, at which revision. @type {Map<string, {error: any, rev: number}>} */ #refused = new Map();
  /** @type {Set<() => void>} */ #watchers = new Set();
  #user;
  #draw;

  /** @param {import("../page.js").Page} page */
  constructor({ user, draw }) {
    this.#user = user;
    this.#draw = draw;
    this.jobs = new Jobs({ request: SyncManager.request.bind(SyncManager), changed: () => this.#changed(), kind: "scan" });
  }

  start() {
    this.jobs.follow(SyncManager, "scan", { recent: true });
  }

  /** What the row shows of it: another list, another look. @param {Row} row */
  of(row) {
    const { running, last, asked, refusal, reason } = this.state(row);
    return [running, last, asked, refusal, reason, ageStep(last?.finishedAt, serverNow())];
  }

  /** @param {Row} row */
  cell(row) {
    return scanCell(row, this.state(row), "list");
  }

  /** For the record's dialog. @param {() => Row} row as it is then @param {() => void} draw */
  panel(row, draw) {
    this.#watchers.add(draw);
    const cell = () => scanCell(row(), this.state(row()), "record");
    return new ScanHistory(row().id, { jobs: this.jobs, draw, cell, end: () => this.#watchers.delete(draw) });
  }

  /** @param {Row} row @returns {ScanState} */
  state(row) {
    const jobs = this.jobs.of(ENTITY, row.id);
    const refused = this.#refused.get(row.id);
    return {
      running: jobs.find(isActive) ?? null,
      last: jobs.find((job) => !isActive(job)) ?? null,
      asked: this.#asked.has(row.id),
      refusal: refused?.rev === row.rev ? refused.error : null,
      reason: this.#reason(row),
      lines: may(this.#user, "logs.view"),
      runs: may(this.#user, KINDS.scan.run),
      scan: () => this.#scan(row),
      force: () => this.#force(row),
      cancel: () => this.#cancel(row),
    };
  }

  /** Why it cannot be scanned; null: it can. @param {Row} row */
  #reason(row) {
    if (!may(this.#user, KINDS.scan.run)) return t("scan.no_right");
    return row.enabled ? null : t("scan.off");
  }

  /** @param {Row} row @param {{force?: boolean}} [how] */
  async #scan(row, how = {}) {
    const reason = this.#reason(row);
    if (reason) return showToast(reason, "info", { key: `scan-${row.id}` });
    if (this.#asked.has(row.id)) return;
    this.#asked.add(row.id);
    this.#refused.delete(row.id);
    this.#changed();
    try {
      await this.jobs.begin(`/api/${ENTITY}/${encodeURIComponent(row.id)}/scan`, how);
    } catch (error) {
      await this.#refuse(row, error);
    } finally {
      this.#asked.delete(row.id);
      this.#changed();
    }
  }

  /** Each refusal names its cure, and stays beside the button where the cure takes a while. @param {Row} row @param {any} error */
  async #refuse(row, error) {
    if (error.code === "scan.running") await this.jobs.learn().catch(() => {}); // then it shows
    if (error.code === "scan.no_root") this.#refused.set(row.id, { error, rev: row.rev });
    complain(error, `scan-${row.id}`);
  }

  /** Most files are gone: a person says whether they really are. @param {Row} row */
  async #force(row) {
    const [gone, live] = this.state(row).last?.error?.message.match(/\d+/g)?.map(Number) ?? [];
    const sure = await ask({
      title: t("scan.force_title", { name: row.name }),
      text: gone && live ? t("scan.force_text", { count: gone, live }) : t("scan.force_some"),
      yes: t("scan.force_yes"),
      danger: true,
    });
    if (sure) await this.#scan(row, { force: true });
  }

  /** @param {Row} row */
  #cancel(row) {
    const { running } = this.state(row);
    if (running) this.jobs.cancel(running.id).catch((error) => complain(error, `scan-${row.id}`));
  }

  #changed() {
    this.#draw();
    for (const draw of this.#watchers) draw();
  }
}
