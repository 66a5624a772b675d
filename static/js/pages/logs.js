/**
 * The log, live: `<log-stream>` over the page's own connection, and the operations that write into it.
 *
 * What is looked at is the address: the filter, the line that is open (`?line=…`), how many lines are kept.
 */
import { html } from "lit";
import { logFilter, fromParams, toParams, NO_FILTER } from "../core/log-filter.js";
import { sharedSource } from "../core/log-source.js";
import { shortcut } from "../core/keys.js";
import { recall, remember } from "../core/remember.js";
import { may } from "../core/rights.js";
import { t } from "../core/words.js";
import { JobsBar } from "../elements/jobs-bar.js";
import "../elements/log-stream.js";
import { SyncManager } from "../sync.js";
import { complain, startPage } from "./page.js";

/** Enough to read back a while; who wants more says so. */
const LINES = 500;
/** Where the choice of looks is remembered. */
const LOOKS = "logs";

startPage("logs", ({ user, draw }) => {
  const feed = sharedSource(SyncManager);
  const bar = new JobsBar(user, { draw, complain });
  const looks = { wrap: false, utc: false, max: LINES, ...recall(LOOKS) };
  let params = new URLSearchParams(location.search);
  let filter = fromParams(params);
  /** @type {string|null} */ let line = params.get("line");

  const stream = () => /** @type {import("../elements/log-stream.js").LogStream|null} */ (document.querySelector("main log-stream"));

  const template = () => {
    if (!may(user, "logs.view")) return html`<div class="banner banner-bad" role="alert">${t("error.forbidden", { right: "logs.view" })}</div>`;
    return html`
      <div class="page-head"><h1>${t("page.logs")}</h1></div>
      ${bar.template()}
      <log-stream class="logs" .feed=${feed} .permalink=${address} .maxLogs=${looks.max} .wrap=${looks.wrap} .timezone=${looks.utc ? "utc" : "local"}
        .type=${filter.type} .level=${filter.level} .source=${filter.source} .environment=${filter.environment} .text=${filter.text} .regex=${filter.regex}
        @filters-change=${filtered} @line=${opened} @looks-change=${looked}></log-stream>`;
  };

  /** The address of the page with a line open. @param {string|null} id */
  function address(id) {
    const query = toParams(filter);
    if (id) query.set("line", id);
    const text = query.toString();
    return `/logs${text ? `?${text}` : ""}`;
  }

  /** @param {CustomEvent} event */
  function filtered({ detail }) {
    filter = logFilter(detail);
    history.replaceState(null, "", address(line));
  }

  /** @param {CustomEvent} event */
  function opened({ detail }) {
    line = detail.id;
    history.replaceState(null, "", address(line));
  }

  /** @param {CustomEvent} event */
  function looked({ detail }) {
    Object.assign(looks, detail);
    remember(LOOKS, looks);
    draw();
  }

  /** Back or forward, or an address typed. */
  function travelled() {
    params = new URLSearchParams(location.search);
    stream()?.setFilters({ ...NO_FILTER, ...fromParams(params) });
  }

  async function start() {
    if (!may(user, "logs.view")) return;
    addEventListener("popstate", travelled);
    shortcut({ key: " ", label: "key.pause", when: onPage, run: () => toggle() });
    bar.start().catch(complain);
    await null; // the page is drawn by then
    if (line) await stream()?.goTo(line);
  }

  function toggle() {
    const log = stream();
    if (log) log.paused = !log.paused;
  }

  return { template, start };
});

/** Space presses a button and scrolls elsewhere: it pauses only where it means nothing else. @param {KeyboardEvent} event */
const onPage = (event) => {
  const target = event.composedPath()[0];
  return !(target instanceof Element && target.closest("button, a, input, select, textarea, summary, label, [role=button], [role^=menuitem]"));
};
