import { html } from "lit";
import { formatNumber } from "../core/format.js";
import { changedColumn, enabledFilter, nowColumn, sinceFilter } from "./columns.js";
import { listPage } from "./list-page.js";
import { Scans } from "./registrators/scans.js";

listPage({
  entity: "registrators",
  sort: "name",
  columns: [
    { name: "name" },
    { name: "folder" },
    { name: "category_id", sort: "category_name", cell: (row) => row.category_name ?? "—" },
    { name: "files", align: "end", cell: (row) => html`<a href="/files?registrator_id=${row.id}">${formatNumber(row.files ?? 0)}</a>` },
    { name: "enabled" },
    { name: "last_scan_at", cell: (row, _people, scans) => scans.cell(row) },
    changedColumn,
    nowColumn("registrators"),
  ],
  filters: [{ name: "category_id", choices: "categories" }, enabledFilter, sinceFilter],
  bulk: { set: ["category_id"], enable: true },
  fields: [
    { name: "name", kind: "line", required: true, max: 120 },
    { name: "folder", kind: "line", required: true, max: 4096, hint: "hint.folder" },
    { name: "category_id", kind: "select", choices: "categories", hint: "hint.category" },
    { name: "enabled", kind: "switch" },
  ],
  defaults: { enabled: true },
  refs: { category_id: "categories" },
  watches: ["files"],
  extra: (page) => new Scans(page),
});
