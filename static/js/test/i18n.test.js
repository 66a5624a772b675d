import assert from "node:assert/strict";
import test from "node:test";
import { I18n, chooseLanguage } from "../core/i18n.js";

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

test("where nothing is called count, the first number is what is counted", async () => {
  const i18n = new I18n(async () => ({ short: { one: "Не меньше {min} знака.", few: "…", many: "Не меньше {min} знаков.", other: "…" } }));
  await i18n.use("ru");

  assert.equal(i18n.t("short", { min: 21 }), "Не меньше 21 знака.");
  assert.equal(i18n.t("short", { min: 8 }), "Не меньше 8 знаков.");
});

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
