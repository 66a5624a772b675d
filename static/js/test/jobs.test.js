/** Operations as a page follows them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Jobs, percentOf } from "../core/jobs.js";

const job = (more = {}) => ({ id: "5", kind: "scan", state: "running", fence: 2, subject: null, cancelRequested: false, progress: null, ...more });

/** Operations of a server that the test is. */
function jobs(answers = {}) {
  return new Jobs({ request: async (method, url) => ({ data: answers[`${method} ${url}`] ?? assert.fail(url) }), changed() {} });
}

test("of an operation's progress the newest counts, and none of a run before", async () => {
  const known = jobs({ "GET /api/jobs?active=1": { items: [job()] } });
  await known.learn();

  known.hear({ id: "5", fence: 2, n: 7, done: 47, total: 100 });
  known.hear({ id: "5", fence: 2, n: 6, done: 40 });
  known.hear({ id: "5", fence: 1, n: 9, done: 99 });
  known.hear({ id: "6", fence: 1, n: 1, done: 1 });

  assert.deepEqual(known.active.map((each) => [each.id, percentOf(each)]), [["5", 47]]);
});

test("an operation that has ended is no longer shown", async () => {
  const known = jobs({ "GET /api/jobs?active=1": { items: [job(), job({ id: "12", state: "queued" })] } });
  await known.learn();
  assert.deepEqual(known.active.map(({ id }) => id), ["12", "5"]);

  known.take(job({ state: "completed" }));
  assert.deepEqual(known.active.map(({ id }) => id), ["12"]);
});

test("cancelled, it says so until it ends; refused, it does not", async () => {
  const known = jobs({ "GET /api/jobs?active=1": { items: [job()] }, "POST /api/jobs/5/cancel": job({ cancelRequested: true }) });
  await known.learn();
  await known.cancel("5");
  assert.equal(known.active[0].cancelRequested, true);

  const refused = jobs({ "GET /api/jobs?active=1": { items: [job()] } });
  await refused.learn();
  await assert.rejects(refused.cancel("5"));
  assert.equal(refused.active[0].cancelRequested, false);
});
