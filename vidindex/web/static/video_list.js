// What there is before anybody searches: the videos of the library, and words to begin with.

import { addMenu } from "/page/ingest.js";
import { frame, get, video } from "/page/api.js";
import { announce, fileName, fill, h } from "/page/dom.js";
import { filters, narrowed, state } from "/page/state.js";
import { count, duration, shown, time, wall } from "/page/format.js";

const PAGE = 60;
const EXAMPLES = 3;

/** tools: play({video_id}), search(words), failed(error), status(). */
export class BrowseView {
  constructor(root, tools) {
    this.tools = tools;
    this.list = h("ul", { class: "films", "aria-label": "Videos" });
    this.after = h("div", { class: "after" });
    this.failures = h("div", {});
    this.total = h("p", { class: "soft", role: "status" });
    this.examples = h("p", { class: "examples" });
    this.adding = h("span", { class: "right writes" });
    fill(root,
      h("header", { class: "welcome" }, h("h1", {}, "What are you looking for?"),
        h("p", { class: "soft" }, "Say it in plain words. Every answer is a time that was checked against the frames, or a plain “nothing found” with what that rests on."),
        this.examples),
      h("div", { class: "heading small-heading" }, h("h2", {}, "All videos"), this.total, this.adding),
      this.list, this.after, this.failures);
    this.load();
  }

  close() { this.gone = true; }

  async load(offset = 0) {
    const { camera, day, since, until } = filters();
    try {
      const found = await get("/videos", { text: named(), camera, day, since, until, offset, limit: PAGE });
      if (this.gone) return;
      if (!offset) fill(this.list);
      this.list.append(...found.videos.map((one) => this.card(one)));
      this.total.textContent = count(found.total, "video");
      fill(this.after, this.list.children.length < found.total &&
        h("button", { type: "button", class: "quiet", onclick: () => this.load(this.list.children.length) }, "Show more"));
      if (!found.total) fill(this.after, this.empty());
      else if (!offset) this.suggest(found.videos);
    } catch (error) {
      this.tools.failed(error);
    }
  }

  empty() {
    announce(narrowed() ? "no video fits" : "nothing is indexed yet");
    return narrowed()
      ? h("p", { class: "soft" }, "No video fits. Take a filter away to see more.")
      : h("div", { class: "nothing" }, h("p", { class: "big" }, "Nothing is indexed yet."),
        h("p", {}, "Index a folder of video; it appears here while it is being looked at:"),
        h("p", {}, h("code", {}, "vidindex ingest FOLDER")));
  }

  card(one) {
    const where = [one.camera && shown(one.camera), one.starts_at && wall(one.starts_at)].filter(Boolean).join(" · ");
    const image = h("img", { src: frame(one.video_id, one.duration_s / 3, 320), alt: "", loading: "lazy", decoding: "async", fetchpriority: "low" });
    image.addEventListener("error", () => image.classList.add("absent"), { once: true });
    return h("li", { class: "film", data: { item: "" } },
      h("button", { type: "button", class: "card", data: { main: "" }, onclick: () => this.tools.play(one) },
        h("span", { class: "thumb" }, image, h("span", { class: "at" }, time(one.duration_s, 0))),
        h("bdi", { class: "name" }, fileName(shown(one.name))),
        h("span", { class: "soft small" }, where || `${one.width} × ${one.height}`),
        h("span", { class: "soft small" }, one.present ? count(one.num_events, "event") : "the file is missing")));
  }

  /** Where new videos may come from. */
  showRoots(roots) {
    fill(this.adding, roots.length > 0 && addMenu(roots, this.tools.failed));
  }

  /** Files that could not be indexed, and why. */
  showFailures(failures) {
    fill(this.failures, failures.length > 0 && h("details", { class: "turned-down" },
      h("summary", {}, `${count(failures.length, "file")} could not be indexed`),
      h("ul", { class: "facts" }, failures.map((one) => h("li", {}, h("bdi", {}, shown(one.place.path)), h("p", { class: "soft small" }, `${shown(one.stage)}: ${shown(one.message)}`))))));
  }

  /** Words that this very library knows, to try; whatever they say is only text. */
  async suggest(videos) {
    const first = videos.find((one) => one.num_events);
    if (!first) return;
    const { events } = await get(`${video(first.video_id)}/events`, { limit: 60, channels: "caption" }).catch(() => ({ events: [] }));
    const texts = [...new Set(events.map((event) => shown(event.text)))].filter((text) => text.length < 48).slice(0, EXAMPLES);
    if (this.gone || !texts.length) return;
    fill(this.examples, h("span", { class: "soft" }, "Try "), texts.flatMap((text, index) => [index ? " " : "",
      h("button", { type: "button", class: "example", onclick: () => this.tools.search(text) }, h("bdi", {}, text))]));
  }
}

/** The part of a name that is filtered by; a listing takes no patterns. */
const named = () => (state().file[0] ?? "").replaceAll("*", "");

/** One line about a video: camera, wall clock, length, size. */
export const filmFacts = (one) =>
  [one.camera && shown(one.camera), one.starts_at && wall(one.starts_at), duration(one.duration_s), `${one.width} × ${one.height}`]
    .filter(Boolean).join(" · ");
