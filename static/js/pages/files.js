import { html } from "lit";
import { t } from "../core/words.js";
import { icon } from "../elements/icon.js";
import { changedColumn, nowColumn, sinceFilter } from "./columns.js";
import { Uploading } from "./files/uploading.js";
import { listPage } from "./list-page.js";

const STATUSES = ["new", "ready", "missing"];

/** Icon and word: colour alone says nothing to many. @param {any} row */
function status({ status }) {
  const sign = status === "ready" ? icon("check-circle") : status === "missing" ? icon("exclamation-triangle") : icon("plus-circle");
  return html`<span class="state state-${status}">${sign} ${t(`word.${/** @type {"new"|"ready"|"missing"} */ (status)}`)}</span>`;
}

listPage({
  entity: "files",
  sort: "name",
  columns: [
    { name: "name" },
    { name: "category_id", sort: "category_name", cell: (row) => row.category_name ?? "—" },
    { name: "registrator_id", sort: "registrator_name", cell: (row) => row.registrator_name ?? "—" },
    { name: "size", align: "end", cell: (row, _people, uploading) => uploading.size(row), shows: ["path"] },
    { name: "status", cell: status },
    changedColumn,
    nowColumn("files"),
  ],
  filters: [
    { name: "category_id", choices: "categories" },
    { name: "registrator_id", choices: "registrators" },
    { name: "status", words: STATUSES },
    sinceFilter,
  ],
  bulk: { set: ["category_id", "registrator_id", "status"] },
  fields: [
    { name: "name", kind: "line", required: true, max: 255 },
    { name: "category_id", kind: "select", choices: "categories" },
    { name: "registrator_id", kind: "select", choices: "registrators" },
    { name: "status", kind: "words", words: STATUSES },
    { name: "path", kind: "line", max: 4096, wide: true, hint: "hint.path" },
    { name: "note", kind: "text", max: 10_000 },
  ],
  defaults: { status: "new" },
  refs: { category_id: "categories", registrator_id: "registrators" },
  extra: (page, list) => new Uploading(page, list),
  next: () => html`<a class="btn btn-plain" href="/registrators">${t("page.registrators")} ${icon("arrow-right")}</a>`,
});
