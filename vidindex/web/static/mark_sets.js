// The marks that people made, set by set: kept, rejected, noted; and what leaves as an export.

import { get, video } from "/page/api.js";
import { fill, h } from "/page/dom.js";
import { clipButton, exportMenu } from "/page/exports.js";
import { thumb } from "/page/hits.js";
import { chooseSet, marksOf, sets, unmark } from "/page/marks.js";
import { go } from "/page/state.js";
import { count, shown, span, time } from "/page/format.js";

export const setName = (name) => (name === "" ? "unnamed" : shown(name));

/** tools: play(moment), failed(error). */
export class SetsView {
  constructor(root, name, tools) {
    this.root = root;
    this.name = name;
    this.tools = tools;
    this.names = new Map();
    this.draw();
  }

  close() { this.gone = true; }

  async draw() {
    try {
      const [known, marks] = await Promise.all([sets(), marksOf(this.name)]);
      await Promise.all(marks.map((one) => this.nameOf(one.video_id)));
      if (!this.gone) this.show(known, marks);
    } catch (error) {
      this.tools.failed(error);
    }
  }

  async nameOf(id) {
    if (!this.names.has(id)) this.names.set(id, get(video(id)).then((one) => one.name, () => "a video that is gone"));
    const name = await this.names.get(id);
    this.names.set(id, name);
  }

  show(known, marks) {
    const kept = marks.filter((one) => one.answer === "keep").length;
    const all = known.some((one) => one.name === this.name) ? known : [...known, { name: this.name }];
    fill(this.root,
      h("header", { class: "heading" }, h("h1", {}, "Marks"), h("span", { class: "right" },
        kept > 0 && exportMenu("Export what was kept", { what: "marks", set: this.name }))),
      h("nav", { class: "sets", "aria-label": "Sets" }, all.map((one) =>
        h("button", { type: "button", class: "chip", "aria-current": one.name === this.name ? "true" : null, onclick: () => this.open(one.name) },
          h("bdi", {}, setName(one.name))))),
      h("p", { class: "soft" }, marks.length ? `${count(marks.length, "mark")}, ${kept} kept` : ""),
      marks.length
        ? h("ol", { class: "hits", "aria-label": "Marks of this set" }, marks.map((one) => this.line(one)))
        : h("div", { class: "nothing" }, h("p", { class: "big" }, "Nothing is marked in this set yet."),
          h("p", { class: "soft" }, "Search, then keep, reject or note a hit; it is gathered here.")));
  }

  async open(name) {
    this.name = name;
    go({ set: name });
    await chooseSet(name);
    await this.draw();
  }

  line(one) {
    const name = shown(this.names.get(one.video_id));
    const moment = { video_id: one.video_id, path: name, text: one.query, verdict: { span: one.span } };
    const label = `Go to ${time(one.span.start_s)} of ${name}`;
    return h("li", { class: "hit", data: { item: "", mark: one.answer } },
      h("div", { class: "picture" }, thumb(one.video_id, one.span, label, () => this.tools.play(moment))),
      h("div", { class: "said" },
        h("p", { class: "stamp" }, h("span", { class: `answer mark-${one.answer}` }, { keep: "kept", reject: "rejected", note: "noted" }[one.answer])),
        h("p", { class: "text" }, h("bdi", {}, shown(one.query))),
        h("p", { class: "place soft" }, h("bdi", { class: "file" }, name), h("span", { class: "times" }, span(one.span))),
        h("p", { class: "note" }, one.note && h("bdi", {}, `“${shown(one.note)}”`)),
        h("div", { class: "actions" }, clipButton(() => ({ video_id: one.video_id, ...one.span }), this.tools.failed), h("button", { type: "button", class: "plain small writes", onclick: () => this.forget(one) }, "Remove"))));
  }

  async forget(one) {
    try {
      await unmark(one);
      await this.draw();
    } catch (error) {
      this.tools.failed(error);
    }
  }
}
