// Talks to the server; knows its addresses and no element.

export class ApiError extends Error {
  constructor(status, what, hint) {
    super(what);
    this.status = status;
    this.hint = hint;
  }
}

function query(params = {}) {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== false) written.append(name, one);
    }
  }
  const text = written.toString();
  return text ? `?${text}` : "";
}

export const address = (path, params) => `/api${path}${query(params)}`;
export const video = (id) => `/videos/${encodeURIComponent(id)}`;
export const media = (id) => address(`${video(id)}/media`);
export const exported = (params) => address("/export", params);

/** Times come rounded to milliseconds, so the frame that begins at one may begin just after it. */
export const ROUNDED_S = 0.001;

/** The picture on screen at `at_s`. */
export const frame = (id, at_s, width) => address(`${video(id)}/frame`, { at: (at_s + ROUNDED_S).toFixed(3), width });

let askForToken = null;

/** What is called where the server wants a token. */
export function onLogin(ask) { askForToken = ask; }

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "the server does not answer", "is vidindex serve still running?");
  }
  if (response.status === 401 && !path.endsWith("/login")) {
    askForToken();
    return new Promise(() => {}); // nothing continues until there is one
  }
  if (!response.ok) throw await problem(response);
  return response;
}

/** What the server says is wrong, as an ApiError. */
export async function problem(response) {
  const body = await response.json().catch(() => ({}));
  return new ApiError(response.status, body.error ?? `the server answered ${response.status}`, body.hint ?? "");
}

export async function get(path, params, signal) {
  return (await call(address(path, params), { signal })).json();
}

async function change(method, path, body) {
  const headers = { "X-Vidindex": "1", "Content-Type": "application/json" };
  const response = await call(address(path), { method, headers, body: body && JSON.stringify(body) });
  return response.status === 204 ? null : response.json();
}

/** Send a picture to search by; {picture, sha256}. */
export async function sendPicture(file) {
  const headers = { "X-Vidindex": "1", "Content-Type": file.type || "application/octet-stream" };
  return (await call(address("/pictures"), { method: "POST", headers, body: file })).json();
}

export const post = (path, body) => change("POST", path, body);
export const remove = (path) => change("DELETE", path);

/** An exact clip of a stretch, as {blob, name}. */
export async function clip(id, { start_s, end_s }) {
  const response = await call(address(`${video(id)}/clip`, { start_s, end_s }));
  const disposition = response.headers.get("Content-Disposition") ?? "";
  const name = /filename\*=utf-8''([^;]+)/i.exec(disposition)?.[1] ?? /filename="([^"]+)"/.exec(disposition)?.[1] ?? "clip.mp4";
  return { blob: await response.blob(), name: decodeURIComponent(name) };
}

/** Server-sent events, by name, until one of `last` has come; returns what closes them. */
export function stream(path, params, handlers, last = []) {
  const source = new EventSource(address(path, params));
  for (const [name, handle] of Object.entries(handlers)) {
    if (name === "broken") continue;
    source.addEventListener(name, (event) => {
      if (last.includes(name)) source.close();
      handle(JSON.parse(event.data));
    });
  }
  source.addEventListener("error", () => {
    // A search must not be asked again behind the reader's back; progress may.
    if (last.length && source.readyState !== EventSource.CLOSED) source.close();
    handlers.broken?.();
  });
  return () => source.close();
}
