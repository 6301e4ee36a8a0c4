// Numbers and times in words, as the command line writes them; touches no element.

export const MARKS = { verified: "✓", unsure: "?", rejected: "✗", unchecked: "·" };
export const ANSWERS = { verified: "verified", unsure: "unsure", rejected: "rejected", unchecked: "not checked" };
export const CHANNELS = {
  caption: "captions", screen: "on-screen text", subtitle: "subtitles", speech: "speech", clock: "clock", frame: "frames", mark: "marks",
};

const GAPS_SHOWN = 3;

// What a browser would obey or reorder instead of showing it: controls, overrides, invisible marks.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]/g;

/** Text of the footage as one line in which nothing is hidden. */
export const shown = (text) =>
  String(text).replace(/[ \t\r\n]+/g, " ").trim()
    .replace(HIDDEN, (hidden) => `\\u${hidden.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Seconds as 00:01:23.4. */
export function time(seconds, decimals = 1) {
  const steps = Math.round(seconds * 10 ** decimals);
  const whole = Math.floor(steps / 10 ** decimals);
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return decimals ? `${clock}.${String(steps % 10 ** decimals).padStart(decimals, "0")}` : clock;
}

export const span = (one) => `${time(one.start_s)} – ${time(one.end_s)}`;

/** 12.5 s, 12.3 min, 0.7 h. */
export function duration(seconds) {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 1797) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} h`;
}

export const count = (number, one, many = `${one}s`) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

const LOCAL = "2024-03-01 14:02:15".length;

/** 2024-03-01 14:02:15+01:00: a time as the camera's zone writes it, whatever zone the reader is in. */
export const wall = (iso) => iso.slice(0, LOCAL).replace("T", " ") + offset(iso);

const offset = (iso) => iso.slice(LOCAL).match(/[+-]\d\d:\d\d$/)?.[0] ?? (iso.endsWith("Z") ? "+00:00" : "");

/** The wall clock `seconds` after `iso`, in the same zone. */
export function wallAfter(iso, seconds) {
  const local = Date.parse(`${iso.slice(0, LOCAL)}Z`) + seconds * 1000;
  return wall(new Date(local).toISOString().slice(0, LOCAL) + offset(iso));
}

/** 93% where that was measured, else a score such as 0.93; null where there is neither. */
export function confidence(moment) {
  const { probability, score } = moment.verdict;
  if (probability !== null && probability !== undefined) return `${Math.round(probability * 100)}%`;
  const number = score ?? moment.score;
  return number === null || number === undefined ? null : number.toFixed(2);
}

/** What an answer rests on, as a list of parts. */
export function coverage(one) {
  const parts = [`${count(one.num_files, "file")}, ${duration(one.duration_s)} searched`];
  if (one.candidates) parts.push(`${one.checked} of ${count(one.candidates, "candidate")} checked`);
  if (one.failed) parts.push(`${count(one.failed, "file")} failed`);
  if (one.missing) parts.push(`${count(one.missing, "file")} missing`);
  if (one.undated) parts.push(`${count(one.undated, "file")} of unknown hour left out`);
  return [...parts, ...notLookedAt(one), ...gaps(one.gaps ?? [])];
}

function notLookedAt(one) {
  const missed = { 
    "not heard": one.not_heard_s, "not seen": one.not_seen_s - one.frames_only_s,
    "seen by frame vectors only": one.frames_only_s, "not read": one.not_read_s,
  };
  const byLength = new Map();
  for (const [sense, seconds] of Object.entries(missed)) {
    if (seconds > 0) byLength.set(duration(seconds), [...(byLength.get(duration(seconds)) ?? []), sense]);
  }
  return [...byLength].map(([length, senses]) => `${length} ${senses.join(", ")}`);
}

function gaps(all) {
  const length = (gap) => Date.parse(gap.until) - Date.parse(gap.since);
  const longest = [...all].sort((a, b) => length(b) - length(a)).slice(0, GAPS_SHOWN);
  const parts = longest.map((gap) => `${shown(gap.camera)} has no recording ${stretch(gap)}`);
  const more = all.length - longest.length;
  return more ? [...parts, `and ${count(more, "more gap")}`] : parts;
}

function stretch(gap) {
  const [since, until] = [wall(gap.since), wall(gap.until)];
  const begin = offset(gap.since) === offset(gap.until) ? since.slice(0, LOCAL) : since;
  return `${begin} – ${since.slice(0, 10) === until.slice(0, 10) ? until.slice(11) : until}`;
}

/** With a capital letter at its beginning. */
export function sentence(text) { return text.charAt(0).toUpperCase() + text.slice(1); }
