/** Users and rights: which group may do what, edited in place, and who is in which group. */
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { rightWords } from "../../core/audit-words.js";
import { formatAgo, formatNumber } from "../../core/format.js";
import { Matrix, lastAdmins, standing } from "../../core/matrix.js";
import { ENTITIES, OTHER_RIGHTS } from "../../core/rights.js";
import { explain, i18n, t } from "../../core/words.js";
import { SyncManager } from "../../sync.js";
import { showToast } from "../../utils.js";
import { icon } from "../icon.js";
import "../board.js"; // one shared file, see there
import { followRooms } from "./follow.js";

const RIGHTS = [...ENTITIES.flatMap((entity) => [`${entity}.view`, `${entity}.edit`]), ...OTHER_RIGHTS];
/** Rows of one request, and how many requests at most: a company of some thousand is read, more is what the page of users is for. */
const PAGE = 500;
const PAGES_MAX = 6;

/** @typedef {import("../../core/matrix.js").Group} Group */

/** @param {import("../../pages/page.js").Page} page @returns {import("../../pages/admin.js").Tab} */
export function make({ draw }) {
  const matrix = new Matrix(SyncManager.request.bind(SyncManager), draw);
  /** @type {any[]} */ let users = [];
  let loaded = false;
  let begun = false;
  let leave = () => {};

  async function learn() {
    const [groups, found] = await Promise.all([all("groups"), all("users")]);
    users = found;
    matrix.put(groups);
    loaded = true;
    draw();
  }

  function shown() {
    leave = followRooms(["users", "groups"], learn);
    if (!begun) SyncManager.startIdleGuard(learn);
    begun = true;
    return learn();
  }

  /** @param {Group} group @param {string} right @param {boolean} on */
  async function set(group, right, on) {
    try {
      const merged = await matrix.set(group.id, right, on);
      if (merged) showToast(t("rights.merged", { group: group.name, by: merged.updated_by?.name ?? t("form.system") }), "info");
    } catch (error) {
      showToast(t("rights.refused", { group: group.name, why: explain(error) }), "error", { key: `right-${group.id}-${right}` });
    }
  }

  const template = () => {
    if (!loaded) return nothing;
    const { groups } = matrix;
    const last = lastAdmins(groups, users);
    return html`
      <section class="panel" aria-labelledby="matrix-title">
        <h2 id="matrix-title">${t("rights.matrix")}</h2>
        <p class="by">${t("rights.matrix_hint")}</p>
        ${table(matrix, groups, last, set)}
      </section>
      <section class="panel" aria-labelledby="members-title">
        <h2 id="members-title">${t("rights.members")} <span class="count">${formatNumber(users.length)}</span></h2>
        ${repeat(groups, ({ id }) => id, (group) => members(group, users.filter(({ group_id: id }) => id === group.id), group.id === last))}
      </section>`;
  };

  return { template, shown, hidden: () => leave() };
}

/** @param {string} entity */
async function all(entity) {
  const rows = [];
  for (let page = 1, pages = 1; page <= pages && page <= PAGES_MAX; page += 1) {
    const { data } = await SyncManager.request("GET", `/api/${entity}?sort=name&page=${page}&per_page=${PAGE}`);
    rows.push(...data.items);
    pages = Math.ceil(data.total / PAGE);
  }
  return rows;
}

/** @param {Matrix} matrix @param {Group[]} groups @param {string|null} last @param {(group: Group, right: string, on: boolean) => void} set */
const table = (matrix, groups, last, set) => html`
  <div class="table-frame">
    <table class="table list matrix">
      <caption class="visually-hidden">${t("rights.matrix")}</caption>
      <thead>
        <tr><th scope="col" rowspan="2">${t("col.group_id")}</th>${ENTITIES.map((entity) => html`<th scope="colgroup" colspan="2">${t(`page.${entity}`)}</th>`)}
          ${OTHER_RIGHTS.map((right) => html`<th scope="col" rowspan="2">${right === "admin" ? t("right.all") : rightWords(i18n, right)}</th>`)}</tr>
        <tr>${ENTITIES.flatMap(() => /** @type {const} */ (["view", "edit"]).map((verb) => html`<th scope="col">${t(`right.${verb}`)}</th>`))}</tr>
      </thead>
      <tbody>${repeat(groups, ({ id }) => id, (group) => html`
        <tr data-group=${group.id}><th scope="row" class="group-name" data-theirs><a href="/groups?open=${group.id}">${group.name}</a></th>
          ${RIGHTS.map((right) => cell(matrix, group, right, right === "admin" && group.id === last, set))}</tr>`)}</tbody>
    </table>
  </div>`;

/** @param {Matrix} matrix @param {Group} group @param {string} right @param {boolean} needed nobody else is administrator @param {(group: Group, right: string, on: boolean) => void} set */
function cell(matrix, group, right, needed, set) {
  const how = standing(group, right);
  const name = `${group.name}: ${rightWords(i18n, right)}`;
  const why = needed ? t("error.last_admin") : how === "implied" ? t("rights.implied") : "";
  return html`<td data-label=${rightWords(i18n, right)} class="matrix-cell" title=${why}>
    <input type="checkbox" class="form-check-input" data-right=${right} data-standing=${how} aria-label=${why ? `${name}. ${why}` : name} .checked=${live(how !== "none")}
      ?disabled=${needed || how === "implied"} aria-busy=${String(matrix.pending(group.id, right))}
      @change=${(/** @type {any} */ event) => set(group, right, event.target.checked)}>
    ${needed ? icon("shield-lock") : nothing}</td>`;
}

/** The open state is the reader's. @param {Group} group @param {any[]} users @param {boolean} last */
const members = (group, users, last) => html`
  <details class="members" data-members-of=${group.id}>
    <summary><b>${group.name}</b> <span class="by">${t("rights.count", { count: users.length })}</span>
      ${last ? html`<span class="chip">${icon("shield-lock")} ${t("rights.last_admins")}</span>` : nothing}</summary>
    ${users.length === 0 ? html`<p class="by">${t("rights.nobody")}</p>` : html`<ul>${repeat(users, ({ id }) => id, (user) => html`
      <li><a href="/users?open=${user.id}">${user.name}</a> <span class="by">${user.login}</span>
        ${user.enabled ? nothing : html`<span class="chip">${t("rights.off")}</span>`}
        ${user.seen_at ? html`<span class="by">${t("rights.seen", { ago: formatAgo(user.seen_at) })}</span>` : nothing}</li>`)}</ul>`}
  </details>`;
