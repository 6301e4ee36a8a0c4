// Searching by a picture: of a hit, of the paused frame or a box in it, or one that is dropped.

import { sendPicture } from "/page/api.js";
import { byId, h } from "/page/dom.js";
import * as player from "/page/player.js";

const SMALLEST_PX = 8; // a shorter drag is a click
const ARRIVAL_S = 0.1; // where a seek ends may differ by a frame from where it was to go

/** The reference of a moment, as the server reads it; `box`: [x, y, width, height] as shares. */
export const momentOf = (videoId, at_s, box = null) =>
  `${videoId}@${at_s.toFixed(3)}${box ? `#${box.map((side) => Math.max(side, 0).toFixed(4)).join(",")}` : ""}`;

/** What a hit looks like most: its nearest frame, else the middle of where frames put it. */
export function exampleOf(moment) {
  const near = moment.hits.flatMap((hit) => hit.frames_s)[0];
  const { start_s, end_s } = moment.verdict.span;
  return momentOf(moment.video_id, near ?? (start_s + end_s) / 2);
}

/** `look(like)` searches by a reference; `failed(error)` reports. */
export function startExamples(look, failed) {
  const box = new Box(byId("stage"), byId("frame-box"));
  byId("like-frame").addEventListener("click", () => {
    const film = player.current();
    if (film) look(momentOf(film.video_id, player.position(), box.shares()));
  });
  player.onTime((at_s) => box.stand(at_s));
  const send = async (file) => {
    try {
      look(`picture:${(await sendPicture(file)).picture}`);
    } catch (error) {
      failed(error);
    }
  };
  takeDropped(byId("form"), send);
  byId("picture-button").addEventListener("click", () => byId("picture-file").click());
  byId("picture-file").addEventListener("change", (event) => {
    if (event.target.files[0]) send(event.target.files[0]);
    event.target.value = "";
  });
}

/** Pictures that are dropped on, or pasted into, the search field. */
function takeDropped(form, send) {
  const picture = (data) => [...(data?.files ?? [])].find((file) => file.type.startsWith("image/"));
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("dropping"); });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("dropping");
    if (picture(event.dataTransfer)) send(picture(event.dataTransfer));
  });
  form.addEventListener("paste", (event) => {
    if (!picture(event.clipboardData)) return;
    event.preventDefault();
    send(picture(event.clipboardData));
  });
}

/** A box that is dragged on the paused picture; a click without a drag stays the player's. */
class Box {
  constructor(stage, node) {
    this.stage = stage;
    this.node = node;
    this.from = null;
    stage.addEventListener("pointerdown", (event) => this.begin(event));
    stage.addEventListener("pointermove", (event) => this.drag(event));
    stage.addEventListener("pointerup", () => this.end());
    stage.addEventListener("click", (event) => this.swallow(event), { capture: true });
  }

  begin(event) {
    this.dragged = false;
    if (event.button !== 0 || !player.current() || !player.screen.paused) return;
    this.clear();
    this.from = [event.clientX, event.clientY];
  }

  drag(event) {
    if (!this.from) return;
    const [x, y] = this.from;
    const far = Math.max(Math.abs(event.clientX - x), Math.abs(event.clientY - y));
    if (!this.dragged && far < SMALLEST_PX) return;
    this.dragged = true;
    const edge = this.picture();
    const inside = (value, low, high) => Math.min(Math.max(value, low), high);
    const xs = [x, event.clientX].map((one) => inside(one, edge.left, edge.right)).sort((a, b) => a - b);
    const ys = [y, event.clientY].map((one) => inside(one, edge.top, edge.bottom)).sort((a, b) => a - b);
    const stage = this.stage.getBoundingClientRect();
    Object.assign(this.node.style, {
      left: `${xs[0] - stage.left}px`, top: `${ys[0] - stage.top}px`,
      width: `${xs[1] - xs[0]}px`, height: `${ys[1] - ys[0]}px`,
    });
    this.part = [(xs[0] - edge.left) / edge.width, (ys[0] - edge.top) / edge.height,
      (xs[1] - xs[0]) / edge.width, (ys[1] - ys[0]) / edge.height];
    this.at_s = player.position();
    this.node.hidden = false;
    byId("like-frame").classList.add("boxed");
  }

  end() { this.from = null; }

  swallow(event) {
    if (!this.dragged) return;
    event.stopPropagation();
    event.preventDefault();
    this.dragged = false;
  }

  /** The player is at this time now: a box belongs to the picture that it was drawn on. */
  stand(at_s) {
    if (this.part && Math.abs(at_s - this.at_s) > ARRIVAL_S) this.clear();
  }

  clear() {
    if (this.from) return;
    this.part = null;
    this.node.hidden = true;
    byId("like-frame").classList.remove("boxed");
  }

  shares() { return this.part && Math.min(this.part[2], this.part[3]) > 0 ? this.part : null; }

  /** Where the picture is on the screen, without the bars beside it. */
  picture() {
    const stage = this.stage.getBoundingClientRect();
    const film = player.current();
    const scale = Math.min(stage.width / film.width, stage.height / film.height);
    const [width, height] = [film.width * scale, film.height * scale];
    const left = stage.left + (stage.width - width) / 2;
    const top = stage.top + (stage.height - height) / 2;
    return { left, top, width, height, right: left + width, bottom: top + height };
  }
}

/** What a search is for, as its heading; examples are named once the server has. */
export function heading(asked, query, shown, clear) {
  const like = (query?.like ?? []).map((one) => one.label + (one.region ? " (a part)" : ""));
  const named = like.length ? `like ${like.join(" and ")}` : "like an example";
  const title = [asked.like.length ? named : "", asked.q].filter(Boolean).join(", ");
  return [h("bdi", {}, shown(title)),
    asked.like.length > 0 && h("button", { type: "button", class: "plain small", onclick: clear }, "Without the example")];
}
