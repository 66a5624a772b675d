import assert from "node:assert/strict";
import test from "node:test";
import { Cursor, HELD_MAX } from "../core/cursor.js";
import { golden } from "./support.js";

/** The traces' words for the cursor's decisions. */
const WORDS = {
  apply: ({ event }) => ({ apply: event.seq }),
  drop: ({ event }) => ({ drop: event.seq }),
  hold: ({ event }) => ({ hold: event.seq }),
  overflow: () => "overflow",
  join: ({ position }) => ({ join: position }),
  refresh: ({ position, after }) => ({ [after === 0 ? "fetch" : "fetch_again"]: position }),
  show: ({ position }) => ({ show: position.seq }),
  run: ({ position }) => ({ run: position.seq }),
  prove: () => "proven",
  deny: () => "denied",
  reconnect: () => "reconnect",
};

/** One step of a trace. */
function step(cursor, input) {
  if (typeof input === "string") return cursor[input]();
  const [[what, value]] = Object.entries(input);
  if (what !== "ack") return cursor[what](value);
  return cursor.ack(value.mode === "denied" ? { ok: false, error: "forbidden" } : { ok: true, ...value });
}

for (const { name, position, steps } of await golden("page-traces.json")) {
  test(`trace: ${name}`, () => {
    const cursor = new Cursor(position ?? null);

    for (const { in: input, out } of steps) {
      const decisions = step(cursor, input).map((decision) => WORDS[decision.do](decision));
      assert.deepEqual(decisions, out, `after ${JSON.stringify(input)}`);
    }
  });
}

/** A cursor that is live at seq 10 of epoch a. */
function live() {
  const cursor = new Cursor({ epoch: "a", seq: 10 });
  cursor.connect();
  cursor.ack({ ok: true, mode: "recovered", epoch: "a", seq: 10, events: [] });
  return cursor;
}

const event = (seq, prev) => ({ epoch: "a", seq, prev });

test("more held than memory allows are forgotten, and a fetch must show the newest of them", () => {
  const cursor = live();
  cursor.event(event(20, 15));
  for (let seq = 21; seq < 20 + HELD_MAX; seq += 1) cursor.event(event(seq, seq - 1));

  const overflow = cursor.event(event(20 + HELD_MAX, 19 + HELD_MAX));
  const decisions = cursor.ack({ ok: true, mode: "recovered", epoch: "a", seq: 15, events: [event(15, 10)] });

  assert.deepEqual(overflow, [{ do: "overflow" }]);
  assert.deepEqual(decisions.map((decision) => decision.do), ["apply", "refresh"]);
  assert.deepEqual(cursor.needed, { epoch: "a", seq: 20 + HELD_MAX });
});

test("a snapshot that keeps coming too old is fetched again ever later, at most every five seconds", () => {
  const cursor = live();
  cursor.reset({ epoch: "b", seq: 50 });

  const waits = Array.from({ length: 8 }, () => cursor.snapshot({ epoch: "b", seq: 49 })[0].after);

  assert.deepEqual(waits, [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test("a connection lost during a refresh does not lose the refresh", () => {
  const cursor = live();
  cursor.reset({ epoch: "b", seq: 50 });
  cursor.disconnect();

  const [join] = cursor.connect();
  const [refresh] = cursor.ack({ ok: true, mode: "refresh", epoch: "b", seq: 60 });

  assert.deepEqual(join, { do: "join", position: { epoch: "a", seq: 10 } });
  assert.deepEqual(refresh, { do: "refresh", position: { epoch: "b", seq: 60 }, after: 0 });
});

test("whatever order a lossy wire brings, each change is applied once, in order, and none is missed", () => {
  const random = lcg(7);
  for (let round = 0; round < 300; round += 1) check(lossyRun(random));

  function check({ applied, cursor, top }) {
    assert.deepEqual(applied, [...applied].sort((a, b) => a - b));
    assert.equal(new Set(applied).size, applied.length);
    assert.equal(cursor.position.seq, top);
  }
});

/** A room of 30 changes over a wire that drops, doubles and delays; joins recover what the ledger holds; beats at the end. */
function lossyRun(random) {
  const ledger = Array.from({ length: 30 }, (_, n) => event(11 + n * 2, n === 0 ? 10 : 9 + n * 2));
  const cursor = live();
  const applied = [];
  const late = [];
  let head = 0;

  const carry = (decisions) => {
    for (const decision of decisions) {
      if (decision.do === "apply") applied.push(decision.event.seq);
      if (decision.do === "join") carry(cursor.ack(recovered(decision.position.seq)));
    }
  };
  const recovered = (seq) => {
    const events = ledger.slice(0, head).filter((change) => change.seq > seq);
    return { ok: true, mode: "recovered", epoch: "a", seq: events.at(-1)?.seq ?? seq, events };
  };
  for (const change of ledger) {
    head += 1;
    const fate = random();
    if (fate < 0.2) continue;
    if (fate < 0.4) late.push(change);
    else carry(cursor.event(change));
    if (fate > 0.8) carry(cursor.event(change));
    if (random() < 0.3 && late.length > 0) carry(cursor.event(late.shift()));
  }
  const top = ledger.at(-1).seq;
  carry(cursor.beat({ epoch: "a", seq: top }));
  return { applied, cursor, top };
}

/** Random numbers that are the same in every run. */
function lcg(seed) {
  let state = seed;
  return () => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}
