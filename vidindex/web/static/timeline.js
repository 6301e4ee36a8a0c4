// The strip under the player: a canvas to view, click, drag, zoom and read aloud.

import { draw, height, LANE_PX, palette } from "/page/timeline_canvas.js";
import { time, wallAfter } from "/page/format.js";

const GUTTER_PX = 96;
const NARROW_PX = 560;
const MIN_VIEW_S = 0.5;
const NEAR_PX = 4;
const SHORT_PX = 120;
const SNAP_PX = 10;

export class Strip {
  /** tools: seek(at_s), moved(view), hover(bar or null, x, at_s). */
  constructor(canvas, tools) {
    Object.assign(this, { canvas, tools, lanes: [], at: 0, duration_s: 1, view: { from: 0, to: 1 }, hover: null, starts_at: null });
    this.context = canvas.getContext("2d");
    new ResizeObserver(() => this.redraw()).observe(canvas.parentElement);
    addEventListener("themechange", () => { this.colours = null; this.redraw(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.colours = null; this.redraw(); });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", () => { this.dragging = false; });
    canvas.addEventListener("pointerleave", () => { this.hover = null; tools.hover(null); this.redraw(); });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  open(film) {
    this.duration_s = Math.max(film.duration_s, 0.001);
    this.starts_at = film.starts_at;
    this.lanes = [];
    this.canvas.setAttribute("aria-valuemax", this.duration_s.toFixed(1));
    this.look(0, this.duration_s);
  }

  show(lanes) { this.lanes = lanes; this.redraw(); }

  stand(at_s) {
    this.at = at_s;
    this.canvas.setAttribute("aria-valuenow", at_s.toFixed(1));
    this.canvas.setAttribute("aria-valuetext", time(at_s));
    const { from, to } = this.view;
    if (to - from < this.duration_s && (at_s < from || at_s > to)) this.look(at_s - (to - from) / 4, at_s + (3 * (to - from)) / 4);
    this.redraw();
  }

  /** Show the stretch from `from` to `to`, kept inside the video. */
  look(from, to) {
    const length = Math.min(this.duration_s, Math.max(MIN_VIEW_S, to - from));
    const start = Math.min(Math.max(0, from), this.duration_s - length);
    this.view = { from: start, to: start + length };
    this.tools.moved(this.view);
    this.redraw();
  }

  zoom(factor, around = this.at) {
    const { from, to } = this.view;
    const anchor = around >= from && around <= to ? around : (from + to) / 2;
    this.look(anchor - (anchor - from) * factor, anchor + (to - anchor) * factor);
  }

  whole() { this.look(0, this.duration_s); }

  get width() { return this.canvas.parentElement.clientWidth; }
  get gutter() { return this.width > NARROW_PX ? GUTTER_PX : 0; }

  timeAt(event) {
    const left = event.clientX - this.canvas.getBoundingClientRect().left - this.gutter;
    const share = Math.min(1, Math.max(0, left / (this.width - this.gutter)));
    return this.view.from + share * (this.view.to - this.view.from);
  }

  /** The bar under the pointer; of those there the one that begins last. */
  barAt(event) {
    const lane = this.lanes[Math.floor((event.clientY - this.canvas.getBoundingClientRect().top) / LANE_PX)];
    const at_s = this.timeAt(event);
    const near_s = (NEAR_PX * (this.view.to - this.view.from)) / Math.max(1, this.width - this.gutter);
    return lane?.bars.findLast((bar) => bar.start_s - near_s <= at_s && at_s < Math.max(bar.end_s, bar.start_s + near_s)) ?? null;
  }

  /** Where a press goes: to the start of a short bar, or near the start of a long one; else there. */
  target(event, bar) {
    const at_s = this.timeAt(event);
    if (!bar) return at_s;
    const scale = (this.width - this.gutter) / (this.view.to - this.view.from);
    const short = (bar.end_s - bar.start_s) * scale < SHORT_PX || (at_s - bar.start_s) * scale < SNAP_PX;
    return short ? bar.start_s : at_s;
  }

  press(event) {
    if (event.button) return;
    const bar = this.barAt(event);
    this.dragging = !bar;
    if (!bar) this.canvas.setPointerCapture(event.pointerId);
    this.tools.seek(this.target(event, bar));
  }

  move(event) {
    if (this.dragging) { this.tools.seek(this.timeAt(event)); return; }
    const bar = this.barAt(event);
    if (bar !== this.hover) { this.hover = bar; this.redraw(); }
    this.canvas.style.cursor = bar ? "pointer" : "";
    this.tools.hover(bar, event.clientX - this.canvas.getBoundingClientRect().left, this.target(event, bar));
  }

  wheel(event) {
    const { from, to } = this.view;
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(event.deltaY / 200), this.timeAt(event));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (event.deltaX / this.width) * (to - from);
      this.look(from + by, to + by);
    } else return; // the page scrolls
    event.preventDefault();
  }

  key(event) {
    const second = event.shiftKey ? 10 : 1;
    const places = { ArrowLeft: this.at - second, ArrowRight: this.at + second, ArrowDown: this.at - second, ArrowUp: this.at + second,
      PageDown: this.at - 60, PageUp: this.at + 60, Home: 0, End: this.duration_s };
    if (!(event.key in places) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.tools.seek(places[event.key]);
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.paint(); });
  }

  paint() {
    const { width, gutter } = this;
    if (!width) return;
    const sharp = devicePixelRatio || 1;
    const tall = height(this.lanes);
    if (this.canvas.width !== Math.round(width * sharp) || this.canvas.height !== Math.round(tall * sharp)) {
      this.canvas.width = Math.round(width * sharp);
      this.canvas.height = Math.round(tall * sharp);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${tall}px`;
    }
    this.context.setTransform(sharp, 0, 0, sharp, 0, 0);
    this.colours ??= palette(this.canvas);
    const drawn = draw(this.context, { width, gutter, view: this.view, lanes: this.lanes, at: this.at, hover: this.hover,
      colours: this.colours, label: (at_s, step_s) => this.label(at_s, step_s) });
    this.canvas.dataset.drawn = drawn;
  }

  label(at_s, step_s) {
    const media = time(at_s, step_s < 1 ? 1 : 0);
    const short = this.duration_s < 3600 ? media.slice(3) : media;
    return this.starts_at && this.width > NARROW_PX && step_s >= 60 ? wallAfter(this.starts_at, at_s).slice(11, 16) : short;
  }
}
