/**
 * Builds the package: src → dist, together with the stores and elements of our own pages that it stands on.
 *
 * One module a sub-path, what they share in chunks, so that all of a page share their connections. React and lit stay outside: the app
 * has them. `npm pack` then makes what an app installs.
 */
import { cp, readdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { texts } from "../../static/texts.mjs";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
/** What `<log-stream>` says; `<notification-center>` brings its own words. */
const FAMILIES = ["logs", "ended", "action", "error"];
const ENTRIES = ["index", "components/notifications", "components/dashboard/LogStream", "hooks/useWebSocket", "lib/websocket"];

await rm(`${ROOT}dist`, { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: ROOT, entryPoints: ENTRIES.map((entry) => `src/${entry}.js`), outbase: "src", outdir: "dist", bundle: true, format: "esm",
  splitting: true, chunkNames: "chunks/[name]-[hash]", target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning",
  minifySyntax: true, external: ["react", "lit", "lit/*"], plugins: [texts(FAMILIES)],
  banner: { js: '"use client";' }, // a server component of Next.js may import them
});
await cp(`${ROOT}types`, `${ROOT}dist`, { recursive: true });
console.log(`clients/react/dist: ${(await readdir(`${ROOT}dist`, { recursive: true })).length} files`);
