// The player: shows exactly the frame asked for, steps by frames.

import { frame, media, problem, ROUNDED_S } from "/page/api.js";
import { byId, swapIcon } from "/page/dom.js";
import { shown, time, wallAfter } from "/page/format.js";

const ASK_AGAIN_MS = 1000;
const PRESENTED_MS = 40; // from the end of a seek to word of the frame it shows
const RATES = [1, 2, 4, 0.5];
const SHORTEST_S = 0.006;
const LONGEST_S = 2;
const STILL_PX = 960;

const still = byId("still");
const note = byId("stage-note");
const listeners = new Set();
let film = null;
let opening = null; // aborts what waits for a film that is no longer shown
let wanted_s = 0; // where the reader wants to be
let shown_s = 0; // when the frame on screen begins
let frameShown = false; // whether a frame was shown since the last seek began; that may be before its end
let arrived = false; // whether the frame on screen is what that seek brought
let ahead_s = SHORTEST_S; // reaches the next frame, and not the one after it
let stop_s = null; // where a moment that is being played ends

export const screen = byId("video");
export const current = () => film;

/** The player's time: at rest the beginning of the frame on screen. */
export function position() {
  if (!arrived) return wanted_s;
  return screen.paused ? shown_s : screen.currentTime;
}

export const onTime = (listener) => listeners.add(listener);

const notify = () => listeners.forEach((listener) => listener(position()));

/** Open a film at `at_s`; the same film again only moves. */
export async function open(one, at_s) {
  if (film?.video_id === one.video_id) return seek(at_s);
  close();
  film = one;
  byId("length").textContent = `/ ${time(one.duration_s, 0)}`;
  byId("stage").style.setProperty("--shape", `${one.width} / ${one.height}`);
  wanted_s = at_s;
  showStill();
  notify();
  opening = new AbortController();
  try {
    if (await ready(one, opening.signal)) {
      screen.src = media(one.video_id);
      screen.load();
    }
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, error.hint);
  }
  return undefined;
}

export function close() {
  opening?.abort();
  film = stop_s = null;
  arrived = false;
  ahead_s = SHORTEST_S;
  screen.removeAttribute("src");
  screen.load();
  still.hidden = note.hidden = true;
}

/** Whether the server has something to play; waits while it makes a copy, and says so. */
async function ready(one, signal) {
  for (;;) {
    const response = await fetch(media(one.video_id), { headers: { Range: "bytes=0-0" }, signal });
    if (!response.ok) throw await problem(response);
    if (response.status !== 202) {
      if (response.status === 206) await response.arrayBuffer();
      else await response.body?.cancel();
      note.hidden = true;
      return true;
    }
    const { progress } = await response.json();
    say(`Making a copy that this browser can play: ${Math.round(progress * 100)}%. Frames can be looked at meanwhile.`);
    await new Promise((resolve, reject) => {
      const waiting = setTimeout(resolve, ASK_AGAIN_MS);
      signal.addEventListener("abort", () => { clearTimeout(waiting); reject(new DOMException("", "AbortError")); }, { once: true });
    });
  }
}

function say(...parts) {
  note.textContent = parts.filter(Boolean).map(shown).join("; ");
  note.hidden = false;
}

/** The frame as the server decodes it, until the player has it. */
function showStill() {
  still.src = frame(film.video_id, Math.min(wanted_s, Math.max(0, film.duration_s - 0.01)), STILL_PX);
  still.hidden = false;
}

/** Show the frame that is on screen at `at_s`. */
export function seek(at_s) {
  if (!film) return;
  wanted_s = Math.min(Math.max(0, at_s), film.duration_s);
  stop_s = null;
  arrived = frameShown = false;
  if (screen.readyState >= 1) screen.currentTime = Math.min(wanted_s + ROUNDED_S, Math.max(0, screen.duration - ROUNDED_S));
  else showStill();
  notify();
}

export function toggle() {
  stop_s = null;
  if (!screen.src) return;
  if (screen.paused) screen.play().catch(() => {});
  else screen.pause();
}

/** Play a stretch once, and stop at its end. */
export function playSpan(stretch) {
  seek(stretch.start_s);
  if (!screen.src) return;
  stop_s = stretch.end_s;
  screen.play().catch(() => {});
}

/**
 * One frame on or back. The start of the next frame is not known, so it is sought in steps
 * that double: the first that reaches it is shorter than two frames.
 */
export async function step(direction) {
  if (!film) return;
  screen.pause();
  if (screen.readyState < 1) return seek(wanted_s + direction * 0.04);
  if (screen.seeking) await presented();
  const from_s = shown_s;
  if (direction < 0) return seek(Math.max(0, from_s - 2 * ROUNDED_S));
  for (let by_s = ahead_s; by_s < LONGEST_S && from_s + by_s < film.duration_s; by_s *= 2) {
    seek(from_s + by_s);
    await presented();
    if (shown_s === from_s) continue;
    ahead_s = by_s;
    return undefined;
  }
  return seek(from_s);
}

/** When the frame that a seek goes to is on screen. */
const presented = () =>
  new Promise((resolve) => screen.addEventListener("seeked", () => setTimeout(resolve, PRESENTED_MS), { once: true }));

function watchFrames(_, seen) {
  shown_s = seen.mediaTime;
  frameShown = true;
  arrived = !screen.seeking;
  stopAt(shown_s);
  notify();
  screen.requestVideoFrameCallback(watchFrames);
}

function stopAt(now_s) {
  if (stop_s === null || now_s < stop_s) return;
  stop_s = null;
  screen.pause();
}

export function start() {
  screen.requestVideoFrameCallback?.(watchFrames);
  screen.addEventListener("loadedmetadata", () => seek(wanted_s));
  screen.addEventListener("seeked", () => { still.hidden = true; arrived = frameShown; notify(); });
  screen.addEventListener("timeupdate", () => {
    if (!screen.paused) wanted_s = screen.currentTime;
    stopAt(screen.currentTime);
    notify();
  });
  screen.addEventListener("play", () => { still.hidden = true; swapIcon(byId("play"), "pause", "Pause"); });
  screen.addEventListener("pause", () => { swapIcon(byId("play"), "play", "Play"); notify(); });
  screen.addEventListener("error", () => {
    if (film && screen.getAttribute("src")) say("this browser cannot play the file; its frames can still be looked at");
  });
  screen.addEventListener("click", toggle);
  onTime((at_s) => {
    byId("now").textContent = time(at_s, 3);
    byId("wall").textContent = film?.starts_at ? wallAfter(film.starts_at, at_s) : "";
  });
  byId("play").addEventListener("click", toggle);
  byId("step-back").addEventListener("click", () => step(-1));
  byId("step-on").addEventListener("click", () => step(1));
  byId("rate").addEventListener("click", faster);
  byId("mute").addEventListener("click", () => {
    screen.muted = !screen.muted;
    swapIcon(byId("mute"), screen.muted ? "mute" : "sound", screen.muted ? "Sound on" : "Mute");
  });
  byId("full").addEventListener("click", fullScreen);
}

function faster() {
  const rate = RATES[(RATES.indexOf(screen.playbackRate) + 1) % RATES.length];
  screen.playbackRate = screen.defaultPlaybackRate = rate;
  const word = rate === 0.5 ? "½×" : `${rate}×`;
  byId("rate").textContent = word;
  byId("rate").setAttribute("aria-label", `Speed ${word}`);
}

export function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else byId("stage").requestFullscreen?.();
}
