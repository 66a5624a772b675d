import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { changeWords, fieldsOf, valueWords } from "../core/audit-words.js";
import { changedFields, fieldNames } from "../core/changes.js";
import { I18n } from "../core/i18n.js";

const i18n = new I18n(async (language) => JSON.parse(await readFile(new URL(`../i18n/${language}.json`, import.meta.url), "utf8")));
await i18n.use("ru");

test("only what people edit counts as changed", () => {
  const before = { name: "Счёт", rev: 1, updated_at: "a", files: 3, category_id: "1", category_name: "Письма", note: null };
  const after = { name: "Счёт", rev: 2, updated_at: "b", files: 4, category_id: "2", category_name: "Договоры", note: null };

  assert.deepEqual(changedFields(before, after), ["category_id"]);
});

test("fields stand in the order in which people know them, strange ones last", () =>
  assert.deepEqual(fieldsOf({ zebra: {}, status: {}, name: {}, apple: {} }), ["name", "status", "apple", "zebra"]));

test("fields are called as their entity calls them, and by their own name where nobody does", () => {
  assert.equal(fieldNames(i18n, "users", ["name", "group_id"]), "Имя, Группа");
  assert.equal(fieldNames(i18n, "files", ["zebra"]), "zebra");
});

for (const [field, value, words] of [
  ["name", "", "—"], ["note", null, "—"], ["enabled", true, "вкл"], ["enabled", false, "выкл"], ["status", "ready", "готов"],
  ["category_id", "4", "#4"], ["registrator_id", "1", "Архив"], ["permissions", ["files.edit", "admin"], "Файлы: правка, Администратор (все права)"],
  ["permissions", [], "—"], ["note", "я".repeat(100), `${"я".repeat(80)}…`], ["name", "<b>", "<b>"],
]) {
  test(`${field} ${JSON.stringify(value).slice(0, 30)} in words`, () => {
    const name = field === "registrator_id" ? "Архив" : undefined;

    assert.equal(valueWords(i18n, field, value, name), words);
  });
}

test("of rights it says what was given and what was taken", () =>
  assert.equal(changeWords(i18n, "permissions", { from: ["files.view", "logs.view"], to: ["files.view", "users.edit"] }), "+ Пользователи: правка, − Логи"));

test("a row that an id points to is called by the name it had", () =>
  assert.equal(changeWords(i18n, "category_id", { from: null, from_name: null, to: "4", to_name: "Договоры" }), "— → Договоры"));

test("of anything else, what it was and what it is", () => assert.equal(changeWords(i18n, "status", { from: "new", to: "ready" }), "новый → готов"));
