import { html } from "lit";
import { formatNumber } from "../core/format.js";
import { ENTITIES, OTHER_RIGHTS } from "../core/rights.js";
import { t } from "../core/words.js";
import { changedColumn, nowColumn, sinceFilter } from "./columns.js";
import { listPage } from "./list-page.js";

const ALL = ENTITIES.length * 2 + OTHER_RIGHTS.length;

/** A right in words. @param {string} right */
function words(right) {
  const [entity, verb] = right.split(".");
  return ENTITIES.includes(entity) ? `${t(`page.${entity}`)}: ${t(`right.${verb}`)}` : t(`right.${right}`);
}

/** The open state of the details is the reader's. @param {any} row */
const rights = ({ permissions }) => html`
  <details class="rights-list"><summary>${permissions.includes("admin") ? t("right.all") : t("right.some", { count: permissions.length, all: ALL })}</summary>
    <ul>${permissions.map((/** @type {string} */ right) => html`<li>${words(right)}</li>`)}</ul></details>`;

listPage({
  entity: "groups",
  sort: "name",
  columns: [
    { name: "name" },
    { name: "description" },
    { name: "users", align: "end", cell: (row) => formatNumber(row.users ?? 0) },
    { name: "permissions", sort: false, cell: rights },
    changedColumn,
    nowColumn("groups"),
  ],
  filters: [sinceFilter],
  fields: [
    { name: "name", kind: "line", required: true, max: 120 },
    { name: "description", kind: "text", max: 2000 },
    { name: "permissions", kind: "rights" },
  ],
  defaults: { permissions: [] },
  watches: ["users"],
});
