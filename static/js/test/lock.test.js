import assert from "node:assert/strict";
import test from "node:test";
import { Lock, RENEW_MS } from "../core/lock.js";
import { FakeClock, settle } from "./support.js";

const OLGA = { user: { id: "2", name: "Ольга" }, since: 0, expires_at: 45_000, mine: false };
const MINE = { user: { id: "1", name: "Анна" }, since: 0, expires_at: 45_000, mine: true };
const locked = () => Object.assign(new Error("locked"), { status: 409, code: "locked", lock: OLGA });
const offline = () => Object.assign(new Error("offline"), { status: 0, code: "offline" });

/** A lock whose server is the test: `answer` tells what comes next, by method. */
function world(answer = {}) {
  const clock = new FakeClock();
  const asked = [];
  const states = [];
  const request = async (method, url, body, options) => {
    asked.push([method, ...(body?.take ? ["take"] : []), ...(options?.keepalive ? ["keepalive"] : [])].join(" "));
    const next = await answer[method]?.();
    if (next instanceof Error) throw next;
    return { data: { lock: next ?? null } };
  };
  const lock = new Lock("/api/files/7/lock", { request, client: "me", now: clock.now, onChange: () => states.push(lock.state) }, clock);
  return { lock, clock, asked, states, answer };
}

test("taken at the first input, renewed while the form is open, given back at the end", async () => {
  const { lock, clock, asked } = world({ POST: () => MINE });

  await lock.begin();
  lock.begin();
  assert.equal(lock.state, "mine");
  await clock.advance(RENEW_MS * 2);
  await lock.end();
  await clock.advance(RENEW_MS * 4);

  assert.deepEqual(asked, ["POST", "POST", "POST", "DELETE"]);
});

test("held by another the form is blocked, and free again when he gives it back", async () => {
  const { lock, answer } = world({ POST: locked });
  await lock.begin();
  assert.deepEqual([lock.state, lock.blocked, lock.holder.user.name], ["theirs", true, "Ольга"]);

  lock.hear({ reason: "deleted", data: null });
  assert.equal(lock.blocked, false);
  answer.POST = () => MINE;
  await lock.begin();
  assert.equal(lock.state, "mine");
});

test("a lease that ends makes no event, and is noticed", async () => {
  const { lock, clock, answer } = world({ GET: () => OLGA });
  await lock.look();
  assert.equal(lock.state, "theirs");

  answer.GET = () => null;
  await clock.advance(44_000);
  assert.equal(lock.state, "theirs");
  await clock.advance(2000);
  assert.equal(lock.state, "free");
});

test("a holder who renews keeps it: the look at the end of his lease says so", async () => {
  const { lock, clock, answer } = world({ GET: () => OLGA });
  await lock.look();
  answer.GET = () => ({ ...OLGA, expires_at: 90_000 });
  await clock.advance(60_000);
  assert.equal(lock.state, "theirs");
});

test("it can be taken over, and what was taken over can be taken back", async () => {
  const { lock, asked, answer } = world({ POST: locked });
  await lock.begin();
  answer.POST = () => MINE;

  await lock.take();
  assert.equal(lock.state, "mine");
  lock.hear({ reason: "updated", data: { ...OLGA, client: "olga's page" } });
  assert.deepEqual([lock.state, lock.holder.user.name], ["lost", "Ольга"]);
  await lock.take();

  assert.equal(lock.state, "mine");
  assert.deepEqual(asked, ["POST", "POST take", "POST take"]);
});

test("a renewal that is refused, or a save, says that it was taken away", async () => {
  const renewed = world({ POST: () => MINE });
  await renewed.lock.begin();
  renewed.answer.POST = locked;
  await renewed.clock.advance(RENEW_MS);
  assert.equal(renewed.lock.state, "lost");

  const saved = world({ POST: () => MINE });
  await saved.lock.begin();
  saved.lock.refused(OLGA);
  assert.equal(saved.lock.state, "lost");
});

test("a server that does not answer takes nothing away, and is asked again", async () => {
  const { lock, clock, asked, answer } = world({ POST: () => MINE });
  await lock.begin();
  answer.POST = offline;
  await clock.advance(RENEW_MS * 3);
  assert.deepEqual([lock.state, asked.length], ["mine", 4]);
});

test("the page's own taking, heard as an event, changes nothing", async () => {
  const { lock, states } = world({ POST: () => MINE });
  await lock.begin();
  states.length = 0;
  lock.hear({ reason: "added", data: { ...MINE, client: "me" } });
  assert.deepEqual([lock.state, states], ["mine", []]);
});

test("an end while the question is under way still gives it back", async () => {
  let grant;
  const { lock, asked } = world({ POST: () => new Promise((resolve) => (grant = resolve)) });
  lock.begin();
  const ended = lock.end();
  grant(MINE);
  await ended;
  assert.deepEqual(asked, ["POST", "DELETE"]);
  assert.equal(lock.state, "free");
});

test("a page that goes gives it back in passing, and asks whose it is when it returns", async () => {
  const { lock, asked } = world({ POST: () => MINE, GET: () => OLGA });
  await lock.begin();
  await lock.end({ keepalive: true });
  await lock.resume();
  await settle();
  assert.deepEqual(asked, ["POST", "DELETE keepalive", "GET"]);
  assert.equal(lock.state, "theirs");
});

test("who never wanted it gives nothing back", async () => {
  const { lock, asked } = world();
  await lock.look();
  await lock.end();
  assert.deepEqual(asked, ["GET"]);
});

test("a server that cannot give it is not asked again at every key", async () => {
  const { lock, clock, asked } = world({ POST: offline });
  for (let key = 0; key < 5; key += 1) await lock.begin();
  assert.equal(asked.length, 1);
  await clock.advance(RENEW_MS);
  await lock.begin();
  assert.equal(asked.length, 2);
});

test("who wants it and cannot have it is told why, until it changes hands", async () => {
  const { lock, states, answer } = world({ GET: () => OLGA, POST: offline });
  await lock.look();
  await lock.take();
  assert.deepEqual([lock.problem.code, states.at(-1)], ["offline", "theirs"]);

  answer.POST = () => MINE;
  await lock.take();
  assert.deepEqual([lock.problem, lock.state], [null, "mine"]);
});
