/** Questions about stored lines, to the server whose socket is looked at; on a page of other makers that may be another host. */

/** @param {string} url of the socket, relative to the page or with a host @returns {string} `""` for the page's own host */
export function baseOf(url) {
  const whole = new URL(url, location.href);
  return whole.host === location.host ? "" : whole.origin.replace(/^ws/, "http");
}

/** @param {string} address @returns {Promise<any>} rejects with an error that has the server's code and words */
export async function getJson(address) {
  const language = document.documentElement.lang;
  const response = await fetch(address, { headers: { Accept: "application/json", ...(language && { "Accept-Language": language }) }, credentials: "include", cache: "no-store" });
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  const { code = "unavailable", message = `${response.status}`, params } = body?.error ?? {};
  throw Object.assign(new Error(message), { status: response.status, code, params });
}
