/**
 * A small TCP relay between a page and its server, for faults: what Chromium calls offline closes nothing and proves little.
 *
 * A page that is opened at the relay's address keeps it as its origin, which the server takes for its own host.
 */
import { createServer, connect } from "node:net";
import { after } from "node:test";

/** @param {string} target the server's address @returns {Promise<Relay>} ended with the tests of the file */
export async function relayTo(target) {
  const relay = new Relay(new URL(target));
  await relay.listen();
  after(() => relay.end());
  return relay;
}

class Relay {
  #pairs = new Set();
  #refuses = false;
  #server;

  /** @param {URL} target */
  constructor(target) {
    this.#server = createServer((socket) => this.#take(socket, target));
  }

  listen() {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Breaks what is open; new connections pass. */
  cut() {
    for (const socket of this.#pairs) socket.destroy();
  }

  /** Nothing passes any more. */
  close() {
    this.#refuses = true;
    this.cut();
  }

  /** New connections pass again. */
  open() {
    this.#refuses = false;
  }

  /** What is open stays so, and carries nothing: a cable pulled out. */
  silence() {
    for (const socket of this.#pairs) socket.pause().unpipe();
  }

  end() {
    this.close();
    this.#server.close();
  }

  #take(socket, target) {
    if (this.#refuses) return socket.destroy();
    const server = connect(Number(target.port), target.hostname);
    for (const [one, other] of [[socket, server], [server, socket]]) {
      this.#pairs.add(one);
      one.on("error", () => {}).on("close", () => (this.#pairs.delete(one), other.destroy()));
      one.pipe(other);
    }
  }
}
