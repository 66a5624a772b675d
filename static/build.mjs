/**
 * Builds the front end: static/{js,css,html} → static/dist, which the server embeds.
 *
 * Hashed files for ever (`<name>-<hash>.<ext>`), stable names for what other people's pages include (`js/sync.js` …),
 * one HTML file a page, `manifest.json` for the server. `--watch` builds again on every change, without the compressed copies.
 *
 * A build that fails leaves the one before; one that comes out the same does not touch it, so that Cargo need not embed it again.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { watch } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";
import { texts } from "./texts.mjs";

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const DIST = path.join(ROOT, "dist");
/** Where a build is made. */
const NEW = path.join(ROOT, "dist.new");
const BASE = "/static/dist";
const PAGES = ["index", "files", "users", "groups", "categories", "registrators", "logs", "admin", "notifications", "import", "sessions", "session", "catalog", "login"];
/** Stable name → source, and the families of its texts, else all: what pages of other makers include. The server has a list of the names too. */
const CLASSICS = {
  sync: { file: "sync.js" },
  utils: { file: "utils.js" },
  websocket: { file: "websocket.js" },
  "notification-center": { file: "elements/center/alone.js" },
  "log-stream": { file: "elements/log-stream.js", families: ["logs", "ended", "action", "error"] },
};
/** Other people's code that ends up in what we serve; its licences go along. */
const LICENSED = ["lit", "lit-html", "lit-element", "@lit/reactive-element", "socket.io-client", "engine.io-client", "socket.io-parser",
  "engine.io-parser", "@socket.io/component-emitter", "bootstrap", "bootstrap-icons", "node-diff3"];
const SHARED = { bundle: true, minify: true, charset: "utf8", target: "es2022", legalComments: "none", logLevel: "warning", absWorkingDir: ROOT };
const require = createRequire(import.meta.url);

const hashOf = (content) => createHash("sha256").update(content).digest("hex").slice(0, 10);

/** Writes a file under a name that tells its content, and returns its address. */
async function emit(name, extension, content) {
  const file = `${name}-${hashOf(content)}.${extension}`;
  await writeFile(path.join(NEW, file), content);
  return `${BASE}/${file}`;
}

/** One sprite of the icons that the source names: `icon("bell")`, or `icon: "bell"` in a table. */
async function sprite() {
  const sources = await Promise.all((await sourceFiles()).map((file) => readFile(file, "utf8")));
  const names = new Set(sources.flatMap((text) => [...text.matchAll(/\bicon(?:\(|:\s*)"([a-z0-9-]+)"/g)].map((match) => match[1])));
  const symbols = await Promise.all([...names].sort().map(symbol));
  return emit("icons", "svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

async function symbol(name) {
  const svg = await readFile(require.resolve(`bootstrap-icons/icons/${name}.svg`), "utf8").catch(() => {
    throw new Error(`icon("${name}"): bootstrap-icons has no such icon`);
  });
  return svg.replace(/<svg[^>]*>/, `<symbol id="${name}" viewBox="0 0 16 16">`).replace("</svg>", "</symbol>").replace(/\n\s*/g, "");
}

async function sourceFiles() {
  const files = await readdir(path.join(ROOT, "js"), { recursive: true });
  return files.filter((file) => file.endsWith(".js") && !file.startsWith("test")).map((file) => path.join(ROOT, "js", file));
}

/**
 * What the source never writes as one word: `dataset.bsTheme`, and classes of Bootstrap's that are put together of parts. There are
 * none of those now (`state-${status}` is ours, and our own style sheets stay whole).
 */
const MADE_UP = ["data-bs-theme"];

/**
 * Bootstrap without what nobody asks for, a fifth of its size: a rule stays if every class, element and attribute of its selector is a word
 * somewhere in our source, be it in a comment.
 * @param {string} css
 */
async function asked(css) {
  const sources = await Promise.all([...(await sourceFiles()), path.join(ROOT, "html/page.html")].map((file) => readFile(file, "utf8")));
  const [{ css: left }] = await new PurgeCSS().purge({
    css: [{ raw: css }], content: sources.map((raw) => ({ raw, extension: "html" })), safelist: MADE_UP, keyframes: true,
  });
  return left;
}

/** Bootstrap carries its small pictures as `data:` addresses, which our content policy forbids: they become files. */
const picturesAsFiles = {
  name: "pictures-as-files",
  setup(build) {
    build.onResolve({ filter: /^\/static\// }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /bootstrap[^/]*\.css$/ }, async ({ path: file }) => {
      const css = await asked((await readFile(file, "utf8")).replace(/\/\*# sourceMappingURL.*$/m, ""));
      const pictures = [...new Set([...css.matchAll(/url\("data:image\/svg\+xml,([^"]*)"\)/g)].map((match) => match[1]))];
      const files = await Promise.all(pictures.map((picture) => emit("picture", "svg", decodeURIComponent(picture))));
      const contents = pictures.reduce((text, picture, n) => text.replaceAll(`url("data:image/svg+xml,${picture}")`, `url("${files[n]}")`), css);
      return { contents, loader: "css" };
    });
  },
};

/** A transport that we never name, and that needs HTTP/3: its half kilobyte stays at home. */
const noWebTransport = {
  name: "no-webtransport",
  setup(build) {
    build.onLoad({ filter: /engine\.io-client\/build\/esm\/transports\/webtransport\.js$/ }, () => ({ contents: "export class WT {}", loader: "js" }));
  },
};

async function styles() {
  const entryPoints = [path.join(ROOT, "css/app.css")];
  const { outputFiles } = await esbuild.build({ ...SHARED, entryPoints, outdir: NEW, write: false, plugins: [picturesAsFiles] });
  return emit("app", "css", outputFiles[0].text);
}

/** The pages' modules; returns page → `{file, imports}`. */
async function modules(define) {
  const entryPoints = Object.fromEntries(PAGES.map((page) => [page, path.join(ROOT, `js/pages/${page}.js`)]));
  const { metafile } = await esbuild.build({
    ...SHARED, entryPoints, define, outdir: NEW, format: "esm", splitting: true, metafile: true, plugins: [texts(), noWebTransport],
    entryNames: "[name]-[hash]", chunkNames: "chunk-[hash]",
  });
  const outputs = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint?.includes("js/pages/"));
  const address = (file) => `${BASE}/${path.basename(file)}`;
  const imports = (output) => output.imports.filter(({ kind }) => kind === "import-statement").map((chunk) => address(chunk.path));
  return Object.fromEntries(outputs.map(([file, output]) => [path.basename(output.entryPoint, ".js"), { file: address(file), imports: imports(output) }]));
}

/** What pages of other makers include with a plain `<script>`. */
async function classics(define) {
  await Promise.all(Object.entries(CLASSICS).map(([name, { file, families }]) => esbuild.build({
    ...SHARED, entryPoints: { [name]: path.join(ROOT, "js", file) }, define, outdir: path.join(NEW, "js"), format: "iife", plugins: [texts(families), noWebTransport],
  })));
}

async function theme() {
  const { outputFiles } = await esbuild.build({ ...SHARED, entryPoints: [path.join(ROOT, "js/theme.js")], format: "iife", write: false });
  return emit("theme", "js", outputFiles[0].text);
}

async function pages(manifest, entries) {
  const template = await readFile(path.join(ROOT, "html/page.html"), "utf8");
  for (const [page, { file, imports }] of Object.entries(entries)) {
    const preloads = imports.map((address) => `<link rel="modulepreload" href="${address}">`).join("\n");
    const holes = { ...manifest, page, entry: file, preloads };
    const html = template.replace(/\{\{(\w+)\}\}/g, (_, name) => {
      if (!(name in holes)) throw new Error(`page.html: no value for {{${name}}}`);
      return holes[name];
    });
    await writeFile(path.join(NEW, `${page}.html`), html);
  }
}

async function licences() {
  const texts = LICENSED.map(async (name) => {
    const directory = path.join(ROOT, "../node_modules", name);
    const { version, license } = JSON.parse(await readFile(path.join(directory, "package.json"), "utf8"));
    const file = (await readdir(directory)).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file ? await readFile(path.join(directory, file), "utf8") : ""}`;
  });
  await writeFile(path.join(NEW, "licences.txt"), (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`));
}

async function compress() {
  const files = (await readdir(NEW, { recursive: true })).filter((file) => /\.(js|css|svg|html)$/.test(file));
  await Promise.all(files.map(async (file) => {
    const content = await readFile(path.join(NEW, file));
    await writeFile(path.join(NEW, `${file}.gz`), await promisify(gzip)(content, { level: 9 }));
    await writeFile(path.join(NEW, `${file}.br`), await promisify(brotliCompress)(content));
  }));
}

async function build({ small }) {
  await rm(NEW, { recursive: true, force: true });
  await mkdir(NEW, { recursive: true });
  const icons = await sprite();
  const define = { __ICONS__: JSON.stringify(icons) };
  const [css, entries, themeFile] = await Promise.all([styles(), modules(define), theme(), classics(define), licences()]);
  const files = Object.fromEntries(Object.entries(entries).map(([page, { file }]) => [page, file]));
  const parts = { entries: files, css, icons, theme: themeFile };
  const template = await readFile(path.join(ROOT, "html/page.html"), "utf8");
  const manifest = { build: hashOf(JSON.stringify(parts) + template), ...parts };
  await pages(manifest, entries);
  await cp(path.join(ROOT, "html/favicon.svg"), path.join(NEW, "favicon.svg"));
  await writeFile(path.join(NEW, "manifest.json"), JSON.stringify(manifest, null, 1));
  if (small) await compress();
  await replace();
  return manifest;
}

/** Puts the new build in the place of the former one, unless it is the same. */
async function replace() {
  const [before, now] = await Promise.all([DIST, NEW].map(fingerprint));
  await rm(before === now ? NEW : DIST, { recursive: true, force: true });
  if (before !== now) await rename(NEW, DIST);
}

/** What tells a directory's files and their contents; empty where there is none. */
async function fingerprint(directory) {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const files = names.filter((name) => path.extname(name)).sort();
  const contents = await Promise.all(files.map((file) => readFile(path.join(directory, file))));
  return files.map((file, n) => `${file} ${hashOf(contents[n])}`).join("\n");
}

const watching = process.argv.includes("--watch");
const started = performance.now();
const { build: name } = await build({ small: !watching });
console.log(`static/dist: build ${name} in ${Math.round(performance.now() - started)} ms`);
if (watching) {
  let timer;
  for (const directory of ["js", "css", "html"]) {
    watch(path.join(ROOT, directory), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => build({ small: false }).then((manifest) => console.log(`build ${manifest.build}`), console.error), 100);
    });
  }
}
