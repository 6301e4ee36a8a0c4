// What leaves as a file: hits, sets of marks and videos in every format, and exact clips.

import { clip, exported, get } from "/page/api.js";
import { announce, fill, h } from "/page/dom.js";

let formats = null;

export function exportMenu(label, what) {
  const list = h("ul", { class: "pop" });
  const menu = h("details", { class: "menu" }, h("summary", {}, label), list);
  menu.addEventListener("toggle", async () => {
    if (!menu.open || list.children.length) return;
    formats ??= get("/formats");
    const known = await formats.catch(() => { formats = null; return []; });
    fill(list, known.map((one) => h("li", {}, h("a", { href: exported({ format: one.name, ...what }), download: true }, one.label,
      h("span", { class: "soft" }, ` ${one.suffix}`)))));
  });
  return menu;
}

/** A button that cuts a stretch and saves it; stretch(): {video_id, start_s, end_s} when it is pressed. */
export function clipButton(stretch, failed) {
  const button = h("button", { type: "button", class: "plain small" }, "Clip");
  button.addEventListener("click", async () => {
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    button.textContent = "Cutting…";
    announce("cutting a clip");
    try {
      const { video_id, ...span } = stretch();
      save(await clip(video_id, span));
      announce("the clip is saved");
    } catch (error) {
      failed(error);
    } finally {
      button.removeAttribute("aria-disabled");
      button.textContent = "Clip";
    }
  });
  return button;
}

function save({ blob, name }) {
  const href = URL.createObjectURL(blob);
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Open menus close when the reader goes elsewhere. */
export function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}
