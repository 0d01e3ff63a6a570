/** Requests to the desk. Paths are as on the server without a proxy: "/desk/tickets/1/accept". */

const { root, csrf } = document.documentElement.dataset;

/** The server refused, or did not answer; `message` is fit for the agent. */
export class Failed extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const address = (path) => root + path;

/** Sends JSON, or a form as it is, and returns the JSON that comes back. */
export async function post(path, body = {}) {
  const headers = { "X-CSRF-Token": csrf, Accept: "application/json" };
  if (!(body instanceof FormData)) headers["Content-Type"] = "application/json";
  const sent = body instanceof FormData ? body : JSON.stringify(body);
  const response = await request(path, { method: "POST", headers, body: sent });
  return response.status === 204 ? null : response.json();
}

/** The JSON at an address. */
export async function get(path, options = {}) {
  return (await request(path, { headers: { Accept: "application/json" }, ...options })).json();
}

/** A piece of a page. */
export async function fragment(path, options = {}) {
  return (await request(path, options)).text();
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(address(path), { credentials: "same-origin", redirect: "manual", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failed(0, "offline", "");
  }
  if (response.ok) return response;
  // Whoever is not signed in any more goes to the page that says so.
  if (response.status === 401 || response.type === "opaqueredirect") location.reload();
  const told = await response.json().catch(() => ({}));
  throw new Failed(response.status, told.error ?? "failed", told.message ?? "");
}
