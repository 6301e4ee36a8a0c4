// Ask which shipped queries do occur in this library, and calibrate with the others.

import { get, post } from "/page/api.js";
import { byId, fill, h } from "/page/dom.js";
import { count } from "/page/format.js";

const EVERY_MS = 1000;

let failed = () => {};

/** Make the dialog of `opener` work; tell_failed: what is called with errors. */
export function offerCalibration(opener, tell_failed) {
  failed = tell_failed;
  opener.addEventListener("click", open);
  byId("calibration-form").addEventListener("submit", start);
}

async function open() {
  try {
    const now = await get("/calibration");
    fill(byId("calibration-queries"), now.queries.map((query) => h("label", { class: "check" },
      h("input", { type: "checkbox", name: "occurs", value: query, checked: now.occurs.includes(query) }), ` ${query}`)));
    byId("help-dialog").close();
    byId("calibration").showModal();
    show(now);
    if (now.running) watch();
  } catch (error) {
    failed(error);
  }
}

async function start(event) {
  event.preventDefault();
  const occurs = [...byId("calibration-form").querySelectorAll("input:checked")].map((one) => one.value);
  try {
    await post("/calibration", { occurs });
    watch();
  } catch (error) {
    byId("calibration").close();
    failed(error);
  }
}

/** Show how far it is until it has ended, or nobody looks. */
async function watch() {
  while (byId("calibration").open) {
    try {
      const now = await get("/calibration");
      show(now);
      if (!now.running) return;
    } catch (error) {
      byId("calibration").close();
      failed(error);
      return;
    }
    await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
  }
}

function show(now) {
  byId("calibrate").disabled = now.running;
  byId("calibration-state").textContent = said(now);
}

function said(now) {
  if (now.running) return `${now.done} of ${count(now.total, "query", "queries")} checked; searches go between`;
  if (now.failure) return now.failure;
  return now.measured ?? "Not calibrated yet.";
}
