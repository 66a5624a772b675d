/**
 * Files to the server. `fetch` does not tell how much of a body is sent, so this is the older way, and the only place that has it.
 */
import { RequestError } from "./http.js";

/** @typedef {import("./uploads.js").Send} Send */

/**
 * @typedef {object} Ports
 * @property {() => XMLHttpRequest} open
 * @property {() => Promise<Record<string, string>>} headers  who sends, and that he means it
 */

/** A file that becomes a record. @param {Ports} ports @returns {Send} */
export const uploadSender = (ports) => async ({ id, file, fields, onProgress, signal }) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value); // before the file: the server reads it as it comes
  form.set("file", file);
  const answer = await sendForm(ports, { url: "/api/files/upload", form, headers: { "X-Upload-Id": id }, onProgress, signal });
  return answer?.items?.[0];
};

/**
 * @param {Ports} ports
 * @param {{url: string, form: FormData, headers?: Record<string, string>, onProgress: (sent: number) => void, signal: AbortSignal}} what
 * @returns {Promise<any>} what the server says of it
 */
export async function sendForm({ open, headers }, { url, form, headers: own = {}, onProgress, signal }) {
  const known = await headers();
  signal.throwIfAborted();
  const request = open();
  request.open("POST", url);
  request.responseType = "json";
  for (const [name, value] of Object.entries({ Accept: "application/json", ...own, ...known })) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => (request.status === 201 ? resolve(request.response) : reject(refusal(request))));
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => reject(new RequestError(0, { code: "offline" })));
    request.send(form);
  });
}

/** What a proxy answers is no JSON of ours: its status says it. @param {XMLHttpRequest} request */
function refusal({ status, response }) {
  if (response?.error?.code) return new RequestError(status, response.error);
  const code = status === 413 ? "too_large" : [502, 503, 504].includes(status) ? "unavailable" : "internal";
  return new RequestError(status, { code });
}
