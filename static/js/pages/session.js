/**
 * One import session, live to its end: how far it is, what it did, what it found fault with, its log. What is looked at is the address:
 * `?severity=error&code=unknown_product&file=…` narrow the faults.
 */
import { html, nothing } from "lit";
import { clock } from "../core/clock.js";
import { Issues } from "../core/import-issues.js";
import { SessionWatch } from "../core/import-session.js";
import { canRetry, formHref, hasErrors, isActive, sessionHref } from "../core/imports.js";
import { sharedSource } from "../core/log-source.js";
import { pollWhileDown } from "../core/poll.js";
import { may } from "../core/rights.js";
import { t } from "../core/words.js";
import { failure } from "../elements/failure.js";
import { icon } from "../elements/icon.js";
import { issuesPanel } from "../elements/import-issues.js";
import { attempts, counts, files, speed, stages, verdict } from "../elements/import-report.js";
import { nameOf, stateMark, taskWords, when } from "../elements/import-words.js";
import { skeleton } from "../elements/list/empty.js";
import "../elements/spark-line.js";
import { SyncManager } from "../sync.js";
import { announce, showToast } from "../utils.js";
import { complain, startPage } from "./page.js";

/** What takes long shows how long, also where nothing is heard. */
const SECOND_MS = 1000;
/** Enough to read what an import did; more is on the page of logs. */
const LINES = 500;
const NARROW = /** @type {const} */ (["severity", "code", "file"]);

startPage("session", ({ user, draw }) => {
  const id = decodeURIComponent(location.pathname.replace(/\/+$/, "").split("/").at(-1) ?? "");
  const request = SyncManager.request.bind(SyncManager);
  const watch = new SessionWatch(id, { request, changed, ended });
  const issues = new Issues(id, here(), { request, changed: draw });
  const feed = sharedSource(SyncManager);
  let retrying = false;
  /** @type {(() => void)[]} */ let offs = [];
  /** It was seen running, so its end is news. */ let seen = false;

  const template = () => {
    if (!may(user, "imports.run")) return html`<div class="banner banner-bad" role="alert">${t("error.forbidden", { right: "imports.run" })}</div>`;
    const { session, error } = watch;
    if (!session) return error ? failure(error, look) : skeleton();
    const running = isActive(session);
    return html`
      ${head(session)}
      ${error ? failure(error, look) : nothing}
      ${verdict(session)}
      ${session.dryRun && running ? html`<p class="banner" data-dry>${icon("info-circle")} ${t("imports.dry_hint")}</p>` : nothing}
      ${session.issues?.codes?.mass_delete_skipped ? massDelete(session) : nothing}
      <section class="panel import-run" aria-label=${t("imports.stages")}>
        ${stages(session)}
        ${running ? speed(session, watch.rates) : nothing}
        ${attempts(session)}
      </section>
      ${counts(session)}
      ${issuesPanel(session, issues, { files: watch.files.map(({ name }) => name), narrow, more: () => issues.next() })}
      ${files(session, watch.files)}
      ${log()}`;
  };

  /** @param {import("../core/imports.js").Session} session */
  const head = (session) => html`
    <div class="page-head import-head"><h1>${t("imports.title", { name: nameOf(session) })}</h1> ${stateMark(session)}
      <span class="import-buttons">
        ${isActive(session) ? html`<button type="button" class="btn btn-plain" data-do="cancel" ?disabled=${session.cancelRequested} @click=${cancel}>${icon("x-lg")} ${t("jobs.cancel")}</button>` : nothing}
        ${canRetry(session) ? html`<button type="button" class="btn btn-primary" data-do="retry" ?disabled=${retrying} @click=${() => retry(false)}>${icon("arrow-repeat")} ${t("action.retry")}</button>` : nothing}
        ${canRetry(session) && hasErrors(session) ? html`<button type="button" class="btn btn-plain" data-do="retry-errors" ?disabled=${retrying} @click=${() => retry(true)}>${t("imports.retry_errors")}</button>` : nothing}
        ${isActive(session) ? nothing : html`<a class="btn btn-plain" data-do="again" href=${again(session)}>${t("imports.again")}</a>`}
        <button type="button" class="btn btn-plain" data-do="link" @click=${copy}>${icon("link-45deg")} ${t("imports.link")}</button>
      </span></div>
    <p class="import-facts by">${t("imports.source_of", { source: session.source })} · ${taskWords(session)} · ${when(session.startedAt ?? session.createdAt)}${session.requestedBy ? ` · ${session.requestedBy.name}` : ""}
      ${session.retryOf ? html` · <a href=${sessionHref(session.retryOf)}>${t("imports.retry_of_id", { id: session.retryOf })}</a>` : nothing} · <a href="/admin/integrations/session/">${t("imports.all")}</a></p>`;

  /** @param {import("../core/imports.js").Session} session */
  const massDelete = (session) => html`
    <p class="banner" data-mass-delete>${icon("exclamation-triangle")}<span>${t("imports.mass_delete")}</span>
      ${isActive(session) ? nothing : html`<a class="btn btn-sm btn-plain" href=${formHref({ type: session.type, source: session.source, allow_mass_delete: "1" })}>${t("imports.mass_delete_do")}</a>`}</p>`;

  /** It has the height of a log from the beginning on, so nothing jumps when its script has come. */
  const log = () => (may(user, "logs.view")
    ? html`<section aria-labelledby="log-title"><h2 id="log-title">${t("imports.log")}</h2>
      <log-stream class="import-log" .feed=${feed} source="import-${id}" .maxLogs=${LINES} .showFilters=${false} .permalink=${address}></log-stream></section>`
    : nothing);

  const address = (/** @type {string} */ line) => `/logs?${new URLSearchParams({ source: `import-${id}`, line })}`;

  /** @param {import("../core/imports.js").Session} session */
  const again = ({ type, source, dryRun, options = {} }) => formHref({ type, source, dry_run: flag(dryRun), skip_broken: flag(options.skipBroken), allow_mass_delete: flag(options.allowMassDelete) });

  function changed() {
    const { session } = watch;
    if (session && isActive(session)) seen = true;
    if (session) issues.grown(session.issuesTotal);
    draw();
  }

  /** Nothing of it changes any more: whatever waited for that stops. */
  function ended() {
    for (const off of offs.splice(0)) off();
    const { session } = watch;
    if (seen && session) announce(`${t("imports.title", { name: nameOf(session) })}: ${t("imports.ended")}`);
  }

  const look = () => watch.learn().catch(() => {}); // the page shows its failure
  const cancel = () => watch.cancel().catch((error) => complain(error, "import"));

  /** @param {boolean} onlyErrors */
  async function retry(onlyErrors) {
    retrying = true;
    draw();
    try {
      location.assign(sessionHref((await watch.retry(onlyErrors)).id));
    } catch (error) {
      complain(error, "import");
      retrying = false;
      draw();
    }
  }

  /** Of what shows here anyway no message need come. @param {Event} event */
  function hush(event) {
    const { type, data } = /** @type {CustomEvent} */ (event).detail ?? {};
    if (type === "import_complete" && String(data?.job) === id) event.preventDefault();
  }

  async function copy() {
    const url = new URL(location.pathname, location.origin).href;
    await navigator.clipboard.writeText(url).then(() => showToast(t("imports.link_copied"), "success", { key: "link" }), () => showToast(url, "info", { key: "link", persist: true }));
  }

  /** @param {Partial<import("../core/import-issues.js").Narrowed>} change */
  function narrow(change) {
    const narrowed = { ...issues.narrowed, ...change };
    const query = new URLSearchParams(Object.entries(narrowed).filter(([, value]) => value));
    history.replaceState(null, "", query.size > 0 ? `?${query}` : location.pathname);
    issues.show(narrowed);
  }

  async function start() {
    if (!may(user, "imports.run")) return;
    if (may(user, "logs.view")) import("../elements/log-stream.js").then(draw, complain);
    document.addEventListener("notification", hush);
    const tick = setInterval(draw, SECOND_MS);
    offs = [() => clearInterval(tick), pollWhileDown((listener) => SyncManager.onStatus(listener), () => watch.learn(), clock)];
    await watch.follow(SyncManager);
  }

  return { template, start };
});

/** @param {boolean|undefined} on */
const flag = (on) => (on ? "1" : undefined);

/** @returns {import("../core/import-issues.js").Narrowed} */
function here() {
  const query = new URLSearchParams(location.search);
  return /** @type {any} */ (Object.fromEntries(NARROW.map((name) => [name, query.get(name) ?? ""])));
}
