import assert from "node:assert/strict";
import test from "node:test";
import { Http, RequestError, parsePosition } from "../core/http.js";

/** An Http whose server answers from a list of `[status, body, headers]`. */
function served(...answers) {
  const calls = [];
  let refused = 0;
  const http = new Http({
    clientId: "c1",
    language: () => "ru",
    onUnauthorized: () => (refused += 1),
    fetch: async (url, init) => {
      calls.push({ url, ...init, headers: Object.fromEntries(init.headers) });
      const [status, body = null, headers = {}] = answers.shift();
      const type = body === null ? {} : { "Content-Type": "application/json" };
      return new Response(body === null ? null : JSON.stringify(body), { status, headers: { ...type, ...headers } });
    },
  });
  return { http, calls, refused: () => refused };
}

const ME = [200, { user: { id: "1" }, csrf: "tok" }];

test("an answer brings data, revision and position together", async () => {
  const { http, calls } = served([200, { items: [] }, { ETag: 'W/"5"', "X-Sync-Position": "k3f9:1763760000123" }]);

  const answer = await http.request("GET", "/api/files");

  assert.deepEqual(answer, { status: 200, data: { items: [] }, etag: 'W/"5"', position: { epoch: "k3f9", seq: 1763760000123 }, unchanged: false });
  assert.equal(calls[0].headers["x-client-id"], "c1");
  assert.equal(calls[0].headers["accept-language"], "ru");
  assert.equal(calls[0].cache, "no-store");
});

test("a change carries the session's token, which is asked for once", async () => {
  const { http, calls } = served(ME, [200, {}], [200, {}]);

  await http.request("POST", "/api/files", { name: "a" });
  await http.request("PATCH", "/api/files/1", { name: "b" }, { ifMatch: 4 });

  assert.deepEqual(calls.map((call) => call.url), ["/api/me", "/api/files", "/api/files/1"]);
  assert.equal(calls[2].headers["x-csrf-token"], "tok");
  assert.equal(calls[2].headers["if-match"], '"4"');
  assert.equal(calls[2].body, '{"name":"b"}');
});

test("an unchanged list is no failure", async () => {
  const { http, calls } = served([304, null, { "X-Sync-Position": "a:9" }]);

  const answer = await http.request("GET", "/api/files", undefined, { ifNoneMatch: 'W/"5"' });

  assert.equal(answer.unchanged, true);
  assert.deepEqual(answer.position, { epoch: "a", seq: 9 });
  assert.equal(calls[0].headers["if-none-match"], 'W/"5"');
});

test("a refusal says its code, its fields and the number to quote", async () => {
  const body = { error: { code: "invalid", message: "…", params: {}, fields: { name: { code: "field.taken" } }, requestId: "r-7" } };
  const { http } = served([422, body]);

  await assert.rejects(http.request("GET", "/api/files"), (error) => {
    assert.ok(error instanceof RequestError);
    assert.deepEqual([error.status, error.code, error.fields, error.requestId], [422, "invalid", { name: { code: "field.taken" } }, "r-7"]);
    return true;
  });
});

test("a stale save brings the row as it is now", async () => {
  const { http } = served(ME, [412, { error: { code: "stale", current: { id: "7", rev: 9 } } }]);

  await assert.rejects(http.request("PATCH", "/api/files/7", {}, { ifMatch: 8 }), (error) => error.current.rev === 9);
});

test("a session that has ended is reported, unless the caller handles it", async () => {
  const refusal = [401, { error: { code: "unauthorized" } }];
  const { http, refused } = served(refusal, refusal);

  await assert.rejects(http.request("GET", "/api/files"));
  await assert.rejects(http.request("POST", "/api/login", {}, { quiet401: true }));

  assert.equal(refused(), 1);
});

test("what a proxy answers is named by its status", async () => {
  const { http } = served([503], [413]);

  await assert.rejects(http.request("GET", "/api/files"), { code: "unavailable" });
  await assert.rejects(http.request("GET", "/api/files"), { code: "too_large" });
});

test("a server out of reach is a code too", async () => {
  const http = new Http({ clientId: "c1", fetch: () => Promise.reject(new TypeError("fetch failed")) });

  await assert.rejects(http.request("GET", "/api/files"), { code: "offline", status: 0 });
});

test("an abandoned request stays an abort", async () => {
  const abort = new AbortController();
  abort.abort();
  const http = new Http({ clientId: "c1", fetch: (_url, { signal }) => Promise.reject(signal.reason) });

  await assert.rejects(http.request("GET", "/api/files", undefined, { signal: abort.signal }), { name: "AbortError" });
});

test("a position is read as the server writes it, and nothing else is", () => {
  assert.deepEqual(parsePosition("k3f9:1763760000123"), { epoch: "k3f9", seq: 1763760000123 });
  for (const bad of [null, "", "k3f9", ":7", "a:x", "a:1.5"]) assert.equal(parsePosition(bad), null, String(bad));
});
