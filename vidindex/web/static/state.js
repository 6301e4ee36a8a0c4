// What the page shows, kept in its address, so that links and the back button work.

const LISTS = ["camera", "day", "file", "channel"];
const EXAMPLES = "like";
const WORDS = ["q", "mode", "view", "set", "v"];
const HOURS = ["since", "until"];
const PART = ["start", "end"];

export function read(search = location.search) {
  const params = new URLSearchParams(search);
  const state = { thorough: params.get("thorough") === "1", t: Number(params.get("t")) || 0 };
  for (const name of WORDS) state[name] = params.get(name) ?? "";
  for (const name of [...LISTS, EXAMPLES]) state[name] = params.getAll(name);
  for (const name of HOURS) state[name] = Number.isNaN(Date.parse(params.get(name))) ? "" : params.get(name);
  for (const name of PART) state[name] = params.get(name) ?? "";
  return state;
}

function write(state) {
  const params = new URLSearchParams();
  for (const name of WORDS) if (state[name]) params.set(name, state[name]);
  for (const name of [...LISTS, EXAMPLES]) for (const one of state[name]) params.append(name, one);
  for (const name of [...HOURS, ...PART]) if (state[name]) params.set(name, state[name]);
  if (state.thorough) params.set("thorough", "1");
  if (state.v && state.t) params.set("t", state.t.toFixed(3).replace(/\.?0+$/, ""));
  return `/${params.size ? `?${params}` : ""}`;
}

let current = read();

export const state = () => current;

/** Change the state; `quietly` leaves no step for the back button. */
export function go(changes, { quietly = false } = {}) {
  const before = current;
  current = { ...current, ...changes };
  const there = write(current);
  if (there !== write(before)) history[quietly ? "replaceState" : "pushState"](null, "", there);
  return before;
}

/** Call `arrive(before, now)` when the reader goes back or forth. */
export function onReturn(arrive) {
  addEventListener("popstate", () => {
    const before = current;
    current = read();
    arrive(before, current);
  });
}

/** The filters of a search, as the server names them. */
export function filters(from = current) {
  const times = [...HOURS, ...PART].map((name) => [name, from[name] || null]);
  return Object.fromEntries([...LISTS.map((name) => [name, name === "file" ? from.file.map(glob) : from[name]]), ...times]);
}

/** A state in which nothing is narrowed. */
export const wide = () => ({ ...Object.fromEntries(LISTS.map((name) => [name, []])),
  ...Object.fromEntries([...HOURS, ...PART].map((name) => [name, ""])), thorough: false });

/** Whether anything is narrowed. */
export const narrowed = (from = current) => from.thorough || Object.keys(wide()).some((name) => from[name].length > 0);

// A word means every file whose name holds it; who writes a pattern gets that pattern.
const glob = (word) => (/[*?[]/.test(word) ? word : `*${word}*`);

/** Whether two states ask for the same list. */
export function sameList(a, b) {
  const part = (one) => JSON.stringify([one.q, one.mode, one.view, one.set, one.thorough, one.like, filters(one)]);
  return part(a) === part(b);
}
