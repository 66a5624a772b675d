import { html } from "lit";
import { formatNumber } from "../core/format.js";
import { changedColumn, enabledFilter, nowColumn, sinceFilter } from "./columns.js";
import { listPage } from "./list-page.js";

listPage({
  entity: "categories",
  sort: "name",
  perPage: 200, // most trees fit on one page so, and only then they are shown as trees
  tree: true,
  columns: [
    { name: "name" },
    { name: "parent_id", sort: "parent_name", cell: (row) => row.parent_name ?? "—" },
    { name: "description" },
    { name: "files", align: "end", cell: (row) => html`<a href="/files?category_id=${row.id}">${formatNumber(row.files ?? 0)}</a>` },
    { name: "enabled" },
    changedColumn,
    nowColumn("categories"),
  ],
  filters: [{ name: "parent_id", choices: "categories" }, enabledFilter, sinceFilter],
  bulk: { set: ["parent_id"], enable: true },
  fields: [
    { name: "name", kind: "line", required: true, max: 120 },
    { name: "parent_id", kind: "select", choices: "categories" },
    { name: "description", kind: "text", max: 2000 },
    { name: "enabled", kind: "switch" },
  ],
  defaults: { enabled: true },
  refs: { parent_id: "categories" },
  watches: ["files"],
});
