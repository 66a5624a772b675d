/** The texts themselves, and that the source asks for them rightly. */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { argumentsOf, patternsOf } from "./source.js";

const read = async (name) => JSON.parse(await readFile(new URL(`../i18n/${name}.json`, import.meta.url), "utf8"));
const ru = await read("ru");
const en = await read("en");
const root = new URL("../", import.meta.url);
/** Comments may name a key that does not exist. */
const bare = (text) => text.replace(/\/\*[^]*?\*\//g, "");
const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith(".js") && !file.startsWith("test"));
const sources = new Map(await Promise.all(files.map(async (file) => [file, bare(await readFile(new URL(file, root), "utf8"))])));
const source = [...sources.values()].join("\n");

/** The holes of a text, or of all its plural forms. */
const holes = (entry) => [...new Set(Object.values(typeof entry === "string" ? [entry] : entry).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

test("both catalogues have the same keys, and each text the same holes", () => {
  assert.deepEqual(Object.keys(ru).sort(), Object.keys(en).sort());
  for (const key of Object.keys(ru)) assert.deepEqual(holes(ru[key]), holes(en[key]), key);
});

test("a key is written once in a catalogue", async () => {
  for (const name of ["ru", "en"]) {
    const text = await readFile(new URL(`../i18n/${name}.json`, import.meta.url), "utf8");
    const keys = [...text.matchAll(/^ "([^"]+)":/gm)].map((match) => match[1]);
    assert.deepEqual(keys.filter((key, n) => keys.indexOf(key) !== n), [], name);
  }
});

test("no text is empty, none ends in a space, and none is Russian in the English catalogue", () => {
  for (const [language, texts] of [["ru", ru], ["en", en]]) {
    for (const [key, entry] of Object.entries(texts)) {
      for (const text of Object.values(typeof entry === "string" ? [entry] : entry)) {
        assert.equal(text, text.trim(), `${language}: ${key}`);
        assert.notEqual(text, "", `${language}: ${key}`);
        if (language === "en") assert.doesNotMatch(text, /[а-яё]/i, key);
      }
    }
  }
});

test("every plural has all the forms of its language, and every form shows what it counts", () => {
  for (const [language, texts] of [["ru", ru], ["en", en]]) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const [key, entry] of Object.entries(texts)) {
      if (typeof entry === "string") continue;
      assert.deepEqual(Object.keys(entry).sort(), forms, `${language}: ${key}`);
      for (const [form, text] of Object.entries(entry)) assert.deepEqual(holes(text), holes(entry), `${language}: ${key}, ${form}`);
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

const patterns = patternsOf(source);
const families = [...source.matchAll(/\bword\("([a-z]+)"/g)].map((match) => `${match[1]}.`);

test("every text that the source asks for exists", () => {
  for (const [file, text] of sources) for (const [, key] of text.matchAll(/\bt\("([\w.]+)"/g)) assert.ok(key in ru, `${file}: t("${key}")`);
});

test("every text is asked for", () => {
  const fits = (key) => patterns.some((pattern) => pattern.test(key)) || families.some((family) => key.startsWith(family));
  const unused = Object.keys(ru).filter((key) => !source.includes(`"${key}"`) && !fits(key) && !/^(error|field|exchange|issue|col\.issue)\./.test(key)); // those are the server's

  assert.deepEqual(unused, []);
});

test("whoever asks for a text fills all its holes, and brings nothing that it has no place for", () => {
  for (const [file, text] of sources) {
    for (const { key, names } of argumentsOf(text)) {
      const plural = typeof ru[key] !== "string";
      const wanted = holes(ru[key]).map((hole) => hole.slice(1, -1)).sort();
      assert.deepEqual(names.filter((name) => !plural || name !== "count" || wanted.includes(name)).sort(), wanted, `${file}: t("${key}")`);
      assert.ok(!plural || names.length > 0, `${file}: t("${key}") has nothing to count`);
    }
  }
});
