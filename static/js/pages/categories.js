import { html } from "lit";
import { formatNumber } from "../core/format.js";
import { changed } from "../elements/list-view.js";
import { listPage } from "./list-page.js";

listPage({
  entity: "categories",
  sort: "name",
  columns: [
    { name: "name" },
    { name: "parent_id", sort: "parent_name", cell: (row) => row.parent_name ?? "—" },
    { name: "description" },
    { name: "files", align: "end", cell: (row) => html`<a href="/files?category_id=${row.id}">${formatNumber(row.files ?? 0)}</a>` },
    { name: "enabled" },
    { name: "updated_at", cell: changed },
  ],
  fields: [
    { name: "name", kind: "line", required: true, max: 120 },
    { name: "parent_id", kind: "select", choices: "categories" },
    { name: "description", kind: "text", max: 2000 },
    { name: "enabled", kind: "switch" },
  ],
  defaults: { enabled: true },
  watches: ["files"],
});
