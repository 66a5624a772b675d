/**
 * Every view that a person can come to see: the pages, and what opens on them. The gates walk over this table, and so do the
 * screenshots; a new page, tab or dialog is a new row.
 *
 * `prepare` brings the page there and returns false where this build has no such view; whoever walks then says so and goes on.
 *
 * @typedef {object} View
 * @property {string} name           also the screenshots' name
 * @property {string} path
 * @property {string} [room]         the room that is waited for, `own` for the person's; default: as the path has it
 * @property {boolean} [stranger]    seen without having signed in
 * @property {string[]} [expected]   what the console may say meanwhile
 * @property {(page: any) => Promise<any>} [before]    before the page is opened: answers that are made up
 * @property {(page: any) => Promise<boolean|void>} [prepare]
 */
import { IMPORT_VIEWS } from "./import-views.mjs";
import { CATALOG_VIEWS } from "./catalog-views.mjs";
import { api, live, make } from "./support.mjs";

/** Two registrators, of which one is being scanned and the other's files are gone. */
async function scanning(page) {
  const subject = (id, name) => ({ entity: "registrators", id, name });
  const row = (id, name, more) => ({ id, name, folder: `scans/${id}`, category_id: null, files: 612, enabled: true, rev: 1, last_scan_at: null, updated_at: "2026-11-26T12:00:00.000Z", updated_by: null, ...more });
  const job = (id, state, more) => ({ id, kind: "scan", state, attempt: 1, fence: 1, cancelRequested: false, error: null, report: null, requestedBy: { id: "1", name: "Анна" },
    createdAt: "2026-11-26T12:00:00.000Z", startedAt: "2026-11-26T12:00:00.000Z", finishedAt: null, progress: null, ...more });
  const jobs = [
    job("7", "running", { subject: subject("1", "Архив-1"), progress: { stage: "walk", item: "2026/11", done: 12_408, total: null, percent: null, rate: 290, counts: { new: 31 } } }),
    job("6", "failed", { subject: subject("2", "Сканер-2"), finishedAt: "2026-11-26T12:00:09.000Z", error: { code: "scan.mass_missing", message: "600 of 612 files are not there any more" } }),
    job("5", "completed", { subject: subject("2", "Сканер-2"), finishedAt: "2026-11-26T12:00:09.000Z", report: { counts: { new: 31, missing: 2 } } }),
  ];
  const items = [row("1", "Архив-1"), row("2", "Сканер-2"), row("3", "Старый", { enabled: false })];
  await answer("registrators", { items, total: 3, page: 1, pages: 1 })(page);
  await page.route("**/api/jobs?**", (route) => route.fulfill({ json: { items: jobs, next: null } }));
}

async function scanRecord(page) {
  await page.locator('tr[data-id="2"] button.open').click();
  await opened(page, "dialog.record[open] .scans li");
}

/** A file that never arrives, and one that was refused. */
async function uploading(page) {
  await page.evaluate(() => { // nothing leaves the page: a request that is only held goes on when the view is cleared away
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function (form) {
      if (!(form instanceof FormData)) return send.call(this, form);
      if (!form.get("file").name.includes("отчёт")) return;
      Object.defineProperty(this, "status", { value: 413 });
      queueMicrotask(() => this.dispatchEvent(new Event("load")));
    };
  });
  const file = (name) => ({ name, mimeType: "text/plain", buffer: Buffer.from("x") });
  await page.setInputFiles("input[data-files]", [file("акт 77.docx"), file("отчёт.pdf"), file("счёт 118.pdf")]);
  await opened(page, '[data-upload][data-state="failed"]');
}

/** A few rows show what fifty would, and are looked through sooner. */
const FEW = "per_page=10";
const LISTS = ["files", "users", "groups", "categories", "registrators"];
const TABS = ["state", "rights", "sessions", "keys", "audit"];

/** An answer of the list's address that is made up. */
const answer = (entity, what) => (page) => page.route(`**/api/${entity}?**`, (route) => (typeof what === "number" ? route.fulfill({ status: what, body: "" }) : route.fulfill({ json: what })));

/** What has not opened by then is taken for a view that this build does not have. */
const SOON_MS = 5000;

const present = async (locator) => (await locator.count()) > 0;

const opened = (page, selector) => page.locator(selector).first().waitFor();

const openFirst = async (page) => {
  await page.locator("tr[data-id] button.open").first().click();
  await opened(page, "dialog.record[open]");
};

async function addWrongly(page) {
  await page.click("[data-add]");
  await opened(page, "dialog.record[open]");
  await page.click("dialog.record footer .btn-primary");
  await opened(page, "dialog.record .is-invalid");
}

/** Somebody else changes the field that is being changed here. */
async function conflict(page) {
  const file = await make.file(page, { note: "как было" });
  await page.goto(`/files?open=${file.id}`);
  await live(page, "files");
  await opened(page, "dialog.record[open]");
  await page.fill("#field-note", "как пишу я");
  await page.evaluate(async (file) => { // without our client id: another's change
    const { data } = await window.SyncManager.request("GET", "/api/me");
    await fetch(`/api/files/${file.id}`, { method: "PATCH", headers: { "Content-Type": "application/json", "X-CSRF-Token": data.csrf, "If-Match": `"${file.rev}"` }, body: JSON.stringify({ note: "как пишет другой" }) });
  }, file);
  await page.waitForFunction(() => document.body.innerText.includes("как пишет другой") || document.querySelector("dialog.record[open]")?.textContent.includes("как пишет другой"));
}

/** Closing what was typed and not saved is asked about. */
async function ask(page) {
  await openFirst(page);
  await page.fill("#field-note", "не сохранено");
  await page.keyboard.press("Escape");
  return page.locator("dialog.question[open]").waitFor({ timeout: SOON_MS }).then(() => true, () => false);
}

/** A record of our own is deleted, and can be had back. */
async function undo(page) {
  const category = await make.category(page);
  await page.goto(`/categories?q=${encodeURIComponent(category.name)}`);
  await live(page, "categories");
  await page.locator(`tr[data-id="${category.id}"] td.tight button`).click();
  await opened(page, ".notice");
}

const messages = (page) => page.evaluate(() => {
  window.showToast("Импорт завершён", "success", { persist: true });
  window.showToast("Категория изменена: Договоры", "warning", { persist: true });
  window.showToast("Сервер недоступен. Проверьте связь и повторите.", "error", { action: { label: "Повторить", run() {} } });
  window.showToast("Ещё одно", "info");
});

/** Pressed keys that open something. */
const keys = (combination, selector) => async (page) => {
  await page.keyboard.press(combination);
  await opened(page, selector);
};

/** A panel of the frame. */
const frameMenu = (id) => async (page) => {
  await page.click(`[popovertarget="${id}"]`);
  await opened(page, `#${id}:popover-open`);
};

/** One of each kind, told to oneself; told again they are the same ones. */
async function tellOneself(page) {
  const { user } = await api(page, "GET", "/api/me");
  const tell = (notice) => api(page, "POST", "/api/notifications", { to: { user: user.id }, key: `view-${notice.type}`, data: {}, ...notice });
  await tell({ type: "scan_complete", message: "Сканирование завершено: 31 новый файл, 2 пропали", status: "warning", data: { job: "5", registrator: "1" } });
  await tell({ type: "upload_status", message: "Загрузка logs.csv", data: { percent: 63 } });
  await tell({ type: "import_complete", message: "Импорт #42 завершён: 6 200 товаров, 15 мин 23 с", status: "success", data: { import: "42" } });
  await tell({ type: "alert", data: { title: "Высокая загрузка CPU", severity: "critical", source: "monitoring" } });
}

async function notifications(page) {
  await tellOneself(page);
  await opened(page, "main notice-list li");
  await opened(page, ".notice-error");
}

async function bell(page) {
  await tellOneself(page);
  await page.locator("notification-center .bell").click();
  await opened(page, "notification-center notice-list li");
}

async function ownSessions(page) {
  await frameMenu("person-menu")(page);
  await page.click("[data-sessions]");
  await opened(page, "dialog.sessions tr[data-session]");
}


/** Lines of every kind, one of them open. */
async function logs(page) {
  const source = `view-${Date.now()}`;
  const levels = ["debug", "info", "warning", "error", "critical"];
  await api(page, "POST", "/api/logs", levels.map((level) => ({ level, source, message: `incoming/акт 77.docx: ${level}`, metadata: { size: 7 } })));
  await page.locator("log-stream .row", { hasText: source }).last().click();
  await opened(page, "log-stream .details");
}

const menu = async (page) => {
  const button = page.locator("main button[popovertarget]").first();
  if (!(await present(button))) return false;
  await button.click();
  await opened(page, ":popover-open");
};

async function wrongPassword(page) {
  await page.fill("#login", "anna");
  await page.fill("#password", "certainly wrong");
  await page.click("form button.btn-primary");
  await opened(page, ".login .banner:not([hidden])");
}

/** @type {View[]} */
export const VIEWS = [
  { name: "index", path: "/", room: "files" },
  ...LISTS.map((name) => ({ name, path: `/${name}?${FEW}` })),
  { name: "logs", path: "/logs?source=view-*", room: "logs", prepare: logs },
  { name: "logs-empty", path: "/logs?source=nobody&type=error", room: "logs", prepare: (page) => opened(page, "log-stream [data-do=reset]") },
  { name: "admin", path: "/admin", room: "files" },
  ...TABS.map((tab) => ({ name: `admin-${tab}`, path: `/admin?tab=${tab}`, room: "admin", prepare: (page) => opened(page, `[data-shown="${tab}"] > *`) })),
  { name: "admin-new-key", path: "/admin?tab=keys", room: "admin", prepare: (page) => page.click(".key-maker summary") },
  { name: "record", path: `/files?${FEW}`, prepare: openFirst },
  { name: "record-group", path: `/groups?${FEW}`, prepare: openFirst },
  { name: "record-user", path: `/users?${FEW}`, prepare: openFirst },
  { name: "record-error", path: `/files?${FEW}`, prepare: addWrongly },
  { name: "conflict", path: `/files?${FEW}`, expected: ["status of 412"], prepare: conflict },
  { name: "question", path: `/files?${FEW}`, prepare: ask },
  { name: "undo", path: `/categories?${FEW}`, prepare: undo },
  { name: "menu", path: `/files?${FEW}`, prepare: menu },
  { name: "messages", path: `/files?${FEW}`, prepare: messages },
  { name: "bell", path: `/files?${FEW}`, prepare: bell },
  { name: "notifications", path: "/notifications", room: "own", prepare: notifications },
  { name: "notifications-empty", path: "/notifications?tab=archive", before: answer("notifications", { items: [], unread: 0, next: null }) },
  { name: "notifications-failed", path: "/notifications", before: answer("notifications", 503), expected: ["status of 503"], prepare: (page) => opened(page, "main notice-list [role=alert]") },
  { name: "scan", path: "/registrators", before: scanning, prepare: (page) => opened(page, "[data-cancel]") },
  { name: "scan-record", path: "/registrators", before: scanning, prepare: scanRecord },
  ...IMPORT_VIEWS,
  ...CATALOG_VIEWS,
  { name: "upload", path: `/files?${FEW}`, prepare: uploading },
  { name: "badge", path: `/files?${FEW}`, prepare: (page) => page.locator("conn-badge .state").click() },
  { name: "empty", path: `/registrators?${FEW}`, before: answer("registrators", { items: [], total: 0, page: 1, pages: 1 }) },
  { name: "nothing-found", path: "/files?q=%C2%AB%D0%BD%D0%B5%D1%82%20%D1%82%D0%B0%D0%BA%D0%BE%D0%B3%C2%BB", room: "files" },
  { name: "failed", path: `/files?${FEW}`, room: "files", expected: ["status of 503"], before: answer("files", 503), prepare: (page) => opened(page, "main [role=alert]") },
  { name: "palette", path: `/files?${FEW}`, prepare: keys("Control+k", "dialog.palette[open]") },
  { name: "help", path: `/files?${FEW}`, prepare: keys("?", "dialog.help[open]") },
  { name: "person-menu", path: `/files?${FEW}`, prepare: frameMenu("person-menu") },
  { name: "theme-menu", path: `/files?${FEW}`, prepare: frameMenu("theme-menu") },
  { name: "my-sessions", path: `/files?${FEW}`, prepare: ownSessions },
  { name: "debug", path: `/files?${FEW}`, prepare: keys("Alt+Shift+D", "aside.debug") },
  { name: "login", path: "/login", stranger: true },
  { name: "login-error", path: "/login", stranger: true, expected: ["status of 401"], prepare: wrongPassword },
];

/** Brings a page to a view. @param {any} page @param {View} view @returns {Promise<boolean>} false where this build has no such view */
export async function show(page, view) {
  await view.before?.(page);
  await page.goto(view.path);
  if (view.stranger) await opened(page, "#login");
  else if (view.before) await page.waitForFunction(() => document.querySelector("main")?.childElementCount > 0);
  else await live(page, view.room ?? view.path.split(/[/?]/)[1]);
  const there = await view.prepare?.(page);
  return there !== false;
}

/** Takes back what a view has left behind. @param {any} page */
export async function clear(page) {
  await page.evaluate(() => window.__syncDebug && (window.__syncDebug = false)); // the overlay is remembered for the tab
  await page.unrouteAll({ behavior: "ignoreErrors" });
}

/** Names for rows that a walk needs to see something. @param {any} page */
export async function furnish(page) {
  const { total } = await api(page, "GET", "/api/files?per_page=1");
  if (total > 0) return;
  const category = await make.category(page);
  await make.file(page, { category_id: category.id });
}
