// Makes elements out of data. Whatever is given as a child becomes text, never HTML.

export const byId = (id) => document.getElementById(id);

/** An element: `h("p", {class: "soft", onclick: f}, "text", child)`; false and null are left out. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return fill(node, ...children);
}

/** Put children in place of what a node holds. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function swapIcon(button, name, label) {
  button.querySelector("use").setAttribute("href", `#i-${name}`);
  button.setAttribute("aria-label", label);
}

/** A file's name that may be broken behind its separators. */
export const fileName = (name) =>
  name.split(/(?<=[/_.\\-])/).flatMap((part, index) => (index ? [document.createElement("wbr"), part] : [part]));

let timer = 0;

/** Announce to a screen reader, at most about once a second: the last word counts. */
export function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => { byId("told").textContent = text; }, 700);
}

/** A function that runs once things have been quiet for `wait_ms`. */
export function settled(run, wait_ms) {
  let waiting = 0;
  return (...given) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => run(...given), wait_ms);
  };
}
