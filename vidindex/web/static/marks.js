// What people say of hits: keep, reject or a note, in named sets; draws nothing.

import { get, post, remove } from "/page/api.js";

const listeners = new Set();
let marks = [];
let loadedSet = null;

export function onMarks(listener) { listeners.add(listener); }

const changed = () => listeners.forEach((listener) => listener());

/** The set that new marks go to, remembered between visits; "" is the one without a name. */
export const currentSet = () => {
  try { return localStorage.getItem("set") ?? ""; } catch { return ""; }
};

export async function chooseSet(name) {
  try { localStorage.setItem("set", name); } catch { /* a private window forgets */ }
  await loadMarks(name);
}

export async function loadMarks(name = currentSet()) {
  marks = await marksOf(name);
  loadedSet = name;
  changed();
}

export const marksOf = async (name) => (await get("/marks", { set: name })).filter((mark) => mark.label_set === name);

export const sets = () => get("/marks/sets");

/** The mark on this hit of this search in the current set, or null; a verdict may have moved the hit. */
export function markOn(query, moment) {
  return marks.find((mark) => mark.query === query && mark.video_id === moment.video_id && same(mark.span, moment.verdict.span)) ?? null;
}

/** Whether two stretches share more than half of the shorter one. */
function same(a, b) {
  const shared_s = Math.min(a.end_s, b.end_s) - Math.max(a.start_s, b.start_s);
  return shared_s > Math.min(a.end_s - a.start_s, b.end_s - b.start_s) / 2;
}

/** Marks of one video in the current set. */
export const marksIn = (videoId) => marks.filter((mark) => mark.video_id === videoId);

/** Mark a hit with `answer`; the same answer twice removes the mark. A note stays with either. */
export async function mark(query, moment, answer, note = null) {
  const set = loadedSet ?? currentSet();
  const before = markOn(query, moment);
  if (before && before.answer === answer && note === null) {
    await remove(`/marks/${before.mark_id}`);
    marks = marks.filter((one) => one !== before);
  } else {
    const { start_s, end_s } = before?.span ?? moment.verdict.span;
    const made = await post("/marks", {
      query, video_id: moment.video_id, start_s, end_s, answer, note: note ?? before?.note ?? "", set,
    });
    marks = [...marks.filter((one) => one !== before), made];
  }
  changed();
}

export async function unmark(one) {
  await remove(`/marks/${one.mark_id}`);
  marks = marks.filter((other) => other.mark_id !== one.mark_id);
  changed();
}
