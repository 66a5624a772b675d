/**
 * A log line as text. What stands in it is somebody else's: it is shown as it is, without the codes that colour a terminal, and is never
 * taken for anything but text.
 *
 * @typedef {import("./logs.js").LogLine} LogLine
 */

/** Colours and movements (CSI), titles and links (OSC), and what else begins with Escape. */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** Signs without a shape of their own, but for tab and line feed: among them those that would turn the rest of the line around. */
const SHAPELESS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** @param {unknown} text */
export const plain = (text) => String(text ?? "").replace(ANSI, "").replace(/\r\n/g, "\n").replace(SHAPELESS, "");

/** @param {string} timestamp ISO 8601 @param {boolean} utc @returns {string} `14:02:11.204` */
export function timeOf(timestamp, utc) {
  const date = new Date(timestamp);
  if (Number.isNaN(date.getTime())) return plain(timestamp);
  if (utc) return date.toISOString().slice(11, 23);
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** @param {string} timestamp @param {boolean} utc @returns {string} `2026-11-26 14:02:11.204` */
export function momentOf(timestamp, utc) {
  const date = new Date(timestamp);
  if (Number.isNaN(date.getTime())) return plain(timestamp);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return `${(utc ? date : local).toISOString().slice(0, 10)} ${timeOf(timestamp, utc)}${utc ? " UTC" : ""}`;
}

/** What is copied: the line as a log file has it. @param {LogLine} line */
export function asText(line) {
  const head = `${line.timestamp} ${line.level.toUpperCase()} ${line.type} ${plain(line.source)}: ${plain(line.message)}`;
  return line.metadata === undefined || line.metadata === null ? head : `${head} ${JSON.stringify(line.metadata)}`;
}

/** For reading. @param {any} metadata */
export const metadataOf = (metadata) => plain(JSON.stringify(metadata, null, 2).replaceAll("\\u001b", "\u001b"));
