import assert from "node:assert/strict";
import test from "node:test";
import { presses } from "../core/keys.js";

const stroke = (key, code, more = {}) => ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

for (const [key, event, expected] of [
  ["j", stroke("j", "KeyJ"), true],
  ["j", stroke("о", "KeyJ"), true],
  ["j", stroke("k", "KeyK"), false],
  ["j", stroke("j", "KeyC"), true],
  ["c", stroke("j", "KeyC"), false],
  ["j", stroke("j", "KeyJ", { ctrlKey: true }), false],
  ["/", stroke("/", "Slash"), true],
  ["/", stroke(".", "Slash"), true],
  ["/", stroke(".", "Period"), false],
  ["?", stroke("?", "Digit7", { shiftKey: true }), true],
  ["?", stroke(",", "Slash", { shiftKey: true }), true],
  ["Ctrl+k", stroke("л", "KeyK", { ctrlKey: true }), true],
  ["Ctrl+k", stroke("k", "KeyK", { metaKey: true }), true],
  ["Alt+Shift+D", stroke("D", "KeyD", { altKey: true, shiftKey: true }), true],
  ["Delete", stroke("Delete", "Delete"), true],
  ["Delete", stroke("Delete", "Delete", { shiftKey: true }), false],
]) {
  const held = ["ctrlKey", "metaKey", "altKey", "shiftKey"].filter((name) => event[name]).join(" ");
  test(`${event.key} on ${event.code} ${held} ${expected ? "is" : "is not"} ${key}`, () => assert.equal(presses(key, event), expected));
}
