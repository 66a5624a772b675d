import assert from "node:assert/strict";
import test from "node:test";
import { PROBE_LIMIT_MS, probe } from "../core/probe.js";
import { FakeClock, settle } from "./support.js";

/** A page whose server answers when told, and whose road is the test. */
function page({ refuse = null } = {}) {
  const clock = new FakeClock();
  const listeners = new Set();
  const sent = [];
  return {
    clock, listeners, sent,
    say: (event) => [...listeners].forEach((fn) => fn(event)),
    run: () => probe({
      clock,
      on: (_name, fn) => (listeners.add(fn), () => listeners.delete(fn)),
      request: async (method, url, body) => {
        sent.push({ method, url, body });
        if (refuse) throw refuse;
        return { data: { seq: 1 } };
      },
    }, "t1"),
  };
}

test("a test event is timed from the click until it is heard, and says who wrote it", async () => {
  const here = page();
  const result = here.run();
  await here.clock.advance(7);

  here.say({ id: "another's", worker: 1 });
  here.say({ id: "t1", worker: 42 });

  assert.deepEqual(await result, { ms: 7, worker: 42, written: 0 });
  assert.deepEqual(here.sent, [{ method: "POST", url: "/api/publish", body: { event: "admin:test", reason: "updated", id: "t1", room: "admin" } }]);
  assert.equal(here.listeners.size, 0);
});

test("one that is kept but not heard in time is told apart from one that is refused", async () => {
  const silent = page();
  const lost = silent.run().catch((error) => error.failure);
  await silent.clock.advance(PROBE_LIMIT_MS);
  assert.equal(await lost, "silent");
  assert.equal(silent.listeners.size, 0);

  const refused = await page({ refuse: new Error("no") }).run().catch((error) => error);
  await settle();
  assert.equal(refused.failure, "refused");
  assert.equal(refused.cause.message, "no");
});
