import assert from "node:assert/strict";
import test from "node:test";
import { AuditList } from "../core/audit.js";

const ALL = { entity: "", actor: "", reason: "", id: "" };
const page = (seqs, next = null) => ({ items: seqs.map((seq) => ({ seq })), next, since: 1 });

function list(...answers) {
  const asked = [];
  const audit = new AuditList(async (_method, url) => {
    asked.push(url);
    const answer = await answers.shift();
    if (answer instanceof Error) throw answer;
    return { data: answer };
  }, ALL, () => {});
  return { audit, asked, seqs: () => audit.items.map(({ seq }) => seq) };
}

test("older entries come below, and the head is put on top", async () => {
  const { audit, asked, seqs } = list(page([9, 8], 8), page([7, 6]), page([11, 10, 9], 9));
  await audit.head();

  await audit.more();
  assert.equal(audit.next, null);
  await audit.head();

  assert.deepEqual(seqs(), [11, 10, 9, 8, 7, 6]);
  assert.deepEqual(asked, ["/api/audit?limit=50", "/api/audit?before=8&limit=50", "/api/audit?limit=50"]);
  assert.equal(audit.next, null);
});

test("where more is new than one answer holds, the list begins anew instead of hiding a gap", async () => {
  const { audit, seqs } = list(page([3, 2]), page([90, 89], 89));
  await audit.head();

  await audit.head();

  assert.deepEqual(seqs(), [90, 89]);
  assert.equal(audit.next, 89);
});

test("the server narrows; an answer to the former question counts for nothing", async () => {
  let slow;
  const { audit, asked, seqs } = list(new Promise((resolve) => (slow = resolve)), page([5]));
  const former = audit.head();

  await audit.narrow({ ...ALL, entity: "files", actor: "2" });
  slow(page([9, 8]));
  await former;

  assert.deepEqual(seqs(), [5]);
  assert.equal(asked[1], "/api/audit?entity=files&actor=2&limit=50");
});

test("a failure is told, and the next success takes it back", async () => {
  const { audit, seqs } = list(new Error("no"), page([1]));

  await audit.head();
  assert.equal(audit.error.message, "no");
  assert.equal(audit.busy, false);
  await audit.head();

  assert.equal(audit.error, null);
  assert.deepEqual(seqs(), [1]);
});
