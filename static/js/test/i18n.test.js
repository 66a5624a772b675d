import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { I18n, chooseLanguage } from "../core/i18n.js";

const read = async (name) => JSON.parse(await readFile(new URL(`../i18n/${name}.json`, import.meta.url), "utf8"));
const ru = await read("ru");
const en = await read("en");

const catalogue = {
  hello: "Привет, {name}!",
  files: { one: "{count} файл", few: "{count} файла", many: "{count} файлов", other: "{count} файла" },
};

async function words() {
  const i18n = new I18n(async (language) => (language === "ru" ? catalogue : { hello: "Hello, {name}!" }));
  await i18n.use("ru");
  return i18n;
}

test("holes are filled, and one without value stays to be seen", async () => {
  const i18n = await words();

  assert.equal(i18n.t("hello", { name: "Анна" }), "Привет, Анна!");
  assert.equal(i18n.t("hello"), "Привет, {name}!");
});

for (const [count, expected] of [[1, "1 файл"], [21, "21 файл"], [2, "2 файла"], [5, "5 файлов"], [11, "11 файлов"], [1.5, "1,5 файла"], [12408, "12 408 файлов"]]) {
  test(`${count} has its Russian form`, async () => {
    const i18n = await words();

    assert.equal(i18n.t("files", { count }).replace(/\s/g, " "), expected);
  });
}

test("a missing text shows its key", async () => assert.equal((await words()).t("no.such"), "no.such"));

test("a change of language is told to whoever listens, until off", async () => {
  const i18n = await words();
  const heard = [];
  const off = i18n.onChange(() => heard.push(i18n.t("hello", { name: "A" })));

  await i18n.use("en");
  off();
  await i18n.use("ru");

  assert.deepEqual(heard, ["Hello, A!"]);
});

test("the language comes from the address, the cookie, the browser, else Russian", () => {
  const choose = (search, cookie, languages) => chooseLanguage({ search, cookie, languages });
  assert.equal(choose("?lang=en", "lockstep_lang=ru", ["ru"]), "en");
  assert.equal(choose("", "a=b; lockstep_lang=en", ["ru"]), "en");
  assert.equal(choose("?lang=xx", "", ["en-GB", "ru"]), "en");
  assert.equal(choose("", "", ["fr"]), "ru");
});

test("both catalogues have the same keys, and each text the same holes", () => {
  assert.deepEqual(Object.keys(ru).sort(), Object.keys(en).sort());
  const holes = (entry) => [...new Set(Object.values(typeof entry === "string" ? [entry] : entry).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();
  for (const key of Object.keys(ru)) assert.deepEqual(holes(ru[key]), holes(en[key]), key);
});

test("every plural has all the forms of its language", () => {
  for (const [language, texts] of [["ru", ru], ["en", en]]) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const [key, entry] of Object.entries(texts)) {
      if (typeof entry !== "string") assert.deepEqual(Object.keys(entry).sort(), forms, `${language}: ${key}`);
    }
  }
});

test("every code that the server answers with has a sentence", () => {
  const errors = ["unauthorized", "bad_credentials", "forbidden", "csrf", "not_found", "method_not_allowed", "bad_json", "invalid", "stale",
    "precondition_required", "in_use", "duplicate", "last_admin", "too_large", "unsupported_media", "rate_limited", "unavailable", "in_doubt", "internal",
    "unknown_event", "bad_event", "bad_room", "key_reused", "unknown_key", "not_an_object", "bad_if_match", "no_room"];
  const fields = ["required", "too_long", "too_short", "taken", "not_a_string", "not_a_number", "not_a_bool", "unknown", "no_such", "format",
    "cycle", "not_allowed", "out_of_range"];
  for (const key of [...errors.map((code) => `error.${code}`), ...fields.map((code) => `field.${code}`)]) assert.ok(key in ru, key);
});

test("every text that the source asks for exists, and every text is asked for", async () => {
  const root = new URL("../", import.meta.url);
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith(".js") && !file.startsWith("test"));
  const source = (await Promise.all(files.map((file) => readFile(new URL(file, root), "utf8")))).join("\n");
  const asked = [...source.matchAll(/\bt\("([\w.]+)"/g)].map((match) => match[1]);
  const families = [...source.matchAll(/`([a-z]+)\.\$\{/g)].map((match) => `${match[1]}.`);

  for (const key of asked) assert.ok(key in ru, `t("${key}")`);
  for (const key of Object.keys(ru)) {
    const used = source.includes(`"${key}"`) || families.some((family) => key.startsWith(family)) || /^(error|field)\./.test(key);
    assert.ok(used, `nobody asks for ${key}`);
  }
});
