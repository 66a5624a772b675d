/** Folders for registrators, below the scan root of the workers. Whoever starts the stories names it: `LOCKSTEP_SCAN_ROOT`. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, ftruncateSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Sparse files take no room on a disk, and as long to sum up as any: a scan of so many lasts, however fast the machine. */
const HEAVY = { directories: 600, files: 2, bytes: 64 * 1024 * 1024 };

function root() {
  const value = process.env.LOCKSTEP_SCAN_ROOT;
  assert.ok(value, "LOCKSTEP_SCAN_ROOT is not set: see crates/e2e");
  return value;
}

/** A folder with these small files in it. @param {number} files @returns {{name: string, remove: (files?: number) => void}} */
export function light(files) {
  const [name, place] = made();
  for (let n = 0; n < files; n += 1) writeFileSync(path.join(place, `акт ${n}.txt`), "x");
  return { name, remove: (count = files) => Array.from({ length: count }, (_, n) => rmSync(path.join(place, `акт ${n}.txt`))) };
}

/** A folder whose scan lasts for as long as anybody wants to look, where the bytes are summed: see {@link slowly}. @returns {string} its name */
export function heavy() {
  const [name, place] = made();
  for (let directory = 0; directory < HEAVY.directories; directory += 1) {
    const below = path.join(place, `${directory}`.padStart(4, "0"));
    mkdirSync(below);
    for (let n = 0; n < HEAVY.files; n += 1) {
      const file = openSync(path.join(below, `${n}.bin`), "w");
      ftruncateSync(file, HEAVY.bytes);
      closeSync(file);
    }
  }
  return name;
}

/** What this page has scanned from now on is summed up, too. */
export const slowly = (page) => page.route("**/api/registrators/*/scan", (route) => route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), sha256: true }) }));

/** @returns {[string, string]} */
function made() {
  const name = `story-${randomUUID()}`;
  const place = path.join(root(), name);
  mkdirSync(place, { recursive: true });
  return [name, place];
}
