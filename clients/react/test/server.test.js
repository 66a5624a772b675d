/** Rendering on a server, as Next.js does: nothing asks for a window, and nothing connects. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { Script, createContext } from "node:vm";
import * as esbuild from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const skip = existsSync(`${ROOT}dist`) && existsSync(`${ROOT}node_modules`) ? false : "clients/react is not built: scripts/install.sh test, npm run build --prefix clients/react";
const APP = `
  import { createElement } from "react";
  import { renderToString } from "react-dom/server.edge";
  import { DashboardLayout, LogsPage, LogViewer, MyComponent } from "./examples";
  globalThis.html = renderToString([DashboardLayout, MyComponent, LogViewer, LogsPage].map((Part, key) => createElement(Part, { key })));`;

/** A context has what JavaScript has, and nothing of a browser. @param {18|19} version */
async function rendered(version) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: ROOT, stdin: { contents: APP.replace("server.edge", version === 18 ? "server.browser" : "server.edge"), resolveDir: `${ROOT}test/app`, loader: "tsx" }, tsconfig: "test/app/tsconfig.bundle.json",
    bundle: true, format: "iife", write: false, define: { "process.env.NODE_ENV": '"production"' }, alias: { react: `react${version}`, "react-dom": `react-dom${version}` },
  });
  const context = createContext({ TextEncoder, MessageChannel: class { port1 = {}; port2 = {}; }, setTimeout, AbortController, console });
  new Script(outputFiles[0].text).runInContext(context);
  return context.html;
}

for (const version of [18, 19]) {
  test(`React ${version} renders the examples where there is no browser`, { skip }, async () => {
    const html = await rendered(version);

    for (const text of ["<notification-center></notification-center>", "Disconnected", "<log-stream></log-stream>", "Show Errors Only"]) assert.ok(html.includes(text), `${text} is not in ${html}`);
  });
}
