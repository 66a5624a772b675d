import { html } from "lit";
import { formatAgo, formatDate, formatNumber } from "../core/format.js";
import { t } from "../core/words.js";
import { changedColumn, enabledFilter, nowColumn, sinceFilter } from "./columns.js";
import { listPage } from "./list-page.js";

/** @param {any} row */
const scanned = ({ last_scan_at: at }) => (at ? html`<time datetime=${at} title=${formatDate(at, "full")}>${formatAgo(at)}</time>` : t("word.never"));

listPage({
  entity: "registrators",
  sort: "name",
  columns: [
    { name: "name" },
    { name: "folder" },
    { name: "category_id", sort: "category_name", cell: (row) => row.category_name ?? "—" },
    { name: "files", align: "end", cell: (row) => html`<a href="/files?registrator_id=${row.id}">${formatNumber(row.files ?? 0)}</a>` },
    { name: "enabled" },
    { name: "last_scan_at", cell: scanned },
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
});
