import { html } from "lit";
import { formatAgo, formatDate } from "../core/format.js";
import { t } from "../core/words.js";
import { changedColumn, enabledFilter, nowColumn, sinceFilter } from "./columns.js";
import { listPage } from "./list-page.js";

/** On line is who has a page open; others were here when their session was last used. @type {NonNullable<import("../elements/list-view.js").Column["cell"]>} */
function seen({ id, seen_at: at }, people) {
  if (people.isOnline(id)) return html`<span class="state online">${t("people.online")}</span>`;
  return at ? html`<time datetime=${new Date(at).toISOString()} title=${formatDate(at, "full")}>${t("people.seen", { ago: formatAgo(at) })}</time>` : t("people.never");
}

listPage({
  entity: "users",
  sort: "name",
  columns: [
    { name: "name" },
    { name: "login" },
    { name: "email" },
    { name: "group_id", sort: "group_name", cell: (row) => row.group_name },
    { name: "enabled" },
    { name: "seen_at", sort: false, cell: seen },
    changedColumn,
    nowColumn("users"),
  ],
  filters: [{ name: "group_id", choices: "groups" }, enabledFilter, sinceFilter],
  bulk: { set: ["group_id"], enable: true },
  fields: [
    { name: "login", kind: "line", required: true, max: 64, hint: "hint.login" },
    { name: "name", kind: "line", required: true, max: 120 },
    { name: "email", kind: "line", max: 254, type: "email" },
    { name: "group_id", kind: "select", required: true, choices: "groups" },
    { name: "password", kind: "password", required: true, createOnly: true, min: 8, max: 256, hint: "hint.password", autocomplete: "new-password" },
    { name: "enabled", kind: "switch" },
  ],
  defaults: { enabled: true },
  refs: { group_id: "groups" },
});
