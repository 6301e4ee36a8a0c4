// How far an ingest is, as long as one runs; says once when it has ended, and why it failed.

import { stream } from "/page/api.js";
import { fill, h } from "/page/dom.js";
import { count, duration, shown } from "/page/format.js";

/** failed(error); ended(): something new may be in the library. */
export function watchIngest(root, failed, ended) {
  let running = false;
  let known = null; // a failure from before the page was opened is no news
  stream("/progress", {}, {
    progress: (now) => {
      root.hidden = !now.running;
      if (now.running) fill(root, ...line(now));
      if (running && !now.running) ended();
      running = now.running;
      const wrong = running ? "" : now.notes.join("; ");
      if (wrong && known !== null && wrong !== known) failed({ message: `indexing failed: ${wrong}` });
      known = wrong;
    },
  });
}

function line(now) {
  const share = now.total ? now.done / now.total : null;
  const meter = h("progress", { class: "meter", max: "1", "aria-label": "Ingest", value: share === null ? null : String(share) });
  const parts = [
    now.stage ? `indexing: ${shown(now.stage)}` : "indexing begins",
    now.total ? `${Math.floor(100 * share)}%` : now.done ? count(now.done, shown(now.unit), shown(now.unit)) : "",
    now.eta_s ? `about ${duration(now.eta_s)} left` : "",
    now.file ? shown(now.file) : "",
  ];
  return [meter, h("bdi", {}, parts.filter(Boolean).join(" · "))];
}
