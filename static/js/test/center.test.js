/** The words of `<notification-center>`, which has no catalogue; and the choice of what comes as a message. */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { interrupts, quietTypes, setQuiet } from "../core/notice-settings.js";
import { TABLES, wordsOf } from "../elements/center/words.js";

const { ru, en } = TABLES;
const holes = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const root = new URL("../", import.meta.url);
const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith(".js") && !file.startsWith("test") && !file.endsWith("center/words.js"));
const source = (await Promise.all(files.map((file) => readFile(new URL(file, root), "utf8")))).join("\n");

test("both languages have the same words with the same holes, and English has no Russian in it", () => {
  assert.deepEqual(Object.keys(ru).sort(), Object.keys(en).sort());
  for (const word of Object.keys(ru)) {
    assert.deepEqual(holes(ru[word]), holes(en[word]), word);
    assert.doesNotMatch(en[word], /[а-яё]/i, word);
  }
});

test("no word is left over", () => {
  const families = ["tab", "empty", "type", "status", "state", "why", "scan", "import", "count"];
  const unused = Object.keys(ru).filter((word) => !source.includes(`"${word}"`) && !families.includes(word.split(".")[0]));

  assert.deepEqual(unused, []);
});

/** A page in a language, read by somebody who prefers others. */
function reading(lang, languages, run) {
  const before = [globalThis.document, Object.getOwnPropertyDescriptor(globalThis, "navigator")];
  globalThis.document = { documentElement: { lang } };
  Object.defineProperty(globalThis, "navigator", { value: { languages }, configurable: true });
  try {
    return run();
  } finally {
    globalThis.document = before[0];
    if (before[1]) Object.defineProperty(globalThis, "navigator", before[1]);
  }
}

test("the language is what the page asked for, else the page's, else the reader's, else Russian", () => {
  for (const [locale, lang, languages, expected] of [
    ["en-GB", "ru", ["ru"], "en"], [null, "en", ["ru"], "en"], ["de", "fr", ["de", "en-US"], "en"], ["", "", ["de"], "ru"],
  ]) assert.equal(reading(lang, languages, () => wordsOf(locale).language), expected);
});

test("a notice without a sentence says its kind and how serious it is; an unknown kind is its own word", () => {
  const { text, kind, ago } = reading("en", ["en"], () => wordsOf(null));
  const notice = (type, data = {}, more = {}) => ({ id: "1", type, data, timestamp: "", read: false, archived: false, ...more });

  assert.equal(text(notice("alert", { level: "critical" })), "Alert: Critical");
  assert.equal(text(notice("scan_complete", {}, { status: "success" })), "Scan: Success");
  assert.equal(text(notice("made_up")), "made_up: Information");
  assert.equal(text(notice("alert", { title: "<b>x</b>" })), "<b>x</b>");
  assert.equal(kind(notice("constructor")), "constructor");
  assert.equal(ago("nonsense"), "");
});

test("kinds that were switched off do not interrupt, and neither does an upload that is under way", () => {
  const kept = new Map();
  globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const notice = (type, data = {}, more = {}) => ({ id: "1", type, data, timestamp: "", read: false, archived: false, ...more });

  setQuiet("system", true);
  setQuiet("alert", true);
  setQuiet("alert", false);

  assert.deepEqual(quietTypes(), ["system"]);
  assert.deepEqual([notice("system"), notice("alert"), notice("made_up")].map(interrupts), [false, true, true]);
  assert.deepEqual([{ percent: 40 }, { percent: 100 }, {}].map((data) => interrupts(notice("upload_status", data))), [false, true, true]);
  assert.equal(interrupts(notice("upload_status", { percent: 40 }, { status: "error" })), true);
  delete globalThis.localStorage;
});

test("how a scan went is said in the reader's language; why it failed, as the server says it", () => {
  const scan = (status, counts, message = "Reception: the server's words") =>
    ({ id: "1", type: "scan_complete", data: { job: "5", registrator: "1", name: "Reception", counts }, timestamp: "", read: false, archived: false, message, status });
  const text = (language, notice) => reading(language, [], () => wordsOf(language).text(notice));

  assert.equal(text("ru", scan("success", { new: 12_408, missing: 2, unchanged: 7 })), "Сканирование завершено: Reception (+12\u00a0408, пропало 2)");
  assert.equal(text("en", scan("success", { unchanged: 7 })), "Scan completed: Reception (no changes)");
  assert.equal(text("ru", scan("warning", { new: 1 })), "Сканирование отменено: Reception (+1)");
  assert.equal(text("ru", scan("warning", { failed: 3 })), "Сканирование завершено с ошибками: Reception (не прочитано 3)");
  assert.equal(text("ru", scan("error", {}, "Reception: the folder is gone")), "Reception: the folder is gone");
  assert.equal(text("ru", scan("success", null)), "Reception: the server's words");
});

test("how an import went is said in the reader's language; why it failed, as the server says it", () => {
  const told = (data, more = {}) => ({ id: "1", type: "import_complete", data: { job: "42", type: "catalog", counts: {}, issuesTotal: 0, seconds: 923.4, dryRun: false, ...data }, timestamp: "", read: false, archived: false, message: "the server's words", ...more });
  const text = (language, notice) => reading(language, [], () => wordsOf(language).text(notice));
  const counts = { products: { read: 6200, created: 3120, updated: 771, unchanged: 7, deactivated: 0 } };

  assert.equal(text("ru", told({ state: "completed", counts })), "Импорт завершён: каталог №42 (товары 6\u00a0200, создано 3\u00a0120, обновлено 771, 15 мин 23 с)");
  assert.equal(text("en", told({ state: "completed_with_errors", issuesTotal: 2, seconds: null })), "Import completed with errors: catalogue #42 (goods 0, issues 2)");
  assert.equal(text("ru", told({ state: "cancelled", type: "prices", dryRun: true, counts: { prices: { read: 5 } }, seconds: 3 })), "Импорт отменён: цены №42 (пробный прогон, ничего не записано, цены 5, 3 с)");
  assert.equal(text("ru", told({ state: "failed" })), "the server's words");
  assert.equal(text("ru", told({ state: "completed", type: "constructor" })), "the server's words");
});
