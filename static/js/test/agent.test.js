import assert from "node:assert/strict";
import test from "node:test";
import { agentOf } from "../core/agent.js";
import { matching, step } from "../core/commands.js";

for (const [agent, expected] of [
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", ["Chrome", "142", "Windows"]],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36", ["Chrome", "156", "Linux"]],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", ["Edge", "142", "Windows"]],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 YaBrowser/25.10.0.0 Safari/537.36", ["Yandex", "25", "Windows"]],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", ["Safari", "26", "macOS"]],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1", ["Chrome", "142", "iOS"]],
  ["Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", ["Firefox", "145", "Android"]],
  ["curl/8.14.1", ["curl", "8", null]], ["", [null, null, null]], [null, [null, null, null]],
]) {
  test(`an agent in words: ${expected.join(" ")}`, () => {
    const { browser, version, system } = agentOf(agent);

    assert.deepEqual([browser, version, system], expected);
  });
}

const commands = [
  { key: "a", group: "pages", label: "Файлы", words: "files" },
  { key: "b", group: "actions", label: "Новый файл", words: "new files" },
  { key: "c", group: "actions", label: "Тёмная тема", hint: "оформление" },
];

for (const [question, keys] of [["", "abc"], ["файл", "ab"], ["новый ф", "b"], ["темн", "c"], ["ТЁМН", "c"], ["files", "ab"], ["оформ", "c"], ["йлы", "a"], ["нет такого", ""]]) {
  test(`the palette finds ${keys || "nothing"} for ${JSON.stringify(question)}`, () => {
    assert.equal(matching(commands, question).map(({ key }) => key).join(""), keys);
  });
}

test("walking a list goes round, and nowhere in an empty one", () => {
  assert.deepEqual([step(0, 1, 3), step(2, 1, 3), step(0, -1, 3), step(0, 1, 0)], [1, 0, 2, -1]);
});
