// Draw the strip: lanes of bars, an axis, the player's position. Pure drawing.

export const LANE_PX = 22;
const BAR_PX = 12;
const AXIS_PX = 20;
const MIN_BAR_PX = 2;
const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800];

export const height = (lanes) => lanes.length * LANE_PX + AXIS_PX;

/** Colours of the theme, read once per theme. */
export function palette(element) {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: of("ink"), soft: of("soft"), line: of("line"), paper: of("paper"), pencil: of("pencil"), tone: (lane) => of(lane) || of("soft") };
}

/**
 * Draw one picture of the strip. view: {from, to} in seconds; lanes: [{name, label, bars}] with
 * bars in order of start; returns how many bars were drawn: of those that fall into the same
 * pixels, one.
 */
export function draw(context, { width, gutter, view, lanes, at, hover, colours, label }) {
  const scale = (width - gutter) / (view.to - view.from);
  const x = (time_s) => gutter + (time_s - view.from) * scale;
  context.clearRect(0, 0, width, height(lanes));
  ticks(context, { x, view, width, gutter, lanes, colours, label });
  let drawn = 0;
  lanes.forEach((lane, row) => { drawn += bars(context, lane, row * LANE_PX, x, { width, gutter, colours, hover }); });
  names(context, lanes, gutter, colours);
  pointer(context, x(at), height(lanes), { width, gutter, colours });
  return drawn;
}

function bars(context, lane, top, x, { width, gutter, colours, hover }) {
  let drawn = 0;
  let covered = -1;
  context.fillStyle = colours.tone(lane.name);
  for (const bar of lane.bars) {
    const left = Math.max(gutter, x(bar.start_s));
    const right = Math.min(width, Math.max(x(bar.end_s) - 1, left + MIN_BAR_PX));
    if (right <= gutter || left >= width || right <= covered) continue;
    const from = left < covered ? covered : left;
    context.globalAlpha = bar.faint ? 0.45 : 1;
    if (bar === hover) context.fillStyle = colours.ink;
    box(context, from, top + (LANE_PX - BAR_PX) / 2, right - from, BAR_PX);
    if (bar === hover) context.fillStyle = colours.tone(lane.name);
    covered = right + (right - from > 6 ? 1 : 0);
    drawn += 1;
  }
  context.globalAlpha = 1;
  return drawn;
}

function box(context, left, top, width, tall) {
  context.beginPath();
  context.roundRect(left, top, width, tall, Math.min(2, width / 2));
  context.fill();
}

function names(context, lanes, gutter, colours) {
  if (!gutter) return;
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = colours.soft;
  lanes.forEach((lane, row) => context.fillText(lane.label, 0, row * LANE_PX + LANE_PX / 2, gutter - 8));
}

function ticks(context, { x, view, width, gutter, lanes, colours, label }) {
  const wide = (width - gutter) / (view.to - view.from);
  const step_s = STEPS_S.find((step) => step * wide >= 84) ?? STEPS_S.at(-1);
  const bottom = lanes.length * LANE_PX;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.fillStyle = colours.soft;
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "alphabetic";
  context.beginPath();
  for (let row = 0; row <= lanes.length; row += 1) {
    context.moveTo(gutter, row * LANE_PX + 0.5);
    context.lineTo(width, row * LANE_PX + 0.5);
  }
  for (let number = Math.ceil(view.from / step_s); number * step_s <= view.to; number += 1) {
    const left = Math.round(x(number * step_s)) + 0.5;
    context.moveTo(left, 0);
    context.lineTo(left, bottom + 4);
    context.textAlign = left - gutter < 20 ? "left" : left > width - 40 ? "right" : "center";
    context.fillText(label(number * step_s, step_s), left, bottom + 16);
  }
  context.stroke();
}

function pointer(context, left, tall, { width, gutter, colours }) {
  if (left < gutter - 1 || left > width + 1) return;
  const at = Math.min(width - 1.5, Math.max(gutter + 1, left));
  context.fillStyle = colours.pencil;
  context.fillRect(at - 1, 0, 2, tall - AXIS_PX + 4);
  context.beginPath();
  context.moveTo(at - 5, 0);
  context.lineTo(at + 5, 0);
  context.lineTo(at, 7);
  context.fill();
}
