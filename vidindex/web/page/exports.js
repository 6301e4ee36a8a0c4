// Menus of download links: the hits of a search, a set of marks, a video, in every format.

import { exported, get } from "/page/api.js";
import { fill, h } from "/page/dom.js";

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

/** Open menus close when the reader goes elsewhere. */
export function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}
