// What single keys do, and the page that says so; can be switched off.

import { byId, fill, h } from "/page/dom.js";

const KEYS = [
  ["/", "search"], ["j  k", "next, previous hit (also ↓ ↑)"], ["Enter", "go there; again: play the moment"],
  ["space", "play, pause"], [",  .", "one frame back, on"], ["←  →", "one second (Shift: ten)"], ["[  ]", "previous, next event"],
  ["m", "keep the hit"], ["x", "reject it"], ["n", "write a note"], ["e", "its evidence"], ["c", "a clip of it"], ["+  −  0", "zoom the strip; whole"],
  ["f", "full screen"], ["t", "light, dark"], ["Esc", "close the player"], ["?", "this page"],
];
const WRITING = "input:not([type=checkbox]):not([type=radio]), textarea, select";

const remember = (on) => { try { localStorage.setItem("keys", on ? "on" : "off"); } catch { /* a private window forgets */ } };
const recall = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };

/** actions: by key; an action that returns false has not used the key. */
export function listen(actions) {
  const on = byId("keys-on");
  on.checked = recall();
  on.addEventListener("change", () => remember(on.checked));
  fill(byId("key-list"), KEYS.map(([key, does]) => h("div", {}, h("dt", {}, key.split("  ").map((one) => h("kbd", {}, one))), h("dd", {}, does))));
  byId("help").addEventListener("click", () => byId("help-dialog").showModal());
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    const writing = event.target.matches?.(WRITING);
    if (writing && event.key !== "Escape") return;
    if (!on.checked && event.key.length === 1) return;
    if (event.target.matches?.("input") && (event.key === " " || event.key.startsWith("Arrow"))) return;
    const action = actions[event.key];
    if (action && action(event) !== false) event.preventDefault();
  });
}

const mains = () => [...document.querySelectorAll("#finds [data-main]")].filter((one) => one.offsetParent !== null);

export const itemInFocus = () => document.activeElement?.closest?.("#finds [data-item]") ?? null;

/** Move the focus to the next or the previous thing that was found. */
export function moveFocus(by) {
  const all = mains();
  if (!all.length) return false;
  const from = itemInFocus() ?? document.querySelector("#finds [data-item][aria-current]");
  const index = all.findIndex((one) => from?.contains(one));
  const next = all[index < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, index + by))];
  next.focus();
  next.closest("[data-item]").scrollIntoView({ block: "nearest" });
  return true;
}
