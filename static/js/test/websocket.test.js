/** WebSocketService: when it tries, when it stops, and what it says meanwhile. */
import assert from "node:assert/strict";
import test from "node:test";
import { WebSocketService } from "../core/websocket.js";
import { FakeClock, settle } from "./support.js";

/** A WebSocket whose other end is the test. */
class FakeWebSocket extends EventTarget {
  static all = [];
  readyState = 0;
  sent = [];
  closed = false;

  constructor(url) {
    super();
    this.url = url;
    FakeWebSocket.all.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
    this.readyState = 2;
  }

  accept() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  say(message) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: typeof message === "string" ? message : JSON.stringify(message) }));
  }

  end(code = 1006, reason = "") {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

/** A page as far as its life goes. */
function fakePage() {
  const page = new EventTarget();
  page.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  page.tell = (name, more = {}) => page.dispatchEvent(Object.assign(new Event(name), more));
  page.show = () => page.document.dispatchEvent(new Event("visibilitychange"));
  return page;
}

/** A service in a world of the test; `said` is all that it told. */
function service(options = {}, base = "https://lockstep.example/files") {
  FakeWebSocket.all = [];
  const clock = new FakeClock();
  const page = fakePage();
  const said = [];
  const made = new WebSocketService({
    url: "/ws/notifications/",
    onConnect: () => said.push("up"),
    onDisconnect: ({ code, retryMs }) => said.push(`down ${code} ${retryMs}`),
    onMessage: (message) => said.push(message),
    ...options,
  }, { clock, WebSocket: FakeWebSocket, base, page });
  return { service: made, clock, page, said, sockets: FakeWebSocket.all, last: () => FakeWebSocket.all.at(-1) };
}

/** When each further try began, in seconds, if every one fails at once. */
async function triesOf(world, seconds, end = (socket) => socket.end()) {
  const at = [];
  let seen = world.sockets.length;
  end(world.last());
  for (let ms = 0; ms < seconds * 1000; ms += 100) {
    await world.clock.advance(100);
    if (world.sockets.length > seen) {
      seen = world.sockets.length;
      at.push((ms + 100) / 1000);
      end(world.last());
    }
  }
  return at;
}

test("the address is made whole, with the ticket of this very try", async () => {
  let tickets = 0;
  const { service: it, sockets, clock } = service({ ticket: async () => `t${++tickets}`, jitter: 0 });

  it.connect();
  await settle();
  sockets[0].accept();
  sockets[0].end();
  await clock.advance(3000);

  assert.deepEqual(sockets.map(({ url }) => url), ["t1", "t2"].map((ticket) => `wss://lockstep.example/ws/notifications/?ticket=${ticket}`));
});

test("an http page gets a plain WebSocket, and a whole address is left as it is", () => {
  const plain = service({}, "http://localhost:8080/");
  plain.service.connect();
  assert.equal(plain.last().url, "ws://localhost:8080/ws/notifications/");

  const whole = service({ url: "wss://other.example/ws/logs/stream/?level=error" });
  whole.service.connect();
  assert.equal(whole.last().url, "wss://other.example/ws/logs/stream/?level=error");
});

test("an address that is none is found out at once", () => {
  assert.throws(() => service({ url: "https://[nowhere" }), /URL/);
});

test("tries come after 3, 6, 12, 15, 15 … seconds, ten of them, then it gives up and says so", async () => {
  const world = service({ jitter: 0 });
  world.service.connect();

  const at = await triesOf(world, 300);

  assert.deepEqual(at, [3, 9, 21, 36, 51, 66, 81, 96, 111, 126]);
  assert.deepEqual(world.service.status, { state: "failed", attempt: 10, why: "given_up", reason: "", retryMs: null });
});

test("delay, cap and number of tries are the user's to choose", async () => {
  const world = service({ jitter: 0, reconnectDelay: 1000, backoffCap: 2, maxReconnectAttempts: 3 });
  world.service.connect();

  assert.deepEqual(await triesOf(world, 60), [1, 3, 5]);
});

test("the delay varies by a fifth, so that a thousand pages do not come at once", async () => {
  for (const [random, ms] of [[0, 2400], [0.5, 3000], [1, 3600]]) {
    const world = service();
    world.clock.randomValue = random;
    world.service.connect();
    world.last().end();
    assert.equal(world.service.status.retryMs, ms);
  }
});

test("a connection that stood for ten seconds begins the count anew, a shorter one does not", async () => {
  const { service: it, clock, last } = service({ jitter: 0 });
  it.connect();
  last().accept();
  await clock.advance(9999);
  last().end();
  assert.deepEqual([it.status.attempt, it.status.retryMs], [1, 3000]);

  await clock.advance(3000);
  last().accept();
  await clock.advance(9999);
  last().end();
  assert.deepEqual([it.status.attempt, it.status.retryMs], [2, 6000]);

  await clock.advance(6000);
  last().accept();
  await clock.advance(10_000);
  last().end();
  assert.deepEqual([it.status.attempt, it.status.retryMs], [1, 3000]);
});

test("messages come parsed, text that is no JSON as it is", () => {
  const { service: it, said, last } = service();
  it.connect();
  last().accept();

  last().say({ type: "alert", data: { text: "<b>" } });
  last().say("plain");

  assert.deepEqual(said, ["up", { type: "alert", data: { text: "<b>" } }, "plain"]);
});

test("what is sent without a connection is refused, and not sent later", async () => {
  const { service: it, last } = service();
  assert.equal(it.send({ type: "ping" }), false);
  it.connect();
  assert.equal(it.send({ type: "ping" }), false);

  last().accept();
  assert.deepEqual(last().sent, []);
  assert.equal(it.send({ type: "mark_read", id: "7" }), true);
  assert.deepEqual(last().sent, [{ type: "mark_read", id: "7" }]);
  last().end();

  assert.equal(it.send({ type: "ping" }), false);
});

test("a session that ended wants a new ticket first, at once; refused again it waits like anybody", async () => {
  let tickets = 0;
  const { service: it, clock, sockets, last } = service({ ticket: () => `t${++tickets}`, jitter: 0 });
  it.connect();
  await settle();
  last().accept();

  last().end(4401, "sign in again");
  await clock.advance(0);
  assert.deepEqual([tickets, sockets.length], [2, 2]);
  last().accept();
  last().end(4401, "sign in again");

  assert.deepEqual([it.status.why, it.status.reason, it.status.retryMs], ["unauthorized", "sign in again", 6000]);
});

test("without a ticket nobody but the person can sign in again: no more tries", async () => {
  const { service: it, clock, sockets, page, said, last } = service();
  it.connect();
  last().accept();

  last().end(4401, "sign in again");
  await clock.advance(600_000);
  assert.deepEqual([sockets.length, it.status.state, it.status.why, said.at(-1)], [1, "failed", "unauthorized", "down 4401 null"]);

  page.show(); // signed in again in another tab, perhaps
  assert.equal(sockets.length, 2);
});

test("a ticket that cannot be had is a try that failed", async () => {
  const { service: it, clock, sockets } = service({ ticket: () => Promise.reject(new Error("no ticket today")), jitter: 0 });
  it.connect();
  await settle();

  assert.deepEqual([it.status.why, it.status.reason, it.status.retryMs, sockets.length], ["ticket", "no ticket today", 3000, 0]);
  await clock.advance(3000);
  assert.equal(it.status.retryMs, 6000);
});

for (const [code, why] of [[4403, "forbidden"], [1009, "too_large"]]) {
  test(`after ${code} it stops for good, until it is told to connect`, async () => {
    const { service: it, clock, page, sockets, last } = service();
    it.connect();
    last().accept();
    last().end(code, "no");

    page.show();
    page.tell("online");
    await clock.advance(600_000);
    assert.deepEqual([sockets.length, it.status.state, it.status.why, it.status.reason], [1, "failed", why, "no"]);
    it.connect();

    assert.equal(sockets.length, 2);
  });
}

test("after 4429 it waits the seconds told, and a page that wakes does not shorten them", async () => {
  const { service: it, clock, page, sockets, last } = service({ jitter: 0 });
  it.connect();
  last().accept();
  last().end(4429, "retry after 40 s");

  page.show();
  await clock.advance(39_999);
  assert.deepEqual([sockets.length, it.status.why], [1, "too_often"]);
  await clock.advance(1);

  assert.equal(sockets.length, 2);
});

test("a server that restarts is tried again within two seconds, or when it says", async () => {
  for (const [code, reason, ms] of [[1001, "", 1000], [1012, "", 1000], [1012, "retry after 250 ms", 250]]) {
    const { service: it, last } = service();
    it.connect();
    last().accept();
    last().end(code, reason);
    assert.equal(it.status.retryMs, ms);
  }
});

test("silence is asked about, and whoever does not answer is left", async () => {
  const { service: it, clock, sockets, said, last } = service({ jitter: 0 });
  it.connect();
  last().accept();

  await clock.advance(30_000);
  assert.deepEqual(last().sent, [{ type: "ping" }]);
  last().say({ type: "pong", serverTime: 1 });
  await clock.advance(30_000);
  assert.deepEqual([last().sent.length, said], [2, ["up"]]); // the pong was ours
  await clock.advance(10_000);

  assert.deepEqual([sockets[0].closed, it.status.why, said.at(-1)], [true, "silent", "down 1006 3000"]);
});

test("as long as something comes nobody asks, and a heartbeat of 0 never does", async () => {
  const { service: it, clock, last } = service();
  it.connect();
  last().accept();
  for (let n = 0; n < 5; n += 1) {
    await clock.advance(20_000);
    last().say({ type: "log_entry" });
  }
  assert.deepEqual(last().sent, []);

  const quiet = service({ heartbeat: 0 });
  quiet.service.connect();
  quiet.last().accept();
  await quiet.clock.advance(600_000);
  assert.deepEqual(quiet.last().sent, []);
});

test("a handshake that sticks in a proxy is given up after ten seconds", async () => {
  const { service: it, clock, sockets } = service({ jitter: 0 });
  it.connect();

  await clock.advance(10_000);

  assert.deepEqual([it.status.why, it.status.retryMs, sockets[0].closed], ["silent", 3000, true]);
});

test("a network that comes back is tried at once, with a new count, also after giving up", async () => {
  const world = service({ jitter: 0, maxReconnectAttempts: 1 });
  world.service.connect();
  world.last().end();
  world.page.tell("online");
  assert.deepEqual([world.sockets.length, world.service.status.attempt], [2, 0]);

  await triesOf(world, 60);
  assert.equal(world.service.status.state, "failed");
  const before = world.sockets.length;
  world.page.tell("online");

  assert.deepEqual([world.sockets.length, world.service.status.attempt], [before + 1, 0]);
});

test("a tab that is looked at again asks whether the connection still stands, for two seconds", async () => {
  const { service: it, clock, page, sockets, last } = service({ jitter: 0 });
  it.connect();
  last().accept();

  page.show();
  await clock.advance(1000);
  last().say({ type: "pong" });
  await clock.advance(2000);
  assert.equal(it.isConnected, true);
  page.show();
  await clock.advance(2000);

  assert.deepEqual([it.isConnected, sockets[0].closed], [false, true]);
});

test("a page in the back/forward cache has no connection, and one again when it is back", async () => {
  const { service: it, clock, page, sockets, said, last } = service();
  it.connect();
  last().accept();

  page.tell("pagehide");
  await clock.advance(600_000);
  assert.deepEqual([sockets.length, sockets[0].closed, it.isConnected], [1, true, false]);
  page.tell("pageshow", { persisted: true });
  last().accept();

  assert.deepEqual([sockets.length, said], [2, ["up", "down 1000 0", "up"]]);
});

test("after disconnect nothing is tried and nothing is heard, whatever the page does", async () => {
  const { service: it, clock, page, sockets, said } = service();
  it.connect();
  sockets[0].accept();

  it.disconnect();
  sockets[0].say({ type: "alert" });
  sockets[0].end();
  page.show();
  page.tell("online");
  await clock.advance(600_000);

  assert.deepEqual([sockets.length, it.status.state, said], [1, "closed", ["up", "down 1000 null"]]);
});

test("connect twice is one connection; a ticket that comes after disconnect opens none", async () => {
  const once = service();
  once.service.connect();
  once.service.connect();
  assert.equal(once.sockets.length, 1);

  const late = service({ ticket: async () => "t" });
  late.service.connect();
  late.service.disconnect();
  await settle();
  assert.equal(late.sockets.length, 0);
});
