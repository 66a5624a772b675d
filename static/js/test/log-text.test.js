/** Log lines as text, and the neighbours of one. */
import assert from "node:assert/strict";
import test from "node:test";
import { asText, metadataOf, momentOf, plain, timeOf } from "../core/log-text.js";
import { LogContext } from "../core/log-context.js";

const shows = (text, expected) => assert.equal(plain(text), expected);

test("colours and cursor movements of a terminal are not shown", () => {
  shows("\u001b[31mнет\u001b[0m", "нет");
  shows("\u001b[2K\u001b[1;32mok", "ok");
  shows("\u001b]0;title\u0007text", "text");
  shows("\u001b]8;;http://a\u001b\\link\u001b]8;;\u001b\\", "link");
  shows("\u001bM up", " up");
});

test("markup, tabs and lines stay as they are", () => {
  shows("<b>a</b> & \"b\"\tc\r\nd", "<b>a</b> & \"b\"\tc\nd");
  shows("👩‍🔧 акт", "👩‍🔧 акт");
});

test("signs that would turn the line around, or have no shape, are left out", () => {
  shows("a\u202egpj.exe", "agpj.exe");
  shows("a\u0000\u0008b\u009b31m", "ab31m");
});

test("a time is the reader's, or UTC where he wants it", () => {
  assert.equal(timeOf("2026-11-26T11:02:11.204Z", true), "11:02:11.204");
  assert.equal(momentOf("2026-11-26T11:02:11.204Z", true), "2026-11-26 11:02:11.204 UTC");
  assert.match(timeOf("2026-11-26T11:02:11.204Z", false), /^\d\d:\d\d:11\.204$/);
  assert.equal(timeOf("yesterday", false), "yesterday");
});

test("a copied line reads like one of a log file, with its data", () => {
  const line = { id: "a", n: 1, timestamp: "2026-11-26T11:02:11.204Z", level: "error", type: "scan", message: "\u001b[31mнет", source: "scan-7", environment: "production", worker: 1, metadata: { row: 7 } };

  assert.equal(asText(line), '2026-11-26T11:02:11.204Z ERROR scan scan-7: нет {"row":7}');
  assert.equal(metadataOf(line.metadata), '{\n  "row": 7\n}');
});

test("the neighbours of a line are asked for on both sides, and a late answer to an older question is not taken", async () => {
  const asked = [];
  const answers = [];
  const context = new LogContext({ fetch: (path) => (asked.push(path), new Promise((resolve) => answers.push(resolve))), changed() {} });
  const lines = (...ids) => ids.map((id) => ({ id }));

  const first = context.open("a");
  const second = context.open("m");
  answers[1]({ items: lines("l", "m", "n"), before: "c1", after: "c2" });
  await second;
  answers[0]({ items: lines("a"), before: null, after: null });
  await first;
  assert.deepEqual([context.id, context.lines.map(({ id }) => id), context.gone], ["m", ["l", "m", "n"], false]);

  const earlier = context.earlier();
  answers[2]({ items: lines("k"), before: null, after: "x" });
  await earlier;
  const later = context.later();
  answers[3]({ items: lines("o"), before: "x", after: "c3" });
  await later;

  assert.deepEqual([context.lines.map(({ id }) => id).join(""), context.before, context.after], ["klmno", null, "c3"]);
  assert.match(asked[0], /around=a/);
  assert.match(asked[2], /before=c1/);
});

test("a line that is no longer kept is said to be gone, and a failure to be one", async () => {
  const context = new LogContext({ fetch: async () => { throw Object.assign(new Error("no such line"), { status: 404 }); }, changed() {} });
  await context.open("m");
  assert.equal(context.gone, true);

  const failing = new LogContext({ fetch: async () => { throw new Error("503"); }, changed() {} });
  await failing.open("m");
  assert.deepEqual([failing.gone, failing.busy, failing.error.message], [false, false, "503"]);
});
