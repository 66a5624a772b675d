/** Files on their way: a few at a time, each with its own end. */
import assert from "node:assert/strict";
import test from "node:test";
import { uploadSender } from "../core/upload-send.js";
import { FILES_MAX, Uploads } from "../core/uploads.js";

/** A file as far as anybody here looks at it. */
const file = (name, size = 100) => new File(["x".repeat(size)], name);
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Uploads to a server that the test is: `sends` are the requests under way. */
function uploads() {
  const sends = [];
  const ended = [];
  let number = 0;
  const all = new Uploads({
    changed() {},
    name: () => `u${(number += 1)}`,
    ended: ({ file, state }) => ended.push([file.name, state]),
    send: (what) => new Promise((resolve, reject) => {
      sends.push({ ...what, resolve, reject });
      what.signal.addEventListener("abort", () => reject(new Error("stopped")));
    }),
  });
  return { all, sends, ended, states: () => all.items.map(({ file, state, sent }) => [file.name, state, sent]) };
}

test("two are sent at a time, in their order, and each says how far it is", async () => {
  const { all, sends, ended, states } = uploads();

  assert.equal(all.add([file("a"), file("b"), file("c")], { category_id: "7" }), 0);
  sends[0].onProgress(40);
  sends[1].onProgress(180); // the form around it counts, too
  assert.deepEqual(states(), [["a", "sending", 40], ["b", "sending", 100], ["c", "waiting", 0]]);
  assert.deepEqual(sends.map(({ id, fields }) => [id, fields.category_id]), [["u1", "7"], ["u2", "7"]]);

  sends[1].resolve({ id: "12" });
  await settled();
  assert.deepEqual(states(), [["a", "sending", 40], ["b", "done", 100], ["c", "sending", 0]]);
  assert.deepEqual([ended, all.items[1].row.id, all.busy], [[["b", "done"]], "12", true]);
});

test("one that is stopped makes room for the next, and nobody is told that it failed", async () => {
  const { all, sends, ended, states } = uploads();
  all.add([file("a"), file("b"), file("c"), file("d")], {});

  all.stop("u1");
  all.stop("u4");
  await settled();

  assert.deepEqual(states().map(([name, state]) => `${name} ${state}`), ["a stopped", "b sending", "c sending", "d stopped"]);
  assert.deepEqual([sends.length, ended], [3, []]);
});

test("one that failed says why, and can be tried again as another one", async () => {
  const { all, sends, states, ended } = uploads();
  all.add([file("a")], {});
  sends[0].reject({ code: "too_large" });
  await settled();
  assert.deepEqual([states(), all.items[0].error.code, ended], [[["a", "failed", 0]], "too_large", [["a", "failed"]]]);

  all.again("u1");
  assert.deepEqual([sends[1].id, states(), all.items[0].error], ["u2", [["a", "sending", 0]], null]);
  sends[1].resolve({ id: "3" });
  await settled();

  assert.deepEqual([states(), all.busy], [[["a", "done", 100]], false]);
});

test("more than the server takes at a time are left out and counted; what is under way is not cleared away", async () => {
  const { all, sends } = uploads();
  const many = Array.from({ length: FILES_MAX + 3 }, (_, n) => file(`${n}`));
  assert.equal(all.add(many, {}), 3);
  sends[0].resolve({});
  await settled();

  all.remove("u2");
  all.clear();

  assert.deepEqual([all.items.length, all.has("u1"), all.has("u2")], [FILES_MAX - 1, false, true]);
});

/** An `XMLHttpRequest` of the test's. */
class Request extends EventTarget {
  upload = new EventTarget();
  headers = {};
  open(method, url) {
    this.opened = `${method} ${url}`;
  }
  setRequestHeader(name, value) {
    this.headers[name] = value;
  }
  send(form) {
    this.form = form;
  }
  abort() {
    this.dispatchEvent(new Event("abort"));
  }
  answers(status, response) {
    Object.assign(this, { status, response });
    this.dispatchEvent(new Event("load"));
  }
}

async function sent(signal = new AbortController().signal) {
  const request = new Request();
  const progress = [];
  const send = uploadSender({ open: () => /** @type {any} */ (request), headers: async () => ({ "X-CSRF-Token": "t" }) });
  const row = send({ id: "u1", file: file("акт.pdf"), fields: { category_id: "7" }, onProgress: (n) => progress.push(n), signal });
  row.catch(() => {});
  await settled();
  return { request, row, progress };
}

test("a file goes as a form, its fields first, with the page's token and the upload's name", async () => {
  const { request, row, progress } = await sent();
  request.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded: 55 }));
  request.answers(201, { items: [{ id: "9" }] });

  assert.deepEqual([request.opened, request.headers["X-CSRF-Token"], request.headers["X-Upload-Id"]], ["POST /api/files/upload", "t", "u1"]);
  assert.deepEqual([...request.form.keys()], ["category_id", "file"]);
  assert.equal(request.form.get("file").name, "акт.pdf");
  assert.deepEqual([await row, progress], [{ id: "9" }, [55]]);
});

test("a refusal comes with its code, be it the server's, a proxy's or nobody's; a stop ends the request", async () => {
  for (const [status, response, code] of [
    [413, { error: { code: "too_large", params: { max: 5 } } }, "too_large"], [413, null, "too_large"], [502, null, "unavailable"], [500, null, "internal"],
    [422, { error: { code: "invalid", fields: { category_id: "field.no_such" } } }, "invalid"],
  ]) {
    const { request, row } = await sent();
    request.answers(status, response);
    await assert.rejects(row, { code, status });
  }
  const lost = await sent();
  lost.request.dispatchEvent(new Event("error"));
  await assert.rejects(lost.row, { code: "offline" });

  const stop = new AbortController();
  const { row } = await sent(stop.signal);
  stop.abort();
  await assert.rejects(row);
});
