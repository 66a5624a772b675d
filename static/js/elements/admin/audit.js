/** Audit: who changed what, from what to what, as far back as the ledger goes; its head is live. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { changeWords, fieldsOf, valueWords } from "../../core/audit-words.js";
import { AuditList } from "../../core/audit.js";
import { fieldName } from "../../core/changes.js";
import { formatDate } from "../../core/format.js";
import { choices } from "../../core/refs.js";
import { ENTITIES, visible } from "../../core/rights.js";
import { i18n, t } from "../../core/words.js";
import { SyncManager } from "../../sync.js";
import { failure } from "../failure.js";
import { moment, reasonWord, sign, thing } from "../board.js";
import { followRooms } from "./follow.js";

const REASONS = /** @type {const} */ (["added", "updated", "deleted", "toggled"]);
const FILTERS = /** @type {const} */ (["entity", "actor", "reason", "id"]);

/** @typedef {import("../../core/audit.js").Entry} Entry */

/** @param {import("../../pages/page.js").Page} page @returns {import("../../pages/admin.js").Tab} */
export function make({ user, draw }) {
  const request = SyncManager.request.bind(SyncManager);
  const audit = new AuditList(request, wanted(), draw);
  /** @type {{id: string, name: string}[]} */ let persons = [];
  let leave = () => {};
  let begun = false;

  const head = () => audit.head();

  function shown() {
    leave = followRooms(["admin", ...visible(user)], head);
    const first = audit.narrow(wanted());
    if (!begun) learnPersons().then(draw, () => {});
    if (!begun) SyncManager.startIdleGuard(head);
    begun = true;
    return first;
  }

  async function learnPersons() {
    persons = await choices(request, "users");
  }

  /** @param {typeof FILTERS[number]} name @param {string} value */
  function narrow(name, value) {
    const filter = { ...audit.filter, [name]: value, ...(name === "entity" ? { id: "" } : {}) };
    const params = new URLSearchParams([["tab", "audit"], ...Object.entries(filter).filter(([, chosen]) => chosen)]);
    history.replaceState(null, "", `?${params}`);
    audit.narrow(filter);
  }

  const template = () => html`
    ${toolbar(audit.filter, persons, narrow)}
    ${audit.error ? failure(audit.error, head) : nothing}
    <section class="panel" aria-label=${t("tab.audit")}>
      ${audit.loaded && audit.items.length === 0 ? html`<p class="by">${t("audit.none")}</p>` : nothing}
      <ol class="feed audit" aria-busy=${String(audit.busy)}>${repeat(audit.items, ({ seq, event }) => `${seq} ${event}`, (entry) => line(entry, narrow))}</ol>
      <div class="feed-end">
        ${audit.next !== null ? html`<button type="button" class="btn btn-sm btn-plain" data-more ?disabled=${audit.busy} @click=${() => audit.more()}>${t("feed.older")}</button>`
          : audit.loaded && audit.since ? html`<p class="by">${t("audit.since", { date: formatDate(audit.since) })}</p>` : nothing}
      </div>
    </section>`;

  return { template, shown, hidden: () => leave() };
}

/** As the address says. @returns {import("../../core/audit.js").AuditFilter} */
function wanted() {
  const params = new URLSearchParams(location.search);
  return /** @type {any} */ (Object.fromEntries(FILTERS.map((name) => [name, params.get(name) ?? ""])));
}

/** @param {import("../../core/audit.js").AuditFilter} filter @param {{id: string, name: string}[]} persons @param {(name: typeof FILTERS[number], value: string) => void} narrow */
const toolbar = (filter, persons, narrow) => html`
  <div class="toolbar" role="search">
    ${select("entity", t("feed.all_entities"), filter, ENTITIES.map((id) => ({ id, name: t(`page.${id}`) })), narrow)}
    ${select("actor", t("feed.all_persons"), filter, [{ id: "null", name: t("form.system") }, ...persons], narrow)}
    ${select("reason", t("audit.all_reasons"), filter, REASONS.map((id) => ({ id, name: t(`feed.${id}`) })), narrow)}
    ${filter.id ? html`<button type="button" class="btn btn-plain" @click=${() => narrow("id", "")}>${t("audit.record", { id: filter.id })} ✕</button>` : nothing}
  </div>`;

/** @param {"entity"|"actor"|"reason"} name @param {string} all @param {import("../../core/audit.js").AuditFilter} filter @param {{id: string, name: string}[]} offered
 * @param {(name: typeof FILTERS[number], value: string) => void} narrow */
const select = (name, all, filter, offered, narrow) => html`
  <select class="form-select filter" data-audit=${name} aria-label=${t(`audit.by_${name}`)} @change=${(/** @type {any} */ event) => narrow(name, event.target.value)}>
    <option value="" ?selected=${!filter[name]}>${all}</option>
    ${offered.map((choice) => html`<option value=${choice.id} ?selected=${filter[name] === choice.id}>${choice.name}</option>`)}
  </select>`;

/** @param {Entry} entry @param {(name: typeof FILTERS[number], value: string) => void} narrow */
function line(entry, narrow) {
  const { seq, reason, actor, entity, id, event, worker, rev } = entry;
  const what = thing({ entity: entity ?? event, id, name: entry.name ?? "", reason });
  return html`<li data-seq=${seq}>
    ${moment(seq)}<span class="feed-sign feed-${reason}">${sign(reason)}</span>
    <div class="feed-text"><span class="who">${actor?.name ?? t("form.system")}</span> ${reasonWord(reason)}: ${what}
      ${entity && id !== "*" && !new URLSearchParams(location.search).get("id") ? html`<button type="button" class="link" title=${t("audit.history")} @click=${() => (narrow("entity", entity), narrow("id", id))}>${t("audit.history")}</button>` : nothing}
      ${changes(entry)}</div>
    <span class="feed-detail" title=${t("feed.worker", { worker: String(worker) })}>${rev ? t("form.rev", { rev }) : nothing}</span>
  </li>`;
}

/** Each field from → to; of what is new, what it began with. @param {Entry} entry */
function changes({ entity, changes, reason }) {
  if (!changes) return nothing;
  const fields = fieldsOf(changes).filter((field) => reason !== "added" || !empty(changes[field].to));
  if (fields.length === 0) return nothing;
  return html`<dl class="changes ${reason === "added" ? "changes-inline" : ""}">${fields.map((field) => html`
    <div><dt>${fieldName(i18n, entity ?? "", field)}</dt><dd>${reason === "added" ? valueWords(i18n, field, changes[field].to, changes[field].to_name) : changeWords(i18n, field, changes[field])}</dd></div>`)}</dl>`;
}

/** @param {any} value */
const empty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
