// A search as it happens: hits at once, verdicts as they come, the answer at the end.

import { stream } from "/page/api.js";
import { announce, fill, h } from "/page/dom.js";
import { exportMenu } from "/page/exports.js";
import { heading } from "/page/examples.js";
import { Hit } from "/page/hits.js";
import { filters } from "/page/state.js";
import { coverage, count, sentence, shown } from "/page/format.js";

const key = (moment) => `${moment.video_id}@${moment.span.start_s}-${moment.span.end_s}`;
const placeKey = (moment) => `${moment.video_id}@${moment.verdict.span.start_s}`;

export class SearchView {
  /** tools: what a hit needs, and covers(parts), ended(moments), thorough(). */
  constructor(root, asked, tools) {
    this.asked = asked;
    this.tools = { ...tools, query: () => this.title };
    this.title = asked.q;
    this.hits = [];
    this.checked = 0;
    this.line = h("p", { class: "tally soft" }, "searching…");
    this.meter = h("progress", { class: "meter", max: "1", value: "0", "aria-label": "Candidates checked" });
    this.list = h("ol", { class: "hits", id: "hits", "aria-label": "Hits" });
    this.after = h("div", { class: "after" });
    this.menu = h("span", { class: "right" });
    this.heading = h("h1", {});
    this.drawHeading(null);
    fill(root,
      h("header", { class: "heading" }, this.heading, this.menu),
      h("div", { class: "tallying" }, this.line, this.meter), this.list, this.after);
    this.close = stream("/search", { q: asked.q, like: asked.like, ...filters(asked), thorough: asked.thorough }, {
      started: (one) => { this.started = one; this.drawHeading(one.query); },
      hits: (one) => this.found(one.moments),
      verdict: (one) => this.judged(one.index, one.moment),
      done: (one) => this.done(one.result),
      failed: (one) => this.failed(one.error, one.hint),
      broken: () => this.failed("the search broke off", "is vidindex serve still running?"),
    }, ["done", "failed"]);
  }

  drawHeading(query) {
    fill(this.heading, heading(this.asked, query, shown, () => this.tools.like([])));
    const like = (query?.like ?? []).map((one) => one.label);
    this.title = [like.length ? `like ${like.join(" and ")}` : "", this.asked.q].filter(Boolean).join(", ");
  }

  found(moments) {
    this.hits = moments.map((moment) => new Hit(moment, this.tools));
    fill(this.list, this.hits.map((hit) => hit.node));
    this.showProgress();
    this.tools.ended(moments, false);
  }

  judged(index, moment) {
    const hit = this.hits[index];
    if (!hit) return;
    this.checked += 1;
    hit.update(moment);
    this.showProgress();
  }

  /** How many are verified, unsure, rejected, and still to be checked. */
  showProgress() {
    const of = (answer) => this.hits.filter((hit) => hit.answer === answer).length;
    const parts = ["verified", "unsure", "rejected"].filter((answer) => of(answer)).map((answer) => `${of(answer)} ${answer}`);
    const text = [count(this.hits.length, "candidate"), ...parts].join(" · ");
    this.line.textContent = this.asked.like.length ? text : `${text} · checking…`;
    this.meter.value = this.hits.length ? this.checked / this.hits.length : 0;
    announce(text);
  }

  done(result) {
    this.close = () => {};
    this.result = result;
    this.meter.hidden = true;
    this.list.dataset.done = "";
    this.arrange(result.moments);
    this.line.textContent = result.moments.length ? summary(result) : "";
    announce(summary(result));
    fill(this.after, this.basis(result));
    const hasHits = result.moments.length > 0 && this.started?.search_id;
    fill(this.menu, hasHits && exportMenu("Export hits", { what: "search", search_id: this.started.search_id }));
    this.tools.covers(coverage(result.coverage));
    this.tools.ended(result.moments, true);
  }

  /** Put the hits into their final order; those that stay glide there. */
  arrange(moments) {
    const before = new Map(this.hits.map((hit) => [hit.node, hit.node.getBoundingClientRect().top]));
    const focused = document.activeElement?.closest?.(".hit");
    const left = new Set(this.hits);
    const take = (moment) => {
      const same = [...left].find((hit) => key(hit.moment) === key(moment) || placeKey(hit.moment) === placeKey(moment));
      if (!same) return new Hit(moment, this.tools);
      left.delete(same);
      same.update(moment);
      return same;
    };
    this.hits = moments.map(take);
    fill(this.list, this.hits.map((hit) => hit.node));
    if (focused?.isConnected) focused.hit.main.focus({ preventScroll: true });
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const [node, top] of before) {
      const moved = node.isConnected ? top - node.getBoundingClientRect().top : 0;
      if (moved) node.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], { duration: 260, easing: "ease-out" });
    }
  }

  /** What the answer rests on, and what else there is to see. */
  basis(result) {
    const { coverage: covered, rejected, standard, notes, moments } = result;
    const unchecked = covered.candidates - covered.checked;
    return [
      !moments.length && nothing(result),
      unchecked > 0 && !this.asked.thorough && !this.asked.like.length && h("p", {}, h("button", { type: "button", class: "quiet", onclick: this.tools.thorough },
        `Check more of the ${count(unchecked, "candidate")} left`)),
      rejected.length > 0 && this.rejected(rejected),
      this.asked.like.length > 0 && h("p", { class: "soft small" }, "Compared by the vectors of frames alone, nearest first; no model looked at them."),
      h("p", { class: "soft small measured" }, standard.measured
        ? `How often search is wrong here: ${standard.measured}.`
        : "How often search is wrong on this footage was not measured (vidindex calibrate)."),
      ...notes.map((note) => h("p", { class: "warn small" }, shown(note))),
    ];
  }

  rejected(moments) {
    const list = h("ol", { class: "hits", "aria-label": "Rejected candidates" });
    const box = h("details", { class: "turned-down" }, h("summary", {}, `${count(moments.length, "candidate")} looked at and rejected`), list);
    box.addEventListener("toggle", () => {
      if (box.open && !list.children.length) fill(list, moments.map((moment) => new Hit(moment, this.tools).node));
    });
    return box;
  }

  failed(error, hint) {
    this.meter.hidden = true;
    this.line.textContent = "";
    fill(this.after, h("div", { class: "failed", role: "alert" }, h("p", {}, shown(error)), hint && h("p", { class: "soft" }, shown(hint))));
  }
}

function summary(result) {
  const of = (answer) => result.moments.filter((moment) => moment.verdict.answer === answer).length;
  const parts = [["verified", "verified"], ["unsure", "unsure"], ["unchecked", "not checked"]];
  const counts = parts.filter(([answer]) => of(answer)).map(([answer, word]) => `${of(answer)} ${word}`);
  return result.moments.length ? `${count(result.moments.length, "hit")}: ${counts.join(", ")}` : result.conclusion.kind;
}

function nothing(result) {
  const parts = coverage(result.coverage);
  return h("div", { class: "nothing" },
    h("p", { class: "big" }, `${sentence(result.conclusion.kind)}.`),
    h("p", {}, h("bdi", {}, shown(`${sentence(result.conclusion.sentence)}.`))),
    h("p", {}, `That rests on ${parts.join("; ")}.`),
    result.rejected.length > 0 && h("p", { class: "soft" }, "The nearest stretches were looked at in fresh frames and rejected; they are below."));
}
