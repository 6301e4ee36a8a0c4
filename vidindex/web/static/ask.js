// A question answered in sentences; each [number] goes to what it rests on.

import { post } from "/page/api.js";
import { announce, fill, h } from "/page/dom.js";
import { thumb } from "/page/hits.js";
import { filters } from "/page/state.js";
import { CHANNELS, confidence, coverage, duration, MARKS, sentence, shown, span, time, wall } from "/page/format.js";

const CITED = 12;

/** tools: goTo(video_id, at_s), covers(parts), ended(moments). */
export class AskView {
  constructor(root, asked, tools) {
    this.tools = tools;
    this.body = h("div", { class: "answering" }, h("p", { class: "soft busy" }, "looking…"));
    fill(root, h("header", { class: "heading" }, h("h1", {}, h("bdi", {}, shown(asked.q)))), this.body);
    this.run(asked);
  }

  close() { this.gone = true; }

  async run(asked) {
    try {
      const found = await post("/ask", { question: asked.q, ...filters(asked), thorough: asked.thorough });
      if (!this.gone) this.show(found, asked);
    } catch (error) {
      if (this.gone) return;
      fill(this.body, h("div", { class: "failed", role: "alert" }, h("p", {}, shown(error.message)), error.hint && h("p", { class: "soft" }, shown(error.hint))));
    }
  }

  /** The answer, and those to further questions of the same text under their own words. */
  show(found, asked) {
    const all = [found, ...found.further];
    fill(this.body, ...all.flatMap((one) => [
      all.length > 1 && h("h2", {}, h("bdi", {}, shown(one.asked.question))),
      ...this.answer(one, asked),
    ]));
    this.tools.covers(coverage(found.coverage));
    const cited = all.flatMap((one) => one.citations);
    this.tools.ended(cited.map((one) => ({ ...one, path: one.name, verdict: { answer: one.answer, span: one.span } })), true);
    announce(all.map((one) => `${one.verdict}. ${untold(shown(one.sentences[0]?.text ?? ""))}`).join(" "));
  }

  answer(found, asked) {
    const places = new Map(found.citations.map((one) => [one.number, one]));
    const left = found.coverage.candidates - found.coverage.checked;
    return [
      h("p", { class: `verdict ${found.verdict.replaceAll(" ", "-")}` }, headline(found)),
      found.sentences.map((one, index) => this.sentence(one, places, index === 0)),
      h("p", { class: "soft small" }, lookedFor(found.asked) + (found.total_s ? `; ${duration(found.total_s)} in all.` : ".")),
      found.citations.length > 0 && h("ol", { class: "hits cited", "aria-label": "What this rests on" },
        found.citations.slice(0, 3 * CITED).map((one) => this.citation(one))),
      found.notes.map((note) => h("p", { class: "warn small" }, shown(note))),
      this.steps(found),
      !["yes", "answered"].includes(found.verdict) && left > 0 && !asked.thorough &&
        h("p", {}, h("button", { type: "button", class: "quiet", onclick: this.tools.thorough }, `Check more of the ${left} candidates left`)),
    ];
  }

  /** What was searched, looked at and dropped on the way, folded away. */
  steps(found) {
    return found.steps.length > 0 && h("details", { class: "soft small steps" },
      h("summary", {}, `How it was answered: ${found.calls} of at most ${found.max_calls} calls of the model`),
      h("ol", {}, found.steps.map((step) => h("li", {}, `${sentence(step.kind)} `, h("bdi", {}, shown(step.text)), step.calls > 0 && ` (${step.calls})`))));
  }

  sentence(one, places, first) {
    const more = one.cites.length - CITED;
    return h("p", { class: "sentence" }, h("bdi", {}, first ? untold(shown(one.text)) : shown(one.text)), " ",
      one.cites.slice(0, CITED).map((number) => this.cite(number, places.get(number))),
      more > 0 && h("span", { class: "soft" }, `and ${more} more`));
  }

  cite(number, citation) {
    if (!citation) return h("span", {}, `[${number}]`);
    const label = `${number}: ${time(citation.span.start_s)} of ${shown(citation.name)}`;
    return h("button", { type: "button", class: "cite", "aria-label": label, onclick: () => this.go(citation) }, `[${number}]`);
  }

  go(citation) { this.tools.play({ ...citation, path: citation.name, verdict: { span: citation.span } }); }

  citation(one) {
    const label = `Go to ${time(one.span.start_s)} of ${shown(one.name)}: ${shown(one.text)}`;
    const number = one.score === null ? null : confidence({ score: one.score, verdict: { probability: null, score: one.score } });
    return h("li", { class: "hit", data: { item: "", answer: one.answer } },
      h("div", { class: "picture" }, thumb(one.video_id, one.span, label, () => this.go(one))),
      h("div", { class: "said" },
        h("p", { class: "stamp" }, h("span", { class: "cite-number" }, `[${one.number}]`),
          h("span", { class: `answer ${one.answer}` }, `${MARKS[one.answer]} ${one.answer}`), number && h("span", { class: "number" }, number)),
        h("p", { class: "text" }, h("bdi", {}, shown(one.text))),
        h("p", { class: "place soft" }, h("bdi", { class: "file" }, shown(one.name)), h("span", { class: "times" }, span(one.span)),
          one.starts_at && h("span", { class: "times" }, wall(one.starts_at)), h("span", { class: `kind ${one.channel}` }, CHANNELS[one.channel]))));
  }
}

/** Yes, No, Unsure, or Found where it is not asked whether; where evidence is lacking, whether a part was looked at or nothing. */
function headline({ verdict, conclusion, asked }) {
  if (verdict === "yes" && asked.relation.wants !== "as asked") return "Found.";
  if (verdict === "unsure" && conclusion.kind.startsWith("not ")) return `${sentence(conclusion.kind)}.`;
  return { yes: "Yes.", no: "No.", unsure: "Unsure.", answered: "Answered.", "cannot be told": "Cannot be told." }[verdict];
}

/** How the question was read: what it looks for, and what that relates to in time. */
function lookedFor({ looked_for, relation, anchors, where_and_when }) {
  const quoted = (text) => `“${shown(text)}”`;
  const what = looked_for ? quoted(looked_for) : relation.whole ? "the whole" : "what happens";
  const related = anchors.length ? ` ${relation.order ?? "or"} ${anchors.map((one) => quoted(one.looked_for)).join(" and ")}` : "";
  return `Looked for ${what}${related}${where_and_when ? ` in ${shown(where_and_when)}` : ""}`;
}

/** The sentence without the answer before it, which is shown above in large letters. */
function untold(text) {
  return sentence(text.replace(/^(Yes|No|Unsure|Cannot be told): (evidence is lacking: )?/, ""));
}
