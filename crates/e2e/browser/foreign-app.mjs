/** A React app of somebody else at an address of its own, for the stories of clients/react. Its server has the tickets. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

/** The origin that the server's `allowed_origins` names: nothing listens there, the test itself answers. */
const ORIGIN = "http://app.example";
const PACKAGE = fileURLToPath(new URL("../../../clients/react/", import.meta.url));
const PAGE = (lockstep) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>app</title><link rel="icon" href="data:,"><main></main>
<script>window.lockstep = ${JSON.stringify(lockstep)}</script><script type="module" src="/app/main.js"></script>`;

/** The app, as a bundler makes it of its source, our package and one version of React. Name → text. @param {18|19} version */
export async function bundled(version) {
  assert.ok(existsSync(`${PACKAGE}dist/index.js`), "clients/react is not built: npm run build --prefix clients/react");
  const { outputFiles } = await esbuild.build({
    absWorkingDir: PACKAGE, entryPoints: ["test/app/main.tsx"], tsconfig: "test/app/tsconfig.bundle.json", bundle: true, format: "esm", splitting: true,
    outdir: "app", write: false, define: { "process.env.NODE_ENV": '"development"' }, // where StrictMode does all twice
    alias: { react: `react${version}`, "react-dom": `react-dom${version}` },
  });
  return new Map(outputFiles.map(({ path, text }) => [`/${path.slice(PACKAGE.length)}`, text]));
}

/** The app's server: it signs in for its person, and gives the page a ticket for each connection. @param {{login: string, password: string}} person */
async function backend(lockstep, person) {
  const answer = await fetch(`${lockstep}/api/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(person) });
  assert.equal(answer.status, 200, await answer.clone().text());
  const headers = { cookie: answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; "), "x-csrf-token": (await answer.json()).csrf };
  return async () => (await (await fetch(`${lockstep}/api/ws-ticket`, { method: "POST", headers })).json()).ticket;
}

/**
 * Opens the app in a window of its own. `sockets` are all WebSockets that it opened, `open()` those that are open.
 * @param {{login: string, password: string}} person @param {{files: Map<string, string>, lockstep: string, way?: string}} how  `way`: where the page finds Lockstep
 */
export async function visitApp(browser, person, { files, lockstep, way = lockstep }) {
  const ticket = await backend(lockstep, person);
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Moscow", reducedMotion: "reduce" });
  context.setDefaultTimeout(30_000);
  const problems = [];
  context.on("weberror", (error) => problems.push(error.error().stack));
  const page = await context.newPage();
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket));
  page.on("console", (message) => message.type() === "error" && !/WebSocket connection/.test(message.text()) && problems.push(message.text()));
  await page.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/ticket") return route.fulfill({ body: await ticket() });
    if (files.has(pathname)) return route.fulfill({ contentType: "text/javascript", body: files.get(pathname) });
    return route.fulfill({ contentType: "text/html", body: PAGE(way) });
  });
  await page.goto(ORIGIN);
  await page.waitForFunction(() => window.show);
  const of = (path) => sockets.filter((socket) => new URL(socket.url()).pathname === path);
  return { page, of, open: (path) => of(path).filter((socket) => !socket.isClosed()), show: (...parts) => page.evaluate((parts) => window.show(parts), parts),
    calm: () => assert.deepEqual(problems, []), leave: () => context.close() };
}
