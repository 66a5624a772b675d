import assert from "node:assert/strict";
import test from "node:test";
import { Tabs } from "../core/tabs.js";
import { themeOf } from "../core/theme.js";

/** Two ends of one channel. */
function two() {
  const ends = [[], []];
  const end = (own, other) => ({ addEventListener: (_, fn) => ends[own].push(fn), postMessage: (data) => ends[other].forEach((fn) => fn({ data })) });
  return [new Tabs(end(0, 1)), new Tabs(end(1, 0))];
}

test("a tab hears the others, not itself, until off", () => {
  const [here, there] = two();
  const heard = [];
  here.on("theme", (theme) => heard.push(`here ${theme}`));
  const off = there.on("theme", (theme) => heard.push(`there ${theme}`));

  here.say("theme", "dark");
  here.say("language", "en");
  off();
  here.say("theme", "light");

  assert.deepEqual(heard, ["there dark"]);
});

test("without channels each tab is for itself", () => assert.doesNotThrow(() => new Tabs(null).say("theme", "dark")));

test("the theme is what the cookie says, else the system's", () => {
  assert.equal(themeOf("a=b; lockstep_theme=dark"), "dark");
  assert.equal(themeOf("lockstep_theme=light"), "light");
  assert.equal(themeOf("lockstep_theme=pink; xlockstep_theme=dark"), "system");
});
