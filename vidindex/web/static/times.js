// Narrowing by the hours of the wall clock and by a part of each file: two menus with a form.

import { h } from "/page/dom.js";
import { state } from "/page/state.js";

const MEDIA_TIME = "(\\d+:){0,2}\\d+(\\.\\d+)?";

/** change(part of the state, selector of what keeps the focus). */
export function hoursMenu(change) {
  const field = (name, label) => ({ name, label, attributes: { type: "datetime-local", step: "1" } });
  const format = (text) => text.replace("T", " ");
  return menu("Hours", [field("since", "From"), field("until", "Up to")], format, "The wall clock of each camera, in its own time zone.", change);
}

export function partMenu(change) {
  const attributes = { type: "text", inputmode: "numeric", maxlength: "20", pattern: MEDIA_TIME, placeholder: "00:01:30", autocomplete: "off", title: "seconds, or 01:30, or 00:01:30.5" };
  const fields = [{ name: "start", label: "From", attributes }, { name: "end", label: "Up to", attributes }];
  return menu("Part", fields, (text) => text, "The time from the beginning of each file.", change);
}

function menu(title, [first, last], format, hint, change) {
  const now = state();
  const [from, to] = [format(now[first.name]), format(now[last.name])];
  const chosen = from && to ? `${from} – ${shortened(to, from)}` : from ? `from ${from}` : to && `up to ${to}`;
  const name = title.toLowerCase();
  const inputs = [first, last].map((one) => h("input", { ...one.attributes, name: one.name, value: now[one.name] }));
  const apply = (event) => {
    event.preventDefault();
    change(Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])), `[data-menu="${name}"] summary`);
  };
  const clear = () => change({ [first.name]: "", [last.name]: "" }, `[data-menu="${name}"] summary`);
  return h("details", { class: "menu", data: { menu: name } },
    h("summary", { class: chosen ? "on" : "" }, chosen ? `${title}: ${chosen}` : title),
    h("form", { class: "pop fields", onsubmit: apply },
      [first, last].map((one, index) => h("label", {}, h("span", {}, one.label), inputs[index])),
      h("p", { class: "soft small" }, hint),
      h("p", { class: "right" }, chosen && h("button", { type: "button", class: "plain", onclick: clear }, "Any"), h("button", { class: "quiet" }, "Narrow"))));
}

/** The day once, where both are of the same one. */
const shortened = (to, from) => (to.length > 10 && to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to);
