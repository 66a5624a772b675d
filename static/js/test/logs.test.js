/** The log as a page holds it: pauses, gaps, caps. */
import assert from "node:assert/strict";
import test from "node:test";
import { BLOCK, blocksOf } from "../core/log-blocks.js";
import { Logs, WAITING_MAX } from "../core/logs.js";
import { FakeClock } from "./support.js";

const line = (n, more = {}) => ({ id: `w-${n}`, n, timestamp: "2026-11-26T10:00:00.000Z", level: "info", type: "info", message: `строка ${n}`, source: "scan-1", environment: "production", worker: 7, ...more });
const lines = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => line(from + at));

/** A log whose frames are drawn when the test says so. */
function log(max = 100) {
  const clock = new FakeClock();
  const frames = [];
  const logs = new Logs({ max, clock, frame: (draw) => frames.push(draw) });
  return { logs, clock, frames, draw: () => frames.splice(0).forEach((draw) => draw()) };
}

/** What stands there, a gap as `(3 slow)`. */
const shown = ({ rows }) => rows.map(({ line, gap }) => (line ? line.n : `(${gap.dropped} ${gap.why})`));

test("the newest lines stay, as many as there may be", () => {
  const { logs } = log(3);

  logs.take(lines(1, 5));
  assert.deepEqual([shown(logs), logs.held], [[3, 4, 5], 3]);

  logs.max = 2;
  assert.deepEqual(shown(logs), [4, 5]);
});

test("a line that comes twice stands once, and may come again after it went", () => {
  const { logs } = log(2);

  assert.equal(logs.take([line(1), line(2)]).length, 2);
  assert.deepEqual(logs.take([line(2), line(3)]).map(({ n }) => n), [3]);
  assert.deepEqual(shown(logs), [2, 3]);

  logs.take([line(1)]);
  assert.deepEqual(shown(logs), [3, 1]);
});

test("a gap stands where the lines are missing, and is counted", () => {
  const { logs } = log();

  logs.take(lines(1, 2));
  logs.gap({ dropped: 3, why: "slow" });
  logs.take(lines(6, 6));

  assert.deepEqual(shown(logs), [1, 2, "(3 slow)", 6]);
  assert.deepEqual([logs.held, logs.dropped], [3, 3]);
});

test("while it is paused nothing moves, and what came is there afterwards, gaps in their places", () => {
  const { logs } = log();
  logs.take(lines(1, 2));

  logs.hold("paused");
  logs.take(lines(3, 4));
  logs.gap({ dropped: 2, why: "wire" });
  logs.take(lines(7, 7));
  assert.deepEqual([shown(logs), logs.waiting], [[1, 2], 3]);

  assert.equal(logs.release("paused"), 3);
  assert.deepEqual([shown(logs), logs.waiting], [[1, 2, 3, 4, "(2 wire)", 7], 0]);
});

test("of more than ten thousand that wait the oldest are dropped, and a row says how many", () => {
  const { logs } = log(20_000);
  logs.take([line(1)]);

  logs.hold("paused");
  logs.take(lines(2, WAITING_MAX + 6));
  assert.deepEqual([logs.waiting, logs.dropped], [WAITING_MAX + 5, 5]);

  assert.equal(logs.release("paused"), WAITING_MAX + 5);
  assert.deepEqual(shown(logs).slice(0, 3), [1, "(5 paused)", 7]);
  assert.equal(shown(logs).at(-1), WAITING_MAX + 6);
});

test("whoever reads further up holds it as a pause does, and both must end", () => {
  const { logs } = log();
  logs.hold("reading");
  logs.hold("paused");
  logs.take(lines(1, 2));

  assert.equal(logs.release("reading"), 0);
  assert.deepEqual([shown(logs), logs.paused], [[], true]);
  assert.equal(logs.release("paused"), 2);
});

test("another filter's lines take the place of what is shown", () => {
  const { logs } = log();
  logs.backfill(lines(1, 3), true);
  assert.equal(logs.more, true);

  logs.filtered({ ...logs.filter, level: "error" });
  logs.backfill([line(2)], false);

  assert.deepEqual([shown(logs), logs.filter.level, logs.more], [[2], "error", false]);
});

test("another filter shows its lines in a pause too, and those that come then wait", () => {
  const { logs } = log();
  logs.backfill(lines(1, 3), false);
  logs.hold("paused");

  logs.filtered({ ...logs.filter, level: "error" });
  logs.backfill([line(2)], false);
  logs.take([line(4)]);

  assert.deepEqual([shown(logs), logs.waiting], [[2], 1]);
});

test("after a lost connection the lines go on where they stopped", () => {
  const { logs } = log();
  logs.backfill(lines(1, 3), false);

  logs.backfill(lines(2, 5), true);

  assert.deepEqual(shown(logs), [1, 2, 3, 4, 5]);
});

test("what was pushed out by newer lines is not brought back by a reconnect", () => {
  const { logs } = log(2);
  logs.backfill(lines(1, 5), false);

  logs.backfill(lines(1, 6), true);

  assert.deepEqual(shown(logs), [5, 6]);
});

test("where they do not meet, a row says that some may be missing", () => {
  const { logs } = log();
  logs.backfill(lines(1, 3), false);

  logs.backfill(lines(900, 901), true);

  assert.deepEqual(shown(logs), [1, 2, 3, "(null lost)", 900, 901]);
});

test("a reconnect during a pause moves nothing either", () => {
  const { logs } = log();
  logs.backfill(lines(1, 3), false);
  logs.hold("paused");

  logs.backfill(lines(2, 5), true);

  assert.deepEqual([shown(logs), logs.waiting], [[1, 2, 3], 2]);
});

test("whoever looks is told once a frame, however much came", () => {
  const { logs, draw, frames } = log();
  let told = 0;
  logs.onChange(() => (told += 1));

  for (let n = 1; n <= 50; n += 1) logs.take([line(n)]);
  assert.deepEqual([told, frames.length], [0, 1]);
  draw();
  logs.take([line(51)]);
  draw();

  assert.equal(told, 2);
});

test("the rate is the mean of the last seconds, and falls to nothing", async () => {
  const { logs, clock } = log();

  for (let second = 0; second < 5; second += 1) {
    logs.take(lines(second * 30 + 1, second * 30 + 30));
    await clock.advance(1000);
  }
  assert.equal(logs.rate, 30);

  await clock.advance(10_000);
  assert.equal(logs.rate, 0);
});

test("cleared, it shows only what comes then, through a reconnect too", () => {
  const { logs } = log();
  logs.backfill(lines(1, 3), false);

  logs.clear();
  logs.backfill(lines(1, 3), true);
  assert.deepEqual(shown(logs), []);
  logs.take([line(4)]);

  assert.deepEqual(shown(logs), [4]);
});

test("a row stays in its block while others come and go, and blocks stand in the rows' order", () => {
  const { logs } = log(3 * BLOCK);
  logs.take(lines(1, 3 * BLOCK));
  const before = blocksOf(logs.rows);

  logs.hold("paused");
  logs.take(lines(3 * BLOCK + 1, WAITING_MAX + 3 * BLOCK + 1));
  logs.max = WAITING_MAX + 4 * BLOCK;
  logs.release("paused");
  const after = blocksOf(logs.rows);

  assert.deepEqual(after.slice(0, 3).map(({ number, rows }) => [number, rows[0].key]), before.slice(0, 3).map(({ number, rows }) => [number, rows[0].key]));
  assert.deepEqual(after.map(({ number }) => number), [...new Set(after.map(({ number }) => number))].sort((a, b) => a - b));
  assert.deepEqual(after.flatMap(({ rows }) => rows), [...logs.rows]);
});
