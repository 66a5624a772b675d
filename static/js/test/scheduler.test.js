import assert from "node:assert/strict";
import test from "node:test";
import { Schedule } from "../core/scheduler.js";
import { FakeClock, settle } from "./support.js";

const every = (step, end) => Array.from({ length: end / step + 1 }, (_, n) => n * step);

/** Calls at these times give runs at those. */
async function check(calls, runs, { soft = false, options = {} } = {}) {
  const clock = new FakeClock();
  const ran = [];
  const schedule = new Schedule(() => void ran.push(clock.now()), clock, options);

  for (const at of calls) {
    await clock.advance(at - clock.now());
    schedule.call({ seq: at, soft });
    await settle();
  }
  await clock.advance(10_000);

  assert.deepEqual(ran, runs);
}

test("one call runs at once", () => check([0], [0]));
test("a second call in the window runs once after it", () => check([0, 50], [0, 200]));
test("each call in the window moves the trailing run", () => check([0, 50, 120], [0, 270]));
test("a call when the window has ended runs at once", () => check([0, 150], [0, 150]));
test("the trailing run opens a window of its own", () => check([0, 50, 250], [0, 200, 400]));
test("a busy room does not starve its view", () => check(every(100, 3000), [0, 1100, 2100, 3100]));
test("a very busy room does not either", () => check(every(10, 2000), [0, 1010, 2010]));
test("soft calls wait longer and have no leading run", () => check([0, 100, 300], [700], { soft: true }));
test("without leading edge the first call waits too", () => check([0, 50], [200], { options: { leading: false } }));

test("a direct call takes over the run that a soft one was waiting for", async () => {
  const clock = new FakeClock();
  const ran = [];
  const schedule = new Schedule((events) => void ran.push([clock.now(), events.map((event) => event.seq)]), clock);

  schedule.call({ seq: 1, soft: true });
  await clock.advance(100);
  schedule.call({ seq: 2 });
  await clock.advance(5000);

  assert.deepEqual(ran, [[100, [1, 2]]]);
});

test("one run at a time, and what came meanwhile makes exactly one more", async () => {
  const clock = new FakeClock();
  const finish = [];
  const seen = [];
  const schedule = new Schedule((events) => {
    seen.push(events.map((event) => event.seq));
    return new Promise((resolve) => finish.push(resolve));
  }, clock);

  schedule.call({ seq: 1 });
  await clock.advance(200);
  schedule.call({ seq: 2 });
  await clock.advance(400);
  schedule.call({ seq: 3 });
  await clock.advance(2000);
  assert.deepEqual(seen, [[1]]);
  finish[0]();
  await clock.advance(0);
  finish[1]();
  await clock.advance(5000);

  assert.deepEqual(seen, [[1], [2, 3]]);
});

test("a failed run is tried again, later each time, with the same events and the new ones", async () => {
  const clock = new FakeClock();
  const ran = [];
  let broken = true;
  const schedule = new Schedule((events) => {
    ran.push([clock.now(), events.map((event) => event.seq)]);
    if (broken) throw new Error("no answer");
  }, clock);

  schedule.call({ seq: 1 });
  await clock.advance(500);
  schedule.call({ seq: 2 });
  await clock.advance(2600);
  assert.equal(schedule.dirtySince, 0);
  broken = false;
  await clock.advance(10_000);

  assert.deepEqual(ran, [[0, [1]], [1000, [1, 2]], [3000, [1, 2]], [7000, [1, 2]]]);
  assert.equal(schedule.dirtySince, null);
});

test("a failed run is tried at once when the connection is back", async () => {
  const clock = new FakeClock();
  let runs = 0;
  const schedule = new Schedule(() => {
    runs += 1;
    if (runs === 1) throw new Error("no answer");
  }, clock);
  schedule.call({ seq: 1 });
  await settle();

  schedule.flush();
  await settle();

  assert.equal(runs, 2);
  assert.equal(schedule.dirtySince, null);
});

test("a hidden tab keeps its events and runs once on return", async () => {
  const clock = new FakeClock();
  const ran = [];
  const schedule = new Schedule((events) => void ran.push(events.length), clock);

  schedule.gate(false);
  schedule.call({ seq: 1 });
  schedule.call({ seq: 2 });
  await clock.advance(60_000);
  assert.deepEqual(ran, []);
  schedule.gate(true);
  await settle();

  assert.deepEqual(ran, [2]);
});

test("a flood is kept as one reason to fetch, not as a list without end", async () => {
  const clock = new FakeClock();
  const ran = [];
  const schedule = new Schedule((events) => void ran.push(events), clock);

  schedule.gate(false);
  for (let seq = 0; seq < 501; seq += 1) schedule.call({ seq, id: "7", data: {} });
  schedule.gate(true);
  await clock.advance(1000);

  assert.deepEqual(ran, [[{ seq: 500, id: "*", data: null, synthetic: "many" }]]);
});

test("after stop nothing runs, and a run under way is told", async () => {
  const clock = new FakeClock();
  let told = false;
  const schedule = new Schedule((_events, signal) => new Promise(() => signal.addEventListener("abort", () => (told = true))), clock);
  schedule.call({ seq: 1 });
  await settle();

  schedule.stop();
  schedule.call({ seq: 2 });
  await clock.advance(5000);

  assert.ok(told);
});
