/** What one notice says, how serious it is, where it leads. */
import assert from "node:assert/strict";
import test from "node:test";
import { fits, hrefOf, isCritical, noticeOf, progressOf, queryOf, sourceOf, statusOf, textOf } from "../core/notice.js";

const notice = (type, data = {}, more = {}) => noticeOf({ id: "1", type, data, timestamp: "2026-11-26T12:00:00.000Z", ...more });

test("a notice is taken out of its event, and whatever is missing is harmless", () => {
  assert.deepEqual(noticeOf({ id: 7, reason: "added", seq: 5, type: "alert", data: null, timestamp: "t", unread: 3 }),
    { id: "7", type: "alert", data: {}, timestamp: "t", read: false, archived: false, count: undefined, message: undefined, status: undefined });
});

test("how serious it is: its status, else its level, else its type", () => {
  for (const [given, expected] of [
    [notice("scan_complete", {}, { status: "success" }), "success"], [notice("system", {}, { status: "mauve" }), "info"],
    [notice("alert", { severity: "critical" }), "error"], [notice("alert", { level: "WARNING" }), "warning"], [notice("alert"), "warning"],
    [notice("log_event", { level: "error" }), "error"], [notice("log_event"), "error"], [notice("anything"), "info"],
  ]) assert.equal(statusOf(given), expected, JSON.stringify(given));
  assert.deepEqual([isCritical(notice("alert", { level: "critical" })), isCritical(notice("alert", { level: "error" }))], [true, false]);
});

test("its sentence and its source are found where people put them, and are text only", () => {
  assert.equal(textOf(notice("alert", { title: "t", message: "m" }, { message: "own" })), "t: own");
  assert.equal(textOf(notice("alert", { title: "CPU", message: "CPU is busy" })), "CPU is busy");
  assert.equal(textOf(notice("alert", { title: "t", message: "m" })), "t: m");
  assert.equal(textOf(notice("alert", { title: { html: "<b>" }, message: " " })), null);
  assert.equal(sourceOf(notice("upload_status", { filename: "logs.csv" })), "logs.csv");
  assert.equal(sourceOf(notice("scan_complete", { registrator: { id: "5", name: "Архив-1" } })), "Архив-1");
});

test("an upload says how far it has come, whichever way it counts", () => {
  for (const [data, expected] of [[{ percent: 63.4 }, 63], [{ progress: 140 }, 100], [{ loaded: 1, total: 3 }, 33], [{ total: 3 }, null], [{}, null], [{ percent: "50" }, null]]) {
    assert.equal(progressOf(notice("upload_status", data)), expected, JSON.stringify(data));
  }
  assert.equal(progressOf(notice("alert", { percent: 50 })), null);
});

test("it leads to the record, the import, the registrator, the log; never off this server", () => {
  for (const [given, expected] of [
    [notice("system", { entity: "files", id: "118" }), "/files?open=118"], [notice("system", { entity: "javascript:", id: "1" }), null],
    [notice("import_complete", { import: 42 }), "/admin/integrations/session/42/"], [notice("import_complete", { session: { id: "42" } }), "/admin/integrations/session/42/"],
    [notice("import_complete", { job: "42", type: "catalog" }), "/admin/integrations/session/42/"], [notice("alert", { job: "42" }), null],
    [notice("scan_complete", { job: "9", registrator: "5" }), "/registrators?open=5"], [notice("scan_complete", { registrator: { id: 5 } }), "/registrators?open=5"],
    [notice("upload_status", { file: { id: "7" } }), "/files?open=7"], [notice("log_event", { id: "w1-7" }), "/logs?line=w1-7"], [notice("log_event", {}), "/logs?type=error"],
    [notice("system", { href: "/files?q=a" }), "/files?q=a"], [notice("system", { href: "//evil.example" }), null], [notice("system", { href: "/\\evil.example" }), null],
    [notice("system", { href: "javascript:alert(1)" }), null], [notice("scan_complete", { registrator: "../x?y" }), "/registrators?open=..%2Fx%3Fy"], [notice("alert", {}), null],
  ]) assert.equal(hrefOf(given), expected, JSON.stringify(given));
});

test("a tab shows what the server's list of it has", () => {
  const alert = notice("log_event");
  assert.deepEqual(["all", "unread", "alerts", "import", "system", "archive"].map((tab) => fits(tab, alert)), [true, true, true, false, false, false]);
  assert.deepEqual(["all", "unread", "archive"].map((tab) => fits(tab, { ...alert, read: true, archived: true })), [false, false, true]);
  assert.deepEqual([queryOf("unread"), queryOf("alerts"), queryOf("archive")],
    [{ archived: "0", unread: "1" }, { archived: "0", type: "alert,log_event" }, { archived: "1" }]);
});
