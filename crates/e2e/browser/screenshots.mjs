/**
 * Pictures of every view in both languages, both themes and two widths, to be looked at: `make screenshots`, or
 * `node crates/e2e/browser/screenshots.mjs [VIEW…]` for some of them.
 *
 * Starts a server of its own with demo data, unless `LOCKSTEP_BASE_URLS` (and `LOCKSTEP_LOGIN`, `LOCKSTEP_PASSWORD`) name one that
 * runs. Writes to target/screenshots: `<view>-<language>-<theme>-<width>.png`, a sheet of all eight as `sheet-<view>.png`, and
 * index.html. What this build does not have is named and passed over.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { signIn, startBrowser } from "./support.mjs";
import { VIEWS, clear, show } from "./views.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const OUT = path.join(ROOT, "target/screenshots");
const LANGUAGES = ["ru", "en"];
const THEMES = ["light", "dark"];
const SIZES = [{ width: 1280, height: 860 }, { width: 390, height: 844 }];
const PASSWORD = "only for pictures";
/** A server that is not there by then will not come. */
const START_MS = 60_000;

/** The first binary there is; the newest build wins by being named. */
function binary() {
  const found = [process.env.LOCKSTEP_BINARY, "target/release/lockstep", "target/debug/lockstep"].filter(Boolean).map((file) => path.resolve(ROOT, file)).find((file) => existsSync(file));
  if (!found) throw new Error("no server to take pictures of: cargo build -p lockstep-server, or name one by LOCKSTEP_BINARY");
  return found;
}

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** A server with demo data in a directory of its own. */
async function startServer() {
  const directory = await mkdtemp(path.join(tmpdir(), "screenshots-"));
  const port = await freePort();
  const env = {
    ...process.env, LOCKSTEP__SERVER__DATA_DIR: directory, LOCKSTEP__SERVER__LISTEN: `127.0.0.1:${port}`, LOCKSTEP__DATABASE__SYNCHRONOUS: "normal",
    LOCKSTEP__LIMITS__LOGIN_ATTEMPTS: "1000", LOCKSTEP__LIMITS__LOGIN_ATTEMPTS_PER_ADDRESS: "1000",
  };
  const run = (args, input) => execFileSync(binary(), args, { cwd: directory, env, input, stdio: ["pipe", "ignore", "inherit"] });
  run(["user", "add", "admin", "--admin", "--password-stdin"], PASSWORD);
  run(["demo-data"]);
  const server = spawn(binary(), ["serve"], { cwd: directory, env, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/readyz`);
  return { url, login: "admin", password: PASSWORD, async stop() {
    const gone = new Promise((resolve) => server.on("exit", resolve));
    server.kill();
    await gone;
    await rm(directory, { recursive: true, force: true });
  } };
}

async function answers(url) {
  const until = Date.now() + START_MS;
  while (!(await fetch(url).then(({ ok }) => ok, () => false))) {
    if (Date.now() > until) throw new Error(`${url} did not answer in ${START_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const running = () => {
  const [url] = (process.env.LOCKSTEP_BASE_URLS ?? "").split(",");
  return url ? { url, login: process.env.LOCKSTEP_LOGIN, password: process.env.LOCKSTEP_PASSWORD, async stop() {} } : null;
};

/** A window in a language, signed in or not. */
async function windowOf(browser, server, language, stranger) {
  const context = await browser.newContext({ baseURL: server.url, locale: language === "ru" ? "ru-RU" : "en-GB", timezoneId: "Europe/Moscow", reducedMotion: "reduce", viewport: SIZES[0] });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  if (!stranger) await signIn(page, server);
  return page;
}

/** The pictures of one view in one language; null where there is no such view. */
async function picture(page, view, language) {
  await page.setViewportSize(SIZES[0]);
  if (!(await show(page, view))) return null;
  const files = [];
  for (const theme of THEMES) {
    await page.evaluate((theme) => (document.documentElement.dataset.bsTheme = theme), theme);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      const file = `${view.name}-${language}-${theme}-${size.width}.png`;
      await page.screenshot({ path: path.join(OUT, file), animations: "disabled" });
      files.push(file);
    }
  }
  return files;
}

/** All pictures of a view on one, as a page and as a picture. */
async function sheet(browser, name, files) {
  const figures = files.map((file) => `<figure><img src="${file}" alt=""><figcaption>${file}</figcaption></figure>`).join("\n");
  const html = `<!doctype html><meta charset="utf-8"><title>${name}</title><style>body{font:14px sans-serif;margin:12px;background:#888}
main{display:grid;grid-template-columns:repeat(2,auto auto);gap:12px;justify-content:start}figure{margin:0}img{height:560px;display:block}</style><h1>${name}</h1><main>${figures}</main>`;
  await writeFile(path.join(OUT, `sheet-${name}.html`), html);
  const page = await browser.newPage({ viewport: { width: 2300, height: 1260 } });
  await page.goto(`file://${path.join(OUT, `sheet-${name}.html`)}`);
  await page.screenshot({ path: path.join(OUT, `sheet-${name}.png`), fullPage: true });
  await page.close();
}

async function main() {
  const wanted = process.argv.slice(2);
  const views = VIEWS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  if (views.length === 0) throw new Error(`no such view. Views are ${VIEWS.map(({ name }) => name).join(", ")}`);
  await mkdir(OUT, { recursive: true });
  const server = running() ?? (await startServer());
  const browser = await startBrowser();
  try {
    await takeAll(browser, server, views);
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function takeAll(browser, server, views) {
  const windows = {};
  const done = [];
  for (const view of views) {
    const files = [];
    for (const language of LANGUAGES) {
      const page = (windows[`${language}${Boolean(view.stranger)}`] ??= await windowOf(browser, server, language, view.stranger));
      const taken = await picture(page, view, language).catch((error) => console.error(`${view.name}, ${language}: ${error.message.split("\n")[0]}`));
      files.push(...(taken ?? []));
      await clear(page);
    }
    if (files.length === 0) console.log(`${view.name}: not in this build`);
    else await sheet(browser, view.name, files), done.push(view.name);
  }
  const links = done.map((name) => `<li><a href="sheet-${name}.html">${name}</a>`).join("\n");
  await writeFile(path.join(OUT, "index.html"), `<!doctype html><meta charset="utf-8"><title>Lockstep</title><h1>Lockstep</h1><ul>${links}</ul>`);
  console.log(`${done.length} views, ${path.relative(process.cwd(), OUT)}/index.html`);
}

await main();
