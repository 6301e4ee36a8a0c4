// The events of the film that is open: fetched for the stretch on view, as lanes and as a list.

import { frame, get, video } from "/page/api.js";
import { byId, fill, h, settled } from "/page/dom.js";
import { Strip } from "/page/timeline.js";
import { CHANNELS, count, shown, time } from "/page/format.js";

const LIMIT = 2000;
const LISTED = 200;
const ORDER = ["hits", "caption", "screen", "clock", "subtitle", "speech"];
const LABELS = { ...CHANNELS, hits: "hits" };

/** tools: seek(at_s), failed(error). */
export class TimelineEvents {
  constructor(tools) {
    this.tools = tools;
    this.off = new Set();
    this.hits = [];
    this.events = [];
    this.totals = {};
    this.inView = {};
    this.strip = new Strip(byId("canvas"), { seek: tools.seek, moved: () => this.moved(), hover: (...given) => this.peek(...given) });
    this.load = settled(() => this.fetchView(), 120);
    this.preview = settled((at_s) => { byId("peek-image").src = frame(this.film.video_id, at_s, 200); }, 120);
    byId("zoom-in").addEventListener("click", () => this.strip.zoom(0.5));
    byId("zoom-out").addEventListener("click", () => this.strip.zoom(2));
    byId("zoom-all").addEventListener("click", () => this.strip.whole());
  }

  open(film) {
    if (this.film?.video_id === film.video_id) return;
    this.film = film;
    this.events = [];
    this.totals = {};
    this.inView = {};
    fill(byId("events"));
    this.strip.open(film);
  }

  /** The moments of the last search that are in this film, as a lane of their own. */
  showHits(moments) {
    this.hits = moments;
    this.draw();
  }

  moved() {
    if (this.film) this.load();
  }

  async fetchView() {
    const { film, strip: { view } } = this;
    const whole = view.to - view.from >= film.duration_s - 0.001;
    const range = whole ? {} : { start_s: Math.max(0, view.from).toFixed(3), end_s: view.to.toFixed(3) };
    try {
      const found = await get(`${video(film.video_id)}/events`, { ...range, limit: LIMIT });
      if (film !== this.film || view !== this.strip.view) return;
      this.events = found.events;
      this.inView = found.lanes;
      if (whole) this.totals = found.lanes;
      else for (const [name, number] of Object.entries(found.lanes)) this.totals[name] ??= number;
      const thinned = found.shown < found.total;
      byId("strip").dataset.total = found.total;
      byId("thinned").textContent = thinned ? `${count(found.shown, "event")} of ${found.total.toLocaleString("en")} drawn; zoom in for all of them` : "";
      this.drawChips();
      this.draw();
    } catch (error) {
      this.tools.failed(error);
    }
  }

  drawChips() {
    const names = ORDER.filter((name) => this.totals[name]);
    fill(byId("lanes"), names.map((name) => {
      const chip = h("button", { type: "button", class: `chip lane ${name}`, "aria-pressed": String(!this.off.has(name)) },
        h("span", { class: "dot", "aria-hidden": "true" }), `${LABELS[name]} `, h("span", { class: "soft" }, this.totals[name].toLocaleString("en")));
      chip.addEventListener("click", () => {
        if (!this.off.delete(name)) this.off.add(name);
        chip.setAttribute("aria-pressed", String(!this.off.has(name)));
        this.draw();
      });
      return chip;
    }));
  }

  draw() {
    if (!this.film) return;
    const inFilm = this.hits.filter((moment) => moment.video_id === this.film.video_id && moment.verdict.answer !== "rejected");
    const hits = inFilm.map((moment) => ({ ...moment.verdict.span, text: moment.text, faint: moment.verdict.answer !== "verified" }))
      .sort((a, b) => a.start_s - b.start_s);
    const lanes = ORDER.filter((name) => (name === "hits" ? hits.length : this.totals[name] && !this.off.has(name)))
      .map((name) => ({ name, label: LABELS[name], bars: name === "hits" ? hits : this.events.filter((event) => event.channel === name) }));
    this.strip.show(lanes);
    this.list();
  }

  list() {
    const { view } = this.strip;
    const seen = this.events.filter((event) => !this.off.has(event.channel) && event.end_s > view.from && event.start_s < view.to);
    this.listed = seen.slice(0, LISTED);
    fill(byId("events"), this.listed.map((event) => h("li", { class: event.channel },
      h("button", { type: "button", onclick: () => this.tools.seek(event.start_s) },
        h("span", { class: "times" }, time(event.start_s)), h("bdi", { class: "text" }, shown(event.text)), h("span", { class: "kind" }, LABELS[event.channel])))));
    const all = Object.entries(this.inView).filter(([name]) => !this.off.has(name)).reduce((sum, [, number]) => sum + number, 0);
    const more = Math.max(seen.length, all) - this.listed.length;
    byId("events-more").textContent = more > 0 ? `and ${more.toLocaleString("en")} more in this part; zoom in to see them` :
      seen.length ? "" : "Nothing is known to happen in this part.";
    this.stand(this.strip.at);
  }

  stand(at_s) {
    this.strip.stand(at_s);
    (this.listed ?? []).forEach((event, index) => {
      const row = byId("events").children[index];
      const here = event.start_s <= at_s + 0.001 && at_s < event.end_s;
      if (!row || here === row.hasAttribute("aria-current")) return;
      if (here) {
        row.setAttribute("aria-current", "true");
        bring(row);
      } else row.removeAttribute("aria-current");
    });
  }

  /** The start of the next or the previous event that is on view. */
  neighbour(direction, at_s) {
    const starts = [...new Set(this.events.filter((event) => !this.off.has(event.channel)).map((event) => event.start_s))].sort((a, b) => a - b);
    return direction > 0 ? starts.find((start) => start > at_s + 0.01) : starts.findLast((start) => start < at_s - 0.01);
  }

  peek(bar, x, at_s) {
    const box = byId("peek");
    box.hidden = at_s === undefined;
    if (box.hidden) return;
    const width = this.strip.width;
    box.style.left = `${Math.min(Math.max(x, 108), Math.max(108, width - 108))}px`;
    byId("peek-text").textContent = bar ? `${time(at_s)}  ${shown(bar.text)}` : time(at_s);
    this.preview(Math.max(0, Math.min(at_s, this.film.duration_s - 0.05)));
  }
}

/** Bring a line of the list into sight, but not from under the reader's hands. */
function bring(row) {
  const list = row.parentElement;
  if (list.matches(":hover, :focus-within")) return;
  const top = row.offsetTop - list.offsetTop;
  if (top < list.scrollTop || top + row.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top;
}
