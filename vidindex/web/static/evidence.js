// What a verdict rests on: the frames the model was shown, the words put to it, its reply.

import { frame } from "/page/api.js";
import { h } from "/page/dom.js";
import { shown, span, time } from "/page/format.js";

const FRAMES_AT_ONCE = 16;

export function evidence(moment, tools) {
  const { verdict } = moment;
  const near = moment.hits.find((hit) => hit.frames_s.length);
  const places = ranks(moment.hits);
  if (!verdict.evidence) {
    return h("div", { class: "evidence" },
      near && h("ol", { class: "frames", "aria-label": "Frames that look like it" }, near.frames_s.map((at_s) => one(moment, at_s, tools))),
      h("p", { class: "soft small" }, near ? "These frames look like it by their vectors; no model looked at them." : unchecked(verdict.answer)),
      places && h("dl", { class: "facts" }, fact("places", places)));
  }
  const found = verdict.evidence;
  return h("div", { class: "evidence" },
    h("ol", { class: "frames", "aria-label": "Frames that were looked at" }, picked(found.frame_times_s).map((at_s) => one(moment, at_s, tools))),
    found.frame_times_s.length > FRAMES_AT_ONCE &&
      h("p", { class: "soft small" }, `${FRAMES_AT_ONCE} of ${found.frame_times_s.length} frames`),
    h("dl", { class: "facts" },
      fact("put to it", found.prompt, true),
      fact("reply", found.reply),
      found.grounding && fact("start and end", found.grounding),
      fact("seen by", found.model),
      fact("place", span(verdict.span)),
      places && fact("places", places),
      verdict.score !== null && fact("score", verdict.score.toFixed(3)),
      verdict.second && fact(`second opinion (${verdict.second.model})`, verdict.second.reply)));
}

/** The places that the score was made of, by list: "words 1, frames 3". */
const ranks = (hits) => Object.entries(Object.assign({}, ...[...hits].reverse().map((hit) => hit.ranks)))
  .map(([list, rank]) => `${list} ${rank}`).join(", ");

const unchecked = (answer) =>
  answer === "unchecked" ? "No frames were looked at for this hit." : "Nothing is kept of what this rests on.";

/** Even picks of the frames, ends among them. */
function picked(times_s) {
  if (times_s.length <= FRAMES_AT_ONCE) return times_s;
  const step = (times_s.length - 1) / (FRAMES_AT_ONCE - 1);
  return Array.from({ length: FRAMES_AT_ONCE }, (_, index) => times_s[Math.round(index * step)]);
}

function one(moment, at_s, tools) {
  const inside = at_s >= moment.verdict.span.start_s && at_s < moment.verdict.span.end_s;
  return h("li", { class: inside ? "inside" : "" },
    h("button", { type: "button", "aria-label": `Go to ${time(at_s)}`, onclick: () => tools.goTo(moment.video_id, at_s) },
      h("img", { src: frame(moment.video_id, at_s, 160), alt: "", loading: "lazy", fetchpriority: "low" }),
      h("span", { "aria-hidden": "true" }, time(at_s))));
}

const fact = (name, text, whole = false) =>
  h("div", {}, h("dt", {}, shown(name)), h("dd", { class: whole ? "whole" : "" }, whole ? String(text) : shown(text)));
