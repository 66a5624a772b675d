/** The pages of imports in their states, with answers that are made up: an import that runs, one that has failed, a form before the first. */

const tally = (read, more = {}) => ({ read, created: 0, updated: 0, unchanged: 0, deactivated: 0, skipped: 0, failed: 0, ...more });

const STAGES = [["scan", 6, 6, 12.1], ["groups", 310, 310, 0.4], ["products", 3906, 6200, null], ["offers", 0, 6200], ["prices", 0, 18_600], ["stocks", 0, 6200]]
  .map(([name, done, total, seconds]) => ({ name, done, total, ...(seconds !== undefined && { seconds }) }));

/** A session as the server shows it. */
const session = (id, type, state, more = {}) => ({
  id, kind: `import.${type}`, type, state, attempt: 1, maxAttempts: 3, fence: 1, worker: 12_345, cancelRequested: false, source: "1c/2026-11", dryRun: false,
  options: { skipBroken: false, allowMassDelete: false, only: [] }, progress: null, counts: {}, issuesTotal: 0, issues: { error: 0, warning: 0, codes: {} }, error: null, report: null,
  requestedBy: { id: "1", name: "Анна" }, retryOf: null, createdAt: "2026-11-26T11:30:14.800Z", startedAt: "2026-11-26T11:30:15.000Z", finishedAt: null, runAt: null, seconds: null, ...more,
});

const running = session("42", "catalog", "running", {
  attempt: 2, fence: 2, worker: 12_399,
  progress: { stage: "products", item: "goods/goods_1_3.xml", file: "goods/goods_1_3.xml", done: 3906, total: 6200, percent: 63, rate: 412, etaSeconds: 320, stages: STAGES },
  counts: { groups: tally(310, { created: 310 }), products: tally(3906, { created: 3120, updated: 771, unchanged: 7, skipped: 6, failed: 2 }) },
  issuesTotal: 3, issues: { error: 2, warning: 1, codes: { unknown_product: 2, unknown_group: 1 } },
  lost: [{ at: "2026-11-26T11:41:07Z", worker: 12_345, by: 12_399, file: "goods_1_3.xml", ordinal: 1500 }],
});

const done = session("40", "catalog", "completed_with_errors", {
  finishedAt: "2026-11-26T11:45:38Z", seconds: 923.4, dryRun: true, progress: { stage: "finish", done: 0, total: 0, percent: 100, stages: STAGES.map((stage) => ({ ...stage, done: stage.total, seconds: stage.seconds ?? 41 })) },
  counts: { products: tally(6200, { created: 6100, updated: 98, failed: 2 }) }, issuesTotal: 3,
  issues: { error: 3, warning: 0, codes: { unknown_product: 2, mass_delete_skipped: 1 } }, report: { products_created: 6100, execution_time: "15m 23s" },
});

const failed = session("41", "prices", "failed", {
  finishedAt: "2026-11-26T11:02:52Z", seconds: 52, progress: { percent: 12, stages: [] }, error: { code: "import.broken_file", message: "prices/prices_1_2.xml:118:7: the file ends in the middle of an element" },
});

const issue = (n, severity, code, more = {}) => ({ n, severity, code, file: "offers/offers_1_1.xml", line: 118 + n, column: 7, kind: "offer", extId: "0e6f1b6c-33a6-11e0-9bf9-00155d010d00#1187", field: "Ид", value: "К-77", message: "Нет товара с таким Ид: предложение пропущено", ...more });

const FILES = [
  { name: "goods/goods_1_2.xml", kinds: ["product"], bytes: 84_213_000, encoding: "UTF-8", rows: 2067, done: 2067, state: "done", error: null },
  { name: "goods/goods_1_3.xml", kinds: ["product"], bytes: 83_100_000, encoding: "windows-1251", rows: 2066, done: 1839, state: "running", error: null },
  { name: "offers/offers_1_1.xml", kinds: ["offer", "price"], bytes: 12_000_000, encoding: "UTF-8", rows: 6200, done: 0, state: "waiting", error: null },
  { name: "offers/offers_1_2.xml", kinds: [], bytes: 4000, encoding: null, rows: 0, done: 0, state: "broken", error: { code: "truncated", message: "the file ends in the middle of an element", line: 12, column: 5 } },
];

const sources = { root: "/var/lib/lockstep/imports", active: null,
  items: [{ name: "1c/2026-11", kind: "folder", files: 607, bytes: 446_000_000, modifiedAt: "2026-11-26T11:00:00Z" }, { name: "uploads/2026-11-25-7f3a", kind: "archive", files: 1, bytes: 523_000, modifiedAt: "2026-11-25T11:00:00Z" }],
  types: [{ type: "catalog", ready: true, why: null }, { type: "stocks", ready: false, why: "import.catalog_required", message: null }, { type: "prices", ready: false, why: "import.catalog_required", message: null }, { type: "customers", ready: true, why: null }] };

const preview = { source: "1c/2026-11", counts: { group: 310, product: 6200, offer: 6200, stock: 6200 }, ignored: 2, documents: 1, missing: ["price"], full: true, bringsGoods: true, ready: true, why: null,
  files: [
    { name: "goods/goods_1_2.xml", bytes: 84_213_000, encoding: "UTF-8", schema: "3.1", kinds: { group: 310, product: 2067 }, full: ["catalog"], problems: { no_id: 2 }, error: null, seenBefore: "41" },
    { name: "offers/offers_1_1.xml", bytes: 12_000_000, encoding: "windows-1251", schema: "3.1", kinds: { offer: 6200 }, full: [], problems: {}, error: null, seenBefore: null },
    { name: "offers/offers_1_2.xml", bytes: 4000, encoding: null, schema: null, kinds: {}, full: [], problems: {}, error: { code: "truncated", message: "the file ends in the middle of an element", line: 12, column: 5 }, seenBefore: null },
  ] };

/** What the server says to each address below `/api/imports`. @param {any} page @param {Record<string, any>} answers path → JSON */
const answers = (page, answers) => page.route(/\/api\/imports(\/[^?]*)?(\?.*)?$/, (route) => {
  const path = new URL(route.request().url()).pathname.slice("/api/imports".length);
  return path in answers ? route.fulfill({ json: answers[path] }) : route.fulfill({ status: 404, json: { error: { code: "not_found", message: "no such session" } } });
});

const opened = (page, selector) => page.locator(selector).first().waitFor();
const list = (...items) => ({ items, next: items.length > 0 ? items.at(-1).id : null });

const FORM = "/admin/integrations/import_1c/";
const LIST = "/admin/integrations/session/";
const found = list(issue(1, "error", "unknown_product"), issue(2, "error", "unknown_product"), issue(3, "warning", "unknown_group", { value: null, extId: null }));

const detail = (which, more = {}) => (page) => answers(page, { [`/${which.id}`]: { ...which, files: FILES }, [`/${which.id}/issues`]: { ...found, next: null, total: 3 }, ...more });

async function look(page) {
  await page.click("[data-preview]");
  await opened(page, "[data-found]");
}

/** @type {import("./views.mjs").View[]} */
export const IMPORT_VIEWS = [
  { name: "imports", path: LIST, before: (page) => answers(page, { "": list(running, failed, done, session("39", "stocks", "completed", { finishedAt: "2026-11-26T10:00:00Z", seconds: 3, counts: { stocks: tally(6200, { unchanged: 6200 }) } }), session("38", "customers", "cancelled"), session("37", "catalog", "queued", { startedAt: null })) }), prepare: (page) => opened(page, "[data-session]") },
  { name: "imports-empty", path: LIST, before: (page) => answers(page, { "": list() }), prepare: (page) => opened(page, ".empty") },
  { name: "import-running", path: `${LIST}42/`, before: detail(running), prepare: (page) => page.click("[data-set-files] summary") },
  { name: "import-done", path: `${LIST}40/`, before: detail(done), prepare: (page) => opened(page, "[data-issue]") },
  { name: "import-failed", path: `${LIST}41/`, before: detail(failed), prepare: (page) => opened(page, "[data-verdict]") },
  { name: "import-gone", path: `${LIST}7/`, before: (page) => answers(page, {}), expected: ["status of 404"], prepare: (page) => opened(page, "main [role=alert]") },
  { name: "import-form", path: FORM, before: (page) => answers(page, { "/sources": sources, "": list(), "/preview": preview }), prepare: look },
  { name: "import-locked", path: `${FORM}?type=stocks`, before: (page) => answers(page, { "/sources": { ...sources, active: running }, "": list(running) }), prepare: (page) => opened(page, "[data-running]") },
  { name: "import-nothing", path: FORM, before: (page) => answers(page, { "/sources": { ...sources, items: [] }, "": list() }), prepare: (page) => opened(page, "[data-no-source]") },
];
