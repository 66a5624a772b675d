/** What the tests own: time, a socket, and answers. */

/** A clock that moves only when told; timers run in order of time, then of setting. */
export class FakeClock {
  #now = 0;
  #timers = [];
  #ids = 0;
  randomValue = 0.5;

  now = () => this.#now;
  random = () => this.randomValue;

  setTimeout = (fn, ms) => {
    const timer = { id: ++this.#ids, at: this.#now + ms, fn };
    this.#timers.push(timer);
    return timer;
  };

  clearTimeout = (timer) => {
    this.#timers = this.#timers.filter((other) => other !== timer);
  };

  /** Lets everything that is due up to then happen, promises between. */
  async advance(ms) {
    const until = this.#now + ms;
    for (await settle(); ; await settle()) {
      const next = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.clearTimeout(next);
      next.fn();
    }
    this.#now = until;
  }
}

/** Lets promises that are ready go on. */
export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A Socket.IO socket whose other end is the test. */
export class FakeSocket {
  connected = false;
  connects = 0;
  sent = [];
  #handlers = {};
  #any = [];

  on(name, fn) {
    (this.#handlers[name] ??= []).push(fn);
  }

  onAny(fn) {
    this.#any.push(fn);
  }

  connect() {
    this.connects += 1;
  }

  disconnect() {
    if (this.connected) this.drop("io client disconnect");
  }

  timeout(ms) {
    return { emitWithAck: (name, payload) => new Promise((resolve, reject) => this.#send({ name, payload, ms, resolve, reject })) };
  }

  #send(message) {
    this.sent.push(message);
    this.onSend?.(message);
  }

  /** The server says yes. */
  accept() {
    this.connected = true;
    for (const fn of this.#handlers.connect ?? []) fn();
  }

  /** The connection breaks. */
  drop(reason = "transport close") {
    this.connected = false;
    for (const fn of this.#handlers.disconnect ?? []) fn(reason);
    for (const message of this.sent) message.reject(new Error("socket has been disconnected"));
  }

  /** The connection is refused. */
  refuse(message) {
    for (const fn of this.#handlers.connect_error ?? []) fn(new Error(message));
  }

  /** The server emits. */
  emit(name, payload) {
    for (const fn of this.#any) fn(name, payload);
  }

  /** The last message under this name. */
  last(name) {
    return this.sent.filter((message) => message.name === name).at(-1);
  }
}

/** A change in a room, as it comes over the wire. */
export const change = (room, seq, prev, more = {}) => ({
  reason: "updated", seq, prev, worker: 1, scope: `room:${room}`, id: "7", data: { id: "7", rev: seq }, rev: seq, epoch: "a", ...more,
});

/** A golden file of the protocol crate. */
export async function golden(name) {
  const { readFile } = await import("node:fs/promises");
  return JSON.parse(await readFile(new URL(`../../../crates/protocol/golden/${name}`, import.meta.url), "utf8"));
}
