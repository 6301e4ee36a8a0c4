// Index what is below the folders that the server was started with.

import { post } from "/page/api.js";
import { announce, h } from "/page/dom.js";
import { shown } from "/page/format.js";

/** roots: paths of folders; failed(error). The server reports the progress itself. */
export function addMenu(roots, failed) {
  const root = h("select", { name: "root" }, roots.map((one) => h("option", { value: one }, shown(one))));
  const below = h("input", { type: "text", name: "below", maxlength: "2000", placeholder: "all of it", autocomplete: "off", spellcheck: "false" });
  const go = h("button", { class: "quiet" }, "Index");
  const menu = h("details", { class: "menu", data: { menu: "add" } }, h("summary", {}, "Index a folder"),
    h("form", { class: "pop fields", onsubmit: (event) => { event.preventDefault(); start(); } },
      h("label", {}, h("span", {}, "Folder"), root),
      h("label", {}, h("span", {}, "Below it"), below),
      h("p", { class: "soft small" }, "A folder or a file in it. What is known already is not done again."),
      h("p", { class: "right" }, go)));
  const start = async () => {
    go.disabled = true;
    try {
      await post("/ingest", { paths: [[root.value, below.value.trim()].filter(Boolean).join("/")] });
      announce("indexing has begun");
      menu.open = false;
      menu.querySelector("summary").focus();
    } catch (error) {
      failed(error);
    } finally {
      go.disabled = false;
    }
  };
  return menu;
}
