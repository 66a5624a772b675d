/**
 * One file to the server. `fetch` does not tell how much of a body is sent, so this is the older way, and the only place that has it.
 */
import { RequestError } from "./http.js";

/** @typedef {import("./uploads.js").Send} Send */

const URL = "/api/files/upload";

/**
 * @param {object} ports
 * @param {() => XMLHttpRequest} ports.open
 * @param {() => Promise<Record<string, string>>} ports.headers  who sends, and that he means it
 * @returns {Send}
 */
export const uploadSender = ({ open, headers }) => async ({ id, file, fields, onProgress, signal }) => {
  const known = await headers();
  signal.throwIfAborted();
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value); // before the file: the server reads it as it comes
  form.set("file", file);
  const request = open();
  request.open("POST", URL);
  request.responseType = "json";
  for (const [name, value] of Object.entries({ Accept: "application/json", "X-Upload-Id": id, ...known })) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => (request.status === 201 ? resolve(request.response?.items?.[0]) : reject(refusal(request))));
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => reject(new RequestError(0, { code: "offline" })));
    request.send(form);
  });
};

/** What a proxy answers is no JSON of ours: its status says it. @param {XMLHttpRequest} request */
function refusal({ status, response }) {
  if (response?.error?.code) return new RequestError(status, response.error);
  const code = status === 413 ? "too_large" : [502, 503, 504].includes(status) ? "unavailable" : "internal";
  return new RequestError(status, { code });
}
