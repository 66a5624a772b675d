import assert from "node:assert/strict";
import test from "node:test";
import { Activity } from "../core/activity.js";
import { points } from "../elements/spark-line.js";

const MINUTE = 60_000;

/** Four steps of a minute, from noon. */
function loaded(files = [1, 0, 2, 0], seq = 3.5 * MINUTE) {
  const activity = new Activity();
  activity.load({ from: 0, step_ms: MINUTE, rooms: { files } }, seq);
  return activity;
}

test("what the server counted is shown as it is", () => {
  const activity = loaded();

  assert.deepEqual(activity.series("files", 3.9 * MINUTE), [1, 0, 2, 0]);
  assert.equal(activity.total("files", 3.9 * MINUTE), 3);
});

test("the picture slides as time passes, without asking", () => {
  const activity = loaded();

  assert.deepEqual(activity.series("files", 4.1 * MINUTE), [0, 2, 0, 0]);
  assert.deepEqual(activity.series("files", 9 * MINUTE), [0, 0, 0, 0]);
});

test("an event that is heard counts in the step of its time, once", () => {
  const activity = loaded();

  activity.note("files", 3.6 * MINUTE);
  activity.note("files", 3.6 * MINUTE);
  activity.note("files", 4.2 * MINUTE);

  assert.deepEqual(activity.series("files", 4.3 * MINUTE), [0, 2, 1, 1]);
});

test("an event that the answer already counted does not count again", () => {
  const activity = loaded();

  activity.note("files", 2.5 * MINUTE);

  assert.deepEqual(activity.series("files", 3.9 * MINUTE), [1, 0, 2, 0]);
});

test("an event that came while the answer was on its way counts on top of it", () => {
  const activity = new Activity();
  activity.note("files", 3.6 * MINUTE);

  activity.load({ from: 0, step_ms: MINUTE, rooms: { files: [0, 0, 0, 0] } }, 3.5 * MINUTE);

  assert.deepEqual(activity.series("files", 3.9 * MINUTE), [0, 0, 0, 1]);
});

test("a room of which nothing is known is quiet", () => {
  assert.deepEqual(loaded().series("groups", 3.9 * MINUTE), [0, 0, 0, 0]);
});

test("what a busy ledger wrote ahead of the clock counts for now", () => {
  const activity = loaded();

  activity.note("files", 4.01 * MINUTE);

  assert.deepEqual(activity.series("files", 3.99 * MINUTE), [1, 0, 2, 1]);
});

test("a line goes from left to right, zero lies on the floor, the most at the top", () => {
  assert.equal(points([0, 2, 1]), "0,22.5 50,1.5 100,12");
  assert.equal(points([0, 0]), "0,22.5 100,22.5");
});
