/** Operations as a page follows them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Jobs, percentOf } from "../core/jobs.js";

const SUBJECT = { entity: "registrators", id: "7", name: "Архив-1" };
const job = (more = {}) => ({ id: "5", kind: "scan", state: "running", fence: 2, subject: SUBJECT, cancelRequested: false, progress: null, ...more });

/** Operations of a server that the test is: an answer, or a function that gives one. */
function jobs(answers = {}) {
  const reply = (key) => (typeof answers[key] === "function" ? answers[key]() : answers[key] ?? assert.fail(key));
  return new Jobs({ request: async (method, url) => ({ data: await reply(`${method} ${url}`), position: null }), changed() {} });
}

const running = (...items) => jobs({ "GET /api/jobs?active=1": { items } });

test("of an operation's progress the newest counts, and none of a run before", async () => {
  const known = running(job());
  await known.learn();

  known.hear({ id: "5", fence: 2, n: 7, done: 47, total: 100 });
  known.hear({ id: "5", fence: 2, n: 6, done: 40, total: 100 });
  known.hear({ id: "5", fence: 1, n: 9, done: 99, total: 100 });
  known.hear({ id: "6", fence: 1, n: 1, done: 1 });

  assert.deepEqual(known.active.map((each) => [each.id, percentOf(each)]), [["5", 47]]);
});

test("a share never falls: not when another worker goes on, nor when an older answer comes", async () => {
  const known = running(job({ progress: { done: 50, total: 100, percent: 50 } }));
  await known.learn();
  known.hear({ id: "5", fence: 2, n: 1, done: 60, total: 100, percent: 60 });

  await known.learn();
  assert.equal(percentOf(known.active[0]), 60);
  known.hear({ id: "5", fence: 3, n: 1, done: 55, total: 100, percent: 55 });

  assert.deepEqual([known.active[0].progress.done, percentOf(known.active[0])], [55, 60]);
});

test("what is heard after a reload and is older than what the server has stored changes nothing", async () => {
  const known = running(job({ progress: { done: 500, total: null, percent: null } }));
  await known.learn();

  known.hear({ id: "5", fence: 2, n: 3, done: 400, total: null, percent: null });

  assert.deepEqual([known.active[0].progress.done, percentOf(known.active[0])], [500, null]);
});

test("an operation that has ended is no longer running, and how it ended is known", async () => {
  const known = running(job(), job({ id: "12", state: "queued", subject: null }));
  await known.learn();
  assert.deepEqual(known.active.map(({ id }) => id), ["12", "5"]);

  known.take(job({ state: "completed", report: { counts: { new: 31 } } }));
  known.hear({ id: "5", fence: 2, n: 99, done: 1 });

  assert.deepEqual(known.active.map(({ id }) => id), ["12"]);
  assert.deepEqual(known.of("registrators", "7").map(({ state, report }) => [state, report.counts.new]), [["completed", 31]]);
});

test("what has ended stays ended, whatever answer comes late", async () => {
  const known = jobs({ "POST /api/jobs/5/cancel": () => (known.take(job({ state: "cancelled" })), job({ cancelRequested: true })) });
  known.take(job());

  await known.cancel("5");

  assert.deepEqual(known.active, []);
});

test("one that begins while the others are asked for is not forgotten with the answer, and one that has gone is", async () => {
  const known = jobs({ "GET /api/jobs?active=1": () => (known.take(job({ id: "9" })), { items: [] }) });
  known.take(job({ id: "8" }));

  await known.learn();

  assert.deepEqual(known.active.map(({ id }) => id), ["9"]);
});

test("cancelled, it says so until it ends; refused, it does not", async () => {
  const known = jobs({ "GET /api/jobs?active=1": { items: [job()] }, "POST /api/jobs/5/cancel": job({ cancelRequested: true }) });
  await known.learn();
  await known.cancel("5");
  known.hear({ id: "5", fence: 2, n: 1, done: 9 });
  assert.equal(known.active[0].cancelRequested, true);

  const refused = running(job());
  await refused.learn();
  await assert.rejects(refused.cancel("5"));
  assert.equal(refused.active[0].cancelRequested, false);
});

test("a page that follows learns first, takes what events bring, and asks again where they bring nothing", async () => {
  const asked = [];
  const heard = {};
  const known = new Jobs({ changed() {}, kind: "scan", request: async (method, url) => (asked.push(`${method} ${url}`), { data: { items: [job()] }, position: { epoch: "e", seq: 4 } }) });
  await known.follow({
    on: (name, fn, { rooms }) => ((heard[name] = fn), assert.deepEqual(rooms, ["registrators"])),
    hear: (name, fn) => (heard[name] = fn),
    joinRoom: async (...joined) => (heard.joined = joined),
  }, "scan", { recent: true });
  assert.deepEqual(heard.joined, ["registrators", { position: { epoch: "e", seq: 4 } }]);
  assert.deepEqual(asked.splice(0), ["GET /api/jobs?kind=scan&active=1", "GET /api/jobs?kind=scan&limit=200"]);

  heard["jobs:changed"]([{ data: job({ id: "6" }) }]);
  heard["scan:progress"]({ id: "6", fence: 2, n: 1, done: 3 });
  assert.deepEqual(known.active.map(({ id, progress }) => [id, progress?.done]), [["6", 3], ["5", undefined]]);

  await heard["jobs:changed"]([{ data: null, synthetic: "refresh" }]);
  assert.equal(asked.length, 2);
});
