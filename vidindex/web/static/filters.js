// Filter by camera, day, hours, kind of text, file and part; the address holds the choice.

import { get } from "/page/api.js";
import { fill, h, settled } from "/page/dom.js";
import { chooseSet, currentSet, sets } from "/page/marks.js";
import { narrowed, state, wide } from "/page/state.js";
import { hoursMenu, partMenu } from "/page/times.js";
import { CHANNELS, count, shown } from "/page/format.js";

let facets = { cameras: [], days: [], channels: [], files: 0 };

export async function loadFacets() { facets = await get("/facets"); }

/** change(part of the state): the reader has chosen something else. */
export function drawFilters(root, change) {
  const now = state();
  const chosen = narrowed();
  root.dataset.chosen = chosen ? "yes" : "";
  fill(root,
    facets.cameras.length > 0 && menu("Camera", "camera", facets.cameras.map((one) => [one.name, shown(one.name), count(one.videos, "file")]), change),
    facets.days.length > 0 && menu("Day", "day", facets.days.map((day) => [day, day, ""]), change),
    facets.days.length > 0 && hoursMenu(change),
    menu("Kind", "channel", facets.channels.map((one) => [one, CHANNELS[one] ?? one, ""]), change),
    fileBox(change),
    partMenu(change),
    h("label", { class: "check" }, box(now.thorough, (on) => change({ thorough: on })), "check more"),
    chosen && h("button", { type: "button", class: "plain small", onclick: () => change(wide()) }, "Clear"),
    h("span", { class: "grow" }),
    setBox());
}

const box = (on, changed) => {
  const input = h("input", { type: "checkbox" });
  input.checked = on;
  input.addEventListener("change", () => changed(input.checked));
  return input;
};

function menu(label, name, options, change) {
  const chosen = new Set(state()[name]);
  const text = chosen.size === 0 ? label : chosen.size === 1 ? `${label}: ${options.find(([value]) => chosen.has(value))?.[1] ?? shown([...chosen][0])}` : `${label}: ${chosen.size}`;
  const summary = h("summary", { class: chosen.size ? "on" : "" }, text);
  const node = h("details", { class: "menu", data: { menu: name } }, summary, h("ul", { class: "pop" },
    options.map(([value, text, extra], index) => h("li", {}, h("label", { class: "check" },
      box(chosen.has(value), (on) => {
        if (on) chosen.add(value);
        else chosen.delete(value);
        change({ [name]: [...chosen] }, `[data-menu="${name}"] li:nth-child(${index + 1}) input`);
      }), h("bdi", {}, text), extra && h("span", { class: "soft small" }, extra))))));
  return node;
}

function fileBox(change) {
  const input = h("input", { type: "search", class: "narrow", "aria-label": "Only files whose name holds", placeholder: "file", value: state().file.join(" ") });
  input.addEventListener("input", settled(() => change({ file: input.value.split(/\s+/).filter(Boolean) }, "#filters input.narrow"), 500));
  return input;
}

/** The set that marks go to; a new name makes a new set. */
function setBox() {
  const list = h("datalist", { id: "set-names" });
  const input = h("input", { class: "narrow", id: "set-box", list: "set-names", placeholder: "unnamed", maxlength: "100", autocomplete: "off", value: currentSet() });
  sets().then((known) => fill(list, known.filter((one) => one.name).map((one) => h("option", { value: one.name })))).catch(() => {});
  input.addEventListener("change", () => chooseSet(input.value.trim()).catch(() => {}));
  return h("label", { class: "set-box soft small writes" }, "marks go to ", input, list);
}
