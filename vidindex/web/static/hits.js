// One hit of a search as a line of the contact sheet: picture, answer, place, marks, evidence.

import { frame } from "/page/api.js";
import { fileName, fill, h } from "/page/dom.js";
import { evidence } from "/page/evidence.js";
import { exampleOf } from "/page/examples.js";
import { clipButton } from "/page/exports.js";
import { mark, markOn, onMarks } from "/page/marks.js";
import { ANSWERS, CHANNELS, confidence, MARKS, shown, span, time, wall } from "/page/format.js";

const THUMB_PX = 320;
const alive = new Set();

onMarks(() => {
  for (const hit of alive) {
    if (hit.node.isConnected) hit.drawMark();
    else if (hit.seen) alive.delete(hit);
  }
});

/** The picture of a stretch, as a button that goes there. */
export function thumb(videoId, stretch, label, go) {
  const image = h("img", {
    src: frame(videoId, (stretch.start_s + stretch.end_s) / 2, THUMB_PX), alt: "", loading: "lazy", decoding: "async", fetchpriority: "low",
  });
  image.addEventListener("error", () => image.classList.add("absent"), { once: true });
  return h("button", { type: "button", class: "thumb", data: { main: "" }, "aria-label": label, onclick: go },
    image, h("span", { class: "at", "aria-hidden": "true" }, time(stretch.start_s)));
}

/** A hit that `update` changes in place as its verdict comes; `tools`: query(), play(moment). */
export class Hit {
  constructor(moment, tools) {
    this.tools = tools;
    this.stamp = h("p", { class: "stamp" });
    this.text = h("p", { class: "text" });
    this.place = h("p", { class: "place soft" });
    this.note = h("p", { class: "note" });
    this.more = h("div", { class: "more", hidden: true });
    this.keep = this.action("Keep", "keep");
    this.reject = this.action("Reject", "reject");
    this.noting = h("button", { type: "button", class: "plain small writes", onclick: () => this.writeNote() }, "Note");
    this.similar = h("button", { type: "button", class: "plain small by-example", onclick: () => tools.like([exampleOf(this.moment)]) }, "More like this");
    this.opener = h("button", { type: "button", class: "plain small", "aria-expanded": "false", onclick: () => this.expand() }, "Evidence");
    this.clipper = clipButton(() => ({ video_id: this.moment.video_id, ...this.moment.verdict.span }), (error) => tools.failed(error));
    this.picture = h("div", { class: "picture" });
    this.node = h("li", { class: "hit", data: { item: "" } },
      this.picture,
      h("div", { class: "said" }, this.stamp, this.text, this.place, this.note,
        h("div", { class: "actions" }, this.keep, this.reject, this.noting, this.clipper, this.similar, this.opener)),
      this.more);
    this.node.hit = this;
    alive.add(this);
    this.update(moment);
  }

  action(word, answer) {
    return h("button", { type: "button", class: "plain small writes", "aria-pressed": "false", onclick: () => this.say(answer) }, word);
  }

  get answer() { return this.moment.verdict.answer; }

  update(moment) {
    const before = this.moment;
    this.moment = moment;
    const { verdict } = moment;
    if (before?.verdict.span.start_s !== verdict.span.start_s || before?.verdict.span.end_s !== verdict.span.end_s) {
      const label = `Go to ${time(verdict.span.start_s)} of ${shown(moment.path)}: ${shown(moment.text)}`;
      const focused = this.picture.contains(document.activeElement);
      fill(this.picture, thumb(moment.video_id, verdict.span, label, () => this.tools.play(this.moment)));
      if (focused) this.main.focus();
    }
    if (before && before.verdict.answer !== verdict.answer) this.node.classList.add("fresh");
    this.node.dataset.answer = verdict.answer;
    this.drawStamp(verdict, confidence(moment));
    fill(this.text, h("bdi", {}, shown(moment.text)));
    this.drawPlace(moment);
    this.drawMark();
    if (!this.more.hidden) fill(this.more, evidence(moment, this.tools));
  }

  get main() { return this.node.querySelector("[data-main]"); }

  drawStamp(verdict, number) {
    const chance = verdict.probability === null ? "score" : "chance that it is right";
    fill(this.stamp,
      h("span", { class: `answer ${verdict.answer}` },
        h("span", { class: "sign", "aria-hidden": "true" }, MARKS[verdict.answer]), ANSWERS[verdict.answer]),
      verdict.second && h("span", { class: `answer ${verdict.second.answer}`, title: shown(verdict.second.model) },
        `second opinion ${MARKS[verdict.second.answer]}`),
      number && h("span", { class: "number", title: chance }, h("span", { class: "unseen" }, `${chance} `), number));
  }

  drawPlace(moment) {
    const channels = [...new Set(moment.hits.map((hit) => hit.event.channel))];
    fill(this.place,
      h("bdi", { class: "file" }, fileName(shown(moment.path))),
      h("span", { class: "times" }, span(moment.verdict.span)),
      ...moment.verdict.also.map((also) => h("span", { class: "times" }, `also ${span(also)}`)),
      moment.starts_at && h("time", { class: "times", datetime: moment.starts_at }, wall(moment.starts_at)),
      ...channels.map((channel) => h("span", { class: `kind ${channel}` }, CHANNELS[channel])));
  }

  drawMark() {
    this.seen = this.seen || this.node.isConnected;
    const marked = markOn(this.tools.query(), this.moment);
    this.node.dataset.mark = marked?.answer ?? "";
    this.keep.setAttribute("aria-pressed", String(marked?.answer === "keep"));
    this.reject.setAttribute("aria-pressed", String(marked?.answer === "reject"));
    if (!this.note.querySelector("form")) fill(this.note, marked?.note && h("bdi", {}, `“${shown(marked.note)}”`));
  }

  async say(answer, note = null) {
    try {
      await mark(this.tools.query(), this.moment, answer, note);
    } catch (error) {
      this.tools.failed(error);
    }
  }

  writeNote() {
    if (this.note.querySelector("input")) return;
    const marked = markOn(this.tools.query(), this.moment);
    const input = h("input", { type: "text", "aria-label": "Note on this hit", maxlength: "2000", value: marked?.note ?? "" });
    const finish = (keep) => {
      const now = markOn(this.tools.query(), this.moment);
      fill(this.note);
      this.drawMark();
      this.main.focus();
      if (keep && input.value !== (now?.note ?? "")) this.say(now?.answer ?? "note", input.value);
    };
    fill(this.note, h("form", { class: "noting", onsubmit: (event) => { event.preventDefault(); finish(true); } },
      input, h("button", { class: "small" }, "Keep note")));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); finish(false); }
    });
    input.focus();
  }

  expand() {
    const open = this.more.hidden;
    this.more.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    fill(this.more, open && evidence(this.moment, this.tools));
  }
}
