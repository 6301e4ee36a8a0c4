// How far an ingest is, as long as one runs; says once when it has ended.

import { stream } from "/page/api.js";
import { fill, h } from "/page/dom.js";
import { count, duration, shown } from "/page/words.js";

/** ended(): something new may be in the library. */
export function watchIngest(root, ended) {
  let running = false;
  stream("/progress", {}, {
    progress: (now) => {
      root.hidden = !now.running;
      if (now.running) fill(root, ...line(now));
      if (running && !now.running) ended();
      running = now.running;
    },
  });
}

function line(now) {
  const share = now.total ? now.done / now.total : null;
  const meter = h("progress", { class: "meter", max: "1", "aria-label": "Ingest", value: share === null ? null : String(share) });
  const parts = [
    `indexing: ${shown(now.stage)}`,
    now.total ? `${Math.floor(100 * share)}%` : now.done ? count(now.done, shown(now.unit), shown(now.unit)) : "",
    now.eta_s ? `about ${duration(now.eta_s)} left` : "",
    now.file ? shown(now.file) : "",
  ];
  return [meter, h("bdi", {}, parts.filter(Boolean).join(" · "))];
}
