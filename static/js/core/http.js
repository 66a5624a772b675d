/**
 * Requests to our own server, and what their answers say about position and revision.
 *
 * Every request carries the page's `X-Client-Id`, every change the session's CSRF token. A failed one throws {@link RequestError}
 * with a code that the catalogues know. A session that has ended is reported once, through `onUnauthorized`.
 *
 * @typedef {import("./wire.js").Position} Position
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} data               the JSON body, or null
 * @property {string|null} etag       as the server wrote it: hand it back as it is
 * @property {Position|null} position how new the data is, from `X-Sync-Position`
 * @property {boolean} unchanged      304: what you have is still true
 */

/** A request that nobody answers is a failed one. Long enough for a slow list over a slow line. */
export const REQUEST_MS = 20_000;

/** The header `Date` leaves out the part of the second: it is half of one on average. */
const HALF_SECOND_MS = 500;

/** A refusal or a failure, by code. `status` is 0 where no answer came (`offline`, `timeout`). */
export class RequestError extends Error {
  /** @param {number} status @param {{code: string, message?: string, params?: any, fields?: any, requestId?: string, [key: string]: any}} body */
  constructor(status, body) {
    super(body.message ?? body.code);
    this.name = "RequestError";
    this.status = status;
    this.code = body.code;
    this.params = body.params ?? {};
    /** @type {Record<string, any>} field → its problem */
    this.fields = body.fields ?? {};
    /** What to quote when asking for help. */
    this.requestId = body.requestId;
    /** The row as it is now, on 412. */
    this.current = body.current;
    /** Who uses it, on 409 `in_use`. */
    this.usage = body.usage;
    /** Who has the record, on 409 and 423 `locked`. */
    this.lock = body.lock;
  }
}

export class Http {
  #fetch;
  #clientId;
  #language;
  #onUnauthorized;
  #onTime;
  #base = "";
  /** @type {string|null} */ #csrf = null;

  /**
   * @param {object} ports
   * @param {typeof globalThis.fetch} ports.fetch
   * @param {string} ports.clientId               one per page load: how the page knows its own change
   * @param {() => string|null} [ports.language]  the language that error messages should come in
   * @param {() => void} [ports.onUnauthorized]
   * @param {(serverTime: number, askedAt: number, heardAt: number) => void} [ports.onTime] what an answer says of the server's clock
   */
  constructor({ fetch: send, clientId, language = () => null, onUnauthorized = () => {}, onTime = () => {} }) {
    this.#fetch = send;
    this.#clientId = clientId;
    this.#language = language;
    this.#onUnauthorized = onUnauthorized;
    this.#onTime = onTime;
  }

  get clientId() {
    return this.#clientId;
  }

  /** @param {string} url  another host's origin, for pages that are not served by us */
  set base(url) {
    this.#base = url.replace(/\/$/, "");
  }

  /** @param {string|null} token  from the answer to sign-in or `/api/me` */
  set csrf(token) {
    this.#csrf = token;
  }

  /**
   * @param {string} method
   * @param {string} url
   * @param {any} [body]                            sent as JSON; a FormData as it is
   * @param {{ifMatch?: string|number, ifNoneMatch?: string|null, signal?: AbortSignal, keepalive?: boolean, quiet401?: boolean, limit?: number}} [options]
   *   `ifMatch` takes a revision or an ETag; `quiet401`: a 401 is the caller's to handle; `limit`: how long an answer may take, ms
   * @returns {Promise<Answer>}
   */
  async request(method, url, body, options = {}) {
    if (method !== "GET" && this.#csrf === null && url !== "/api/login") await this.me();
    const askedAt = Date.now();
    const response = await this.#send(method, url, body, options);
    this.#onTime(Date.parse(response.headers.get("Date") ?? "") + HALF_SECOND_MS, askedAt, Date.now());
    const answer = await this.#read(response);
    if (response.ok || response.status === 304) return answer;
    if (response.status === 401 && !options.quiet401) this.#onUnauthorized();
    throw new RequestError(response.status, errorBody(response.status, answer.data));
  }

  /** Who is signed in, and the entities whose records are locked for editing (`locks`); remembers the CSRF token. @returns {Promise<any>} */
  async me() {
    const { data } = await this.request("GET", "/api/me");
    this.#csrf = data.csrf;
    return { ...data.user, locks: data.locks ?? [] };
  }

  /** @param {string} method @param {string} url @param {any} body @param {any} options */
  async #send(method, url, body, { ifMatch, ifNoneMatch, signal, keepalive, limit: ms = REQUEST_MS }) {
    const headers = new Headers({ Accept: "application/json", "X-Client-Id": this.#clientId });
    const language = this.#language();
    if (language) headers.set("Accept-Language", language);
    if (method !== "GET" && this.#csrf) headers.set("X-CSRF-Token", this.#csrf);
    if (ifMatch !== undefined) headers.set("If-Match", typeof ifMatch === "number" ? `"${ifMatch}"` : ifMatch);
    if (ifNoneMatch) headers.set("If-None-Match", ifNoneMatch);
    const form = typeof FormData !== "undefined" && body instanceof FormData;
    if (body !== undefined && !form) headers.set("Content-Type", "application/json");
    const limit = AbortSignal.timeout(ms);
    try {
      return await this.#fetch(this.#base + url, {
        method,
        headers,
        body: body === undefined ? undefined : form ? body : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        credentials: this.#base ? "include" : "same-origin",
        cache: "no-store", // a 304 is ours to see: it proves that what is shown is still true
        keepalive,
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new RequestError(0, { code: limit.aborted ? "timeout" : "offline" });
    }
  }

  /** @param {Response} response @returns {Promise<Answer>} */
  async #read(response) {
    const json = response.headers.get("Content-Type")?.includes("json") ?? false;
    return {
      status: response.status,
      data: json && response.status !== 204 ? await response.json().catch(() => null) : null,
      etag: response.headers.get("ETag"),
      position: parsePosition(response.headers.get("X-Sync-Position")),
      unchanged: response.status === 304,
    };
  }
}

/** @param {string|null} text `epoch:seq` @returns {Position|null} */
export function parsePosition(text) {
  const at = text?.lastIndexOf(":") ?? -1;
  if (!text || at < 1) return null;
  const seq = Number(text.slice(at + 1));
  return Number.isSafeInteger(seq) ? { epoch: text.slice(0, at), seq } : null;
}

/** What a proxy or a crash answers is no JSON of ours: name it by its status. @param {number} status @param {any} data */
function errorBody(status, data) {
  if (data?.error?.code) return { lock: data.lock, ...data.error };
  if (status === 413) return { code: "too_large" };
  return { code: status === 502 || status === 503 || status === 504 ? "unavailable" : "internal" };
}
