// What is said in the film that is open: follows the player, leads to each word, takes corrections.

import { get, post, video } from "/page/api.js";
import { byId, fill, h } from "/page/dom.js";
import { shown, time } from "/page/format.js";

const LEAD_S = 0.1; // at rest the player's time is the beginning of a frame, which may be before its word

/** tools: seek(at_s), failed(error). */
export class Transcript {
  constructor(tools) {
    this.tools = tools;
    this.box = byId("transcript");
    this.list = byId("lines");
    this.lines = [];
  }

  async open(film) {
    this.film = film;
    this.show([]);
    try {
      const lines = await get(`${video(film.video_id)}/transcript`);
      if (film === this.film) this.show(lines);
    } catch (error) {
      this.tools.failed(error);
    }
  }

  show(lines) {
    this.lines = lines;
    this.current = null;
    this.box.hidden = lines.length === 0;
    fill(this.list, lines.map((line) => this.item(line)));
    if (this.position_s !== undefined) this.follow(this.position_s);
  }

  item(line) {
    const at = h("button", { type: "button", class: "plain times", onclick: () => this.tools.seek(line.span.start_s) }, time(line.span.start_s));
    const edit = h("button", { type: "button", class: "plain small edit", "aria-label": `Correct: ${shown(line.text)}`, onclick: () => this.edit(line) }, "Correct");
    const by = line.corrected ? h("span", { class: "soft small" }, "corrected") : null;
    line.node = h("li", { class: "line" }, at, h("p", {}, this.words(line)), by, edit);
    return line.node;
  }

  words(line) {
    if (!line.words.length) return shown(line.text);
    line.spoken = line.words.map((word) =>
      h("button", { type: "button", class: "word", onclick: () => this.tools.seek(word.start_s) }, shown(word.text)));
    return line.spoken.flatMap((node, i) => [i && /^\s/.test(line.words[i].text) ? " " : "", node]);
  }

  /** Mark the line and the word that are heard at `position_s`. */
  follow(position_s) {
    this.position_s = position_s;
    const at_s = position_s + LEAD_S;
    const line = this.lines.find((one) => one.span.start_s <= at_s && at_s < one.span.end_s) ?? null;
    if (line !== this.current) {
      this.current?.node.removeAttribute("aria-current");
      this.current = line;
      line?.node.setAttribute("aria-current", "true");
      if (line && !this.list.contains(document.activeElement)) this.list.scrollTop = line.node.offsetTop - this.list.clientHeight / 2;
    }
    line?.spoken?.forEach((node, i) => {
      const word = line.words[i];
      node.classList.toggle("heard", word.start_s <= at_s && at_s < word.end_s);
    });
  }

  edit(line) {
    const input = h("input", { type: "text", value: line.text, maxlength: 2000, "aria-label": "What is said" });
    const back = () => line.node.replaceWith(this.item(line));
    const form = h("form", { onsubmit: (event) => { event.preventDefault(); this.save(line, input.value); } },
      input, h("button", { class: "plain small" }, "Save"), h("button", { type: "button", class: "plain small", onclick: back }, "Cancel"));
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); back(); } });
    fill(line.node, form);
    input.focus();
  }

  async save(line, text) {
    const { film } = this;
    try {
      const corrected = await post(`/transcript/${line.event_id}`, { text });
      if (film === this.film) this.show(this.lines.map((one) => (one === line ? corrected : one)));
    } catch (error) {
      this.tools.failed(error);
    }
  }
}
