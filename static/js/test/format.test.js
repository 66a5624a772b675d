import assert from "node:assert/strict";
import test from "node:test";

globalThis.document = { documentElement: { lang: "ru" } };
const { formatAgo, formatBytes, formatDuration, formatNumber, setAhead } = await import("../core/format.js");

/** With plain spaces, and without the dots of abbreviations, on which versions of ICU differ. */
const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ").replace(/(?<=[а-я])\./g, "");
const NOW = Date.UTC(2025, 10, 21, 12);
const ago = (seconds) => plain(formatAgo(new Date(NOW - seconds * 1000).toISOString(), NOW));

test("numbers are grouped", () => assert.equal(plain(formatNumber(12408)), "12 408"));

for (const [bytes, expected] of [[0, "0 Б"], [840 * 1024, "840 кБ"], [1.2 * 1024 ** 2, "1,2 МБ"], [null, ""]]) {
  test(`${bytes} bytes`, () => assert.equal(plain(formatBytes(bytes)), expected));
}

for (const [ms, expected] of [[400, "0 с"], [52_000, "52 с"], [923_000, "15 мин 23 с"], [3_600_000, "1 ч"], [266_400_000, "3 дн 2 ч"]]) {
  test(`${ms} ms`, () => assert.equal(plain(formatDuration(ms)), expected));
}

for (const [seconds, expected] of [[3, "сейчас"], [30, "30 сек назад"], [720, "12 мин назад"], [7200, "2 ч назад"], [86_400, "вчера"]]) {
  test(`${seconds} s ago`, () => assert.equal(ago(seconds), expected));
}

test("what lies in the future by a wrong clock is now", () => assert.equal(ago(-5), "сейчас"));

test("a wrong clock of the browser does not make the data old", () => {
  setAhead(-3_600_000);
  assert.equal(plain(formatAgo(Date.now() - 3_600_000)), "сейчас");
  setAhead(0);
});

test("no time is no words", () => assert.equal(formatAgo(null), ""));
