import { changed } from "../elements/list-view.js";
import { listPage } from "./list-page.js";

listPage({
  entity: "users",
  sort: "name",
  columns: [
    { name: "name" },
    { name: "login" },
    { name: "email" },
    { name: "group_id", sort: "group_name", cell: (row) => row.group_name },
    { name: "enabled" },
    { name: "updated_at", cell: changed },
  ],
  filters: [{ name: "group_id", choices: "groups" }],
  fields: [
    { name: "login", kind: "line", required: true, max: 64, hint: "hint.login" },
    { name: "name", kind: "line", required: true, max: 120 },
    { name: "email", kind: "line", max: 254, type: "email" },
    { name: "group_id", kind: "select", required: true, choices: "groups" },
    { name: "password", kind: "password", required: true, createOnly: true, min: 8, max: 256, hint: "hint.password", autocomplete: "new-password" },
    { name: "enabled", kind: "switch" },
  ],
  defaults: { enabled: true },
});
