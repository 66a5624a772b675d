/** Import sessions as pages follow them. */
import assert from "node:assert/strict";
import test from "node:test";
import { ImportForm, lacking } from "../core/import-form.js";
import { Issues } from "../core/import-issues.js";
import { ImportList } from "../core/import-list.js";
import { SessionWatch } from "../core/import-session.js";
import { SetUpload, fitting } from "../core/import-upload.js";
import { Sessions, percentOf, stagesOf, tallies } from "../core/imports.js";
import { POLL_MS, pollWhileDown } from "../core/poll.js";
import { FakeClock, settle } from "./support.js";

const session = (more = {}) => ({
  id: "42", kind: "import.catalog", type: "catalog", state: "running", fence: 1, attempt: 1, cancelRequested: false, source: "1c/2026-11", dryRun: false,
  progress: null, counts: {}, issuesTotal: 0, createdAt: "2026-11-27T11:30:00Z", startedAt: "2026-11-27T11:30:02Z", ...more,
});
const stages = (...done) => ["scan", "groups", "products"].map((name, n) => ({ name, done: done[n] ?? 0, total: 100 }));

/** A server that the test is: `METHOD url` → an answer, or a function that gives one. `asked` are the questions. */
function server(answers) {
  const asked = [];
  const request = async (method, url, body) => {
    asked.push(`${method} ${url}`);
    const answer = answers[`${method} ${url}`] ?? assert.fail(`${method} ${url}`);
    return { data: typeof answer === "function" ? await answer(body) : answer, position: { epoch: "e", seq: 7 } };
  };
  return { request, asked, changed() {} };
}

/** A connection that the test is. */
function road() {
  const heard = {};
  const joined = [];
  const left = [];
  return {
    heard, joined, left,
    on: (name, fn) => ((heard[name] = fn), () => delete heard[name]),
    hear: (name, fn) => ((heard[name] = fn), () => delete heard[name]),
    joinRoom: async (room, { position }) => joined.push([room, position?.seq]),
    leaveRoom: (room) => left.push(room),
  };
}

test("of a session's progress the newest counts: an older number, an older run and another session say nothing", () => {
  const known = new Sessions();
  known.take(session({ fence: 2 }));

  assert.equal(known.hear({ id: "42", fence: 2, n: 7, stage: "products", done: 47, percent: 47 }), true);
  assert.equal(known.hear({ id: "42", fence: 2, n: 6, stage: "products", done: 40, percent: 40 }), false);
  assert.equal(known.hear({ id: "42", fence: 1, n: 9, stage: "products", done: 99, percent: 99 }), false);
  assert.equal(known.hear({ id: "41", fence: 9, n: 9, percent: 99 }), false);

  assert.deepEqual([known.get("42").progress.done, percentOf(known.get("42"))], [47, 47]);
});

test("the share never falls: not by the next stage, another worker, or an answer that is older than what was heard", () => {
  const known = new Sessions();
  known.take(session({ progress: { stage: "groups", stages: stages(100, 60), done: 60, percent: 30 } }));

  known.hear({ id: "42", fence: 1, n: 1, stage: "products", stages: stages(100, 100, 5), done: 5, percent: 41 });
  assert.deepEqual([known.get("42").progress.stage, known.get("42").progress.done], ["products", 5], "a stage counts anew");
  known.take(session({ progress: { stage: "groups", stages: stages(100, 70), done: 70, percent: 33 } }));
  assert.deepEqual([known.get("42").progress.stage, percentOf(known.get("42"))], ["products", 41]);

  known.hear({ id: "42", fence: 2, n: 1, stage: "products", stages: stages(100, 100, 2), done: 2, percent: 40, worker: 12399, attempt: 2 });
  const { fence, worker, attempt, progress } = known.get("42");
  assert.deepEqual([fence, worker, attempt, progress.done, progress.percent], [2, 12399, 2, 2, 41]);
});

test("what has ended stays ended, whatever answer or progress comes late", () => {
  const known = new Sessions();
  known.take(session());
  known.take(session({ state: "completed", finishedAt: "2026-11-27T11:45:00Z" }));

  known.take(session({ cancelRequested: true }));
  assert.equal(known.hear({ id: "42", fence: 1, n: 99, percent: 10 }), false);

  assert.deepEqual([known.get("42").state, known.active], ["completed", []]);
});

test("cancelled, it says so until it ends; refused, it does not", async () => {
  const known = new Sessions();
  known.take(session());
  await known.cancel("42", async () => session({ cancelRequested: true }), () => {});
  known.hear({ id: "42", fence: 1, n: 1, percent: 9 });
  assert.equal(known.get("42").cancelRequested, true);

  const refused = new Sessions();
  refused.take(session());
  await assert.rejects(refused.cancel("42", () => Promise.reject(new Error("no")), () => {}));
  assert.equal(refused.get("42").cancelRequested, false);
});

test("stages show what there is to do, from the queue on; kinds stand in the order of work", () => {
  const progress = { stage: "products", stages: [{ name: "scan", done: 6, total: 6, seconds: 12 }, { name: "units", done: 0, total: 0 }, { name: "products", done: 5, total: 60, seconds: null }, { name: "offers", done: 0, total: 60 }] };

  assert.deepEqual(stagesOf(session({ progress })).map(({ name, state, seconds }) => [name, state, seconds]),
    [["queue", "done", 2], ["scan", "done", 12], ["products", "now", null], ["offers", "waiting", undefined]]);
  assert.deepEqual(stagesOf(session({ progress, state: "completed" })).map(({ state }) => state), ["done", "done", "done", "done"]);
  assert.deepEqual(stagesOf(session({ progress, state: "cancelled" })).map(({ state }) => state), ["done", "done", "stopped", "waiting"]);
  assert.deepEqual(stagesOf(session({ state: "queued", startedAt: null })).map(({ name, state }) => [name, state]), [["queue", "now"]]);
  assert.deepEqual(tallies(session({ counts: { offers: {}, novelties: {}, groups: {}, products: {} } })).map(([kind]) => kind), ["groups", "products", "offers", "novelties"]);
});

test("the list takes what events bring where it fits, and asks again where they bring nothing", async () => {
  const page = server({ "GET /api/imports?state=failed&limit=50": { items: [session({ id: "41", state: "failed" })], next: "41" } });
  const list = new ImportList({ type: "", state: "failed" }, page);
  const sync = road();
  await list.follow(sync);
  assert.deepEqual(sync.joined, [["imports", 7]]);

  sync.heard["imports:changed"]([{ data: session({ id: "42", state: "failed" }) }, { data: session({ id: "43" }) }, { data: session({ id: "12", state: "failed" }) }]);
  assert.deepEqual(list.items.map(({ id }) => id), ["42", "41"], "43 runs, and 12 comes with the older ones");
  sync.heard["imports:changed"]([{ data: session({ id: "43", state: "failed" }) }]);
  assert.deepEqual(list.items.map(({ id }) => id), ["43", "42", "41"]);

  await sync.heard["imports:changed"]([{ data: null, synthetic: "refresh" }]);
  assert.equal(page.asked.length, 2);
  assert.deepEqual(list.items.map(({ id }) => id), ["41"], "what the answer has");
});

test("of two wishes the later one is answered, and older ones are added below", async () => {
  let first;
  const page = server({
    "GET /api/imports?limit=50": () => new Promise((resolve) => (first = resolve)),
    "GET /api/imports?type=prices&limit=50": { items: [session({ id: "40", type: "prices" })], next: "40" },
    "GET /api/imports?type=prices&limit=50&before=40": { items: [session({ id: "7", type: "prices" })], next: null },
  });
  const list = new ImportList({ type: "", state: "" }, page);
  const early = list.learn();
  await list.show({ type: "prices", state: "" });
  first({ items: [session()], next: null });
  await early;
  assert.deepEqual([list.items.map(({ id }) => id), list.more], [["40"], true]);

  await list.older();

  assert.deepEqual([list.items.map(({ id }) => id), list.more], [["40", "7"], false]);
});

test("a session page joins with what it has, follows its files, and stops by itself at the end", async () => {
  const file = { name: "goods_1.xml", kinds: ["product"], bytes: 9, encoding: "UTF-8", rows: 100, done: 10, state: "running", error: null };
  const progress = { stage: "products", file: "goods_1.xml", done: 10, total: 100, percent: 10 };
  let now = { ...session({ progress }), files: [file] };
  const page = server({ "GET /api/imports/42": () => now });
  let ends = 0;
  const watch = new SessionWatch("42", { ...page, ended: () => (ends += 1) });
  const sync = road();
  await watch.follow(sync);
  assert.deepEqual(sync.joined, [["import:42", 7], ["imports", 7]]);

  sync.heard["import:progress"]({ id: "42", fence: 1, n: 1, ...progress, done: 35, percent: 35, rate: 50 });
  assert.deepEqual([watch.files[0].done, watch.rates, page.asked.length], [35, [50], 1], "the same file needs no question");
  now = { ...session({ progress: { ...progress, file: "goods_2.xml", done: 60 } }), files: [{ ...file, done: 100, state: "done" }] };
  sync.heard["import:progress"]({ id: "42", fence: 1, n: 2, ...progress, file: "goods_2.xml", done: 60, percent: 60 });
  await settle();
  assert.deepEqual([watch.files[0].state, page.asked.length], ["done", 2]);

  await sync.heard["imports:changed"]([{ data: session({ id: "43" }) }]);
  assert.equal(page.asked.length, 2, "another session is none of it");
  now = { ...session({ state: "completed", finishedAt: "2026-11-27T11:45:00Z" }), files: [] };
  await sync.heard["imports:changed"]([{ data: session({ state: "completed" }) }]);

  assert.deepEqual([watch.session.state, ends, sync.left, Object.keys(sync.heard)], ["completed", 1, ["import:42", "imports"], []]);
});

test("a session that ended long ago is shown, and no room is joined for it", async () => {
  const watch = new SessionWatch("42", server({ "GET /api/imports/42": session({ state: "failed" }) }));
  const sync = road();

  await watch.follow(sync);

  assert.deepEqual([watch.session.state, sync.joined, Object.keys(sync.heard)], ["failed", [], []]);
});

test("issues come a page at a time as they are narrowed, and new ones where the last are shown", async () => {
  const issue = (n) => ({ n, severity: "error", code: "unknown_product", message: "?" });
  const page = server({
    "GET /api/imports/42/issues?limit=100": { items: [issue(1), issue(2)], next: null, total: 2 },
    "GET /api/imports/42/issues?after=2&limit=100": { items: [issue(3)], next: "3", total: 900 },
    "GET /api/imports/42/issues?severity=error&limit=100": { items: [issue(2)], next: null, total: 1 },
  });
  const issues = new Issues("42", { severity: "", code: "", file: "" }, page);

  await issues.grown(0);
  assert.equal(page.asked.length, 0, "where there are none nothing is asked");
  await issues.grown(2);
  await issues.grown(2);
  await issues.grown(900);
  assert.deepEqual([issues.items.map(({ n }) => n), issues.more, page.asked.length], [[1, 2, 3], true, 2]);
  await issues.grown(950);
  assert.deepEqual([issues.total, page.asked.length], [950, 2], "the next page is fetched when somebody wants it");

  await issues.show({ severity: "error" });
  assert.deepEqual(issues.items.map(({ n }) => n), [2]);
});

/** A form before a server with two sources, of which the prices wait for a catalogue. */
function form(answers = {}) {
  const sources = { root: "/srv/imports", items: [{ name: "a", modifiedAt: "2026-11-01" }, { name: "b", modifiedAt: "2026-11-02" }], types: [{ type: "catalog", ready: true, why: null }, { type: "prices", ready: false, why: "import.catalog_required" }, { type: "customers", ready: false, why: "import.running" }] };
  const page = server({ "GET /api/imports/sources": sources, "GET /api/imports?active=1": { items: [] }, ...answers });
  return { page, form: new ImportForm({ type: "catalog", source: "", options: { dry_run: true } }, page) };
}

test("the newest source is chosen, a locked type says why, and what would run into another is held up", async () => {
  const { form: wanted } = form({ "GET /api/imports?active=1": { items: [session({ id: "9", type: "customers", kind: "import.customers" })] } });
  assert.equal(wanted.obstacle, "loading");
  const sync = road();
  await wanted.follow(sync);
  assert.deepEqual([wanted.source, wanted.obstacle], ["b", null], "customers are in nobody's way but their own");

  wanted.choose({ type: "prices" });
  assert.deepEqual([wanted.obstacle, wanted.locked("prices").why, wanted.locked("catalog")], ["locked", "import.catalog_required", null]);
  wanted.choose({ type: "customers" });
  assert.deepEqual([wanted.obstacle, wanted.running.id], ["running", "9"]);

  sync.heard["imports:changed"]([{ data: session({ id: "10" }) }]);
  wanted.choose({ type: "catalog" });
  assert.equal(wanted.running.id, "10");
});

test("when what ran has ended, the form looks what it has unlocked", async () => {
  const { page, form: wanted } = form({ "GET /api/imports?active=1": { items: [session()] } });
  const sync = road();
  await wanted.follow(sync);
  page.asked.length = 0;

  const looking = sync.heard["imports:changed"]([{ data: session({ state: "completed" }) }]);
  assert.equal(wanted.running, null);
  await looking;

  assert.deepEqual(page.asked, ["GET /api/imports/sources", "GET /api/imports?active=1"]);
});

test("a preview belongs to what was chosen: another choice forgets it, and a late one changes nothing", async () => {
  let late;
  let first = true;
  const { form: wanted } = form({ "POST /api/imports/preview": (body) => (first ? ((first = false), new Promise((resolve) => (late = resolve))) : { source: body.source, ready: true }) });
  await wanted.learn();
  wanted.choose({ type: "prices" });
  const looking = wanted.look();
  wanted.choose({ source: "a" });
  late({ source: "b", ready: false });
  await looking;
  assert.deepEqual([wanted.preview, wanted.previewing], [null, false]);

  await wanted.look();

  assert.deepEqual([wanted.preview.source, wanted.obstacle], ["a", null], "a set that brings what was missing unlocks the type");
});

test("what a preview found keeps the import from starting only where no start would mend it", async () => {
  let why = { code: "import.broken_file" };
  const { form: wanted } = form({ "POST /api/imports/preview": () => ({ source: "b", ready: false, why, missing: [], counts: { product: 6 } }) });
  await wanted.learn();
  await wanted.look();
  assert.equal(wanted.obstacle, "preview");
  wanted.set("skip_broken", true);
  assert.equal(wanted.obstacle, null);

  why = { code: "import.running" };
  await wanted.look();
  assert.equal(wanted.obstacle, null, "what runs is known better from the events");
  assert.deepEqual(lacking("catalog", wanted.preview), ["group", "offer", "price", "stock"]);
  why = { code: "import.nothing" };
  await wanted.look();
  assert.equal(wanted.obstacle, "preview");
});

test("the form sends what is chosen; refused, it says why and looks what is in the way", async () => {
  const sent = [];
  const { form: wanted } = form({ "POST /api/imports": (body) => (sent.push(body), sent.length > 1 ? Promise.reject(Object.assign(new Error("no"), { code: "import.running" })) : session()) });
  await wanted.learn();

  assert.equal((await wanted.start()).id, "42");
  assert.deepEqual(sent, [{ type: "catalog", source: "b", dry_run: true }]);
  assert.equal(await wanted.start(), null);
  assert.equal(wanted.refusal.code, "import.running");
});

test("a set goes in one request with its progress; stopped, it leaves nothing, and failed it can go again", async () => {
  const sends = [];
  const done = [];
  const upload = new SetUpload({ changed() {}, done: (source) => done.push(source), send: (what) => new Promise((resolve, reject) => {
    sends.push({ ...what, resolve, reject });
    what.signal.addEventListener("abort", () => reject(new Error("stopped")));
  }) });
  const [files, left] = fitting([new File(["x".repeat(80)], "import.xml"), new File(["y".repeat(20)], "Выгрузка.ZIP"), new File(["z"], "readme.txt")]);
  assert.deepEqual([files.map(({ name }) => name), left], [["import.xml", "Выгрузка.ZIP"], 1]);

  const sending = upload.send(files);
  sends[0].onProgress(50);
  assert.deepEqual([upload.state, upload.percent], ["sending", 50]);
  sends[0].reject(new Error("offline"));
  await sending;
  assert.equal(upload.state, "failed");
  const again = upload.again();
  sends[1].resolve({ source: "uploads/1" });
  await again;
  assert.deepEqual([upload.state, done], ["done", ["uploads/1"]]);

  const third = upload.send(files);
  upload.stop();
  await third;
  assert.deepEqual([upload.state, upload.files], ["idle", []]);
});

test("a page looks again every five seconds while it is not connected, and never while it is", async () => {
  const clock = new FakeClock();
  let tell;
  let looks = 0;
  const stop = pollWhileDown((listener) => ((tell = listener), listener({ connected: false }), () => {}), async () => (looks += 1), clock);
  await clock.advance(2 * POLL_MS);
  assert.equal(looks, 2);

  tell({ connected: true });
  await clock.advance(10 * POLL_MS);
  assert.equal(looks, 2);

  tell({ connected: false });
  tell({ connected: false });
  await clock.advance(POLL_MS);
  assert.equal(looks, 3);
  stop();
  await clock.advance(10 * POLL_MS);
  assert.equal(looks, 3);
});
