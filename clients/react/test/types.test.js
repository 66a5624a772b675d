/** The declarations: they fit what is behind them, and the users' examples, with the types of both versions of React. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const skip = existsSync(`${ROOT}dist`) && existsSync(`${ROOT}node_modules`) ? false : "clients/react is not built: scripts/install.sh test, npm run build --prefix clients/react";

/** What `tsc` has to say. */
async function complaints(project) {
  const { stdout } = await promisify(execFile)(`${ROOT}../../node_modules/.bin/tsc`, ["-p", `${ROOT}${project}`]).catch((error) => error);
  return stdout;
}

for (const [what, project] of [["what is behind them", "tsconfig.json"], ["the examples in React 19", "test/app/tsconfig.json"], ["the examples in React 18", "test/app/tsconfig.react18.json"]]) {
  test(`the declarations fit ${what}`, { skip }, async () => assert.equal(await complaints(project), ""));
}
