// Put the page together: the address decides what is shown, and every part learns of it here.

import { get, onLogin, post, video } from "/page/api.js";
import { offerCalibration } from "/page/calibration.js";
import { AskView } from "/page/ask.js";
import { BrowseView, filmFacts } from "/page/video_list.js";
import { announce, byId, fileName, fill, h } from "/page/dom.js";
import { closeMenus, exportMenu } from "/page/exports.js";
import { startExamples } from "/page/examples.js";
import { drawFilters, loadFacets } from "/page/filters.js";
import { TimelineEvents } from "/page/timeline_events.js";
import { itemInFocus, listen, moveFocus } from "/page/keys.js";
import { currentSet, loadMarks } from "/page/marks.js";
import * as player from "/page/player.js";
import { watchIngest } from "/page/progress.js";
import { SearchView } from "/page/search.js";
import { SetsView } from "/page/mark_sets.js";
import { go, onReturn, sameList, state } from "/page/state.js";
import { Transcript } from "/page/transcript.js";
import { coverage, shown } from "/page/format.js";

const finds = byId("finds");
const words = byId("words");
let view = null;
let moment = null; // the hit that the player shows

const timelineEvents = new TimelineEvents({ seek: player.seek, failed });
const transcript = new Transcript({ seek: player.seek, failed });
player.onTime((at_s) => transcript.follow(at_s));
const tools = {
  play, failed, goTo: (id, at_s) => openFilm(id, at_s), covers,
  ended: (moments) => timelineEvents.showHits(moments),
  search: (text) => ask({ q: text, like: [], mode: "", view: "" }),
  thorough: () => ask({ thorough: true }),
  like: (like) => ask({ like, mode: "", view: "" }),
};

/** Show the list that the address asks for. */
function drawList() {
  const now = state();
  if (view || now.q || now.like.length) { // else somebody may be typing already
    words.value = now.q;
    byId("form").elements.mode.value = now.mode === "ask" ? "ask" : "find";
  }
  view?.close();
  document.title = now.q ? `${shown(now.q)} – vidindex` : "vidindex";
  byId("open-marks").setAttribute("aria-current", String(now.view === "marks"));
  drawFilters(byId("filters"), filtered);
  timelineEvents.showHits([]);
  covers([]);
  finds.className = "finds";
  if (now.view === "marks") view = new SetsView(finds, now.set, tools);
  else if (!now.q && !now.like.length) { finds.classList.add("browse"); view = new BrowseView(finds, tools); standing(view); }
  else view = now.mode === "ask" && now.q ? new AskView(finds, now, tools) : new SearchView(finds, now, tools);
}

function ask(changes) {
  go({ view: "", ...changes });
  drawList();
  finds.scrollTop = 0;
}

/** Another filter was chosen with the control that `selector` finds, which keeps the focus. */
function filtered(changes, selector) {
  ask({ ...changes, view: state().view });
  const control = selector && document.querySelector(selector);
  if (!control) return;
  if (!control.matches("summary")) control.closest("details")?.setAttribute("open", "");
  control.focus();
  if (control.type === "search") control.setSelectionRange(control.value.length, control.value.length);
}

/** Go to a hit, a citation, a mark or a film; the same hit again plays its stretch. */
function play(one) {
  const stretch = one.verdict?.span;
  if (stretch && one === moment && player.current()?.video_id === one.video_id) { player.playSpan(stretch); return; }
  moment = stretch ? one : null;
  for (const item of finds.querySelectorAll("[data-item][aria-current]")) item.removeAttribute("aria-current");
  itemInFocus()?.setAttribute("aria-current", "true");
  openFilm(one.video_id, stretch?.start_s ?? 0);
}

async function openFilm(id, at_s, { quietly = false } = {}) {
  go({ v: id, t: at_s }, { quietly: quietly || state().v === id });
  const known = player.current();
  if (known?.video_id === id) { player.seek(at_s); return; }
  if (!known) fill(byId("film"), "opening…");
  byId("viewer").hidden = false;
  byId("desk").classList.add("open");
  try {
    const film = await get(video(id));
    if (state().v !== id) return;
    fill(byId("film"), h("bdi", {}, fileName(shown(film.name))));
    fill(byId("film-facts"), filmFacts(film), film.notes.map((note) => h("span", { class: "warn" }, ` · ${shown(note)}`)));
    fill(byId("film-tools"), exportMenu("Export", { what: "video", video_id: id }));
    timelineEvents.open(film);
    transcript.open(film);
    await player.open(film, at_s);
  } catch (error) {
    failed(error);
    if (!player.current()) closeFilm();
  }
}

function closeFilm(keepAddress = false) {
  player.close();
  moment = null;
  if (!keepAddress) go({ v: "", t: 0 });
  byId("viewer").hidden = true;
  byId("desk").classList.remove("open");
}

function covers(parts) {
  fill(byId("coverage"), parts.map((part, index) => [index ? "; " : "", h("span", { class: index ? "" : "first" }, part)]).flat());
}

/** What the library is; shown with `asked`, the view of all videos, where that is shown. */
async function standing(asked = null) {
  try {
    const now = await get("/status");
    document.body.classList.toggle("read-only", !now.writable);
    byId("log-out").hidden = !now.has_session;
    document.body.classList.toggle("no-examples", !now.by_example);
    if (!asked || view !== asked) return; // a search says itself what it rests on
    const parts = coverage(now.coverage);
    view.showFailures(now.failures);
    view.showRoots(now.ingest_roots);
    covers(now.model ? parts : [...parts, now.by_example
      ? "no vision model here: frames are compared by vectors, and only on-screen text is checked"
      : "no model here: only texts are searched, and only on-screen text is checked"]);
  } catch (error) {
    failed(error);
  }
}

function failed(error) {
  if (error.name === "AbortError") return;
  const message = [error.message, error.hint].filter(Boolean).map(shown).join("; ");
  const toast = h("p", { class: "toast", role: "alert" }, message, h("button", { type: "button", class: "plain small", onclick: () => toast.remove() }, "Close"));
  document.querySelector(".toast")?.remove();
  document.body.append(toast);
}

/** Ask for a token; the page starts again with it. */
function login() {
  if (!byId("login").open) byId("login").showModal();
}

async function logIn(event) {
  event.preventDefault();
  try {
    await post("/login", { token: byId("token").value });
    location.reload();
  } catch (error) {
    byId("login-error").textContent = error.message;
  }
}

async function logOut() {
  try {
    await post("/logout", {});
    location.reload();
  } catch (error) {
    failed(error);
  }
}

const aHit = (act) => () => {
  const item = itemInFocus() ?? finds.querySelector("[data-item][aria-current]");
  return item?.hit ? act(item.hit) : false;
};
const inList = (by) => (event) => (event.target.closest("#viewer") ? false : moveFocus(by));
const inPlayer = (act) => (event) => (player.current() ? act(event) : false);

function keys() {
  const space = inPlayer((event) => {
    const item = event.target.closest?.("[data-main]");
    if (event.target.matches?.("button, summary, a, input") && !item) return false;
    return player.toggle();
  });
  const by = (sign) => inPlayer((event) => player.seek(player.position() + sign * (event.shiftKey ? 10 : 1)));
  const neighbour = (sign) => inPlayer(() => {
    const start_s = timelineEvents.neighbour(sign, player.position());
    return start_s === undefined ? false : player.seek(start_s);
  });
  listen({
    "/": () => words.select() ?? words.focus(), "?": () => byId("help-dialog").showModal(), t: () => window.toggleTheme(),
    j: () => moveFocus(1), k: () => moveFocus(-1), ArrowDown: inList(1), ArrowUp: inList(-1),
    m: aHit((hit) => { hit.say("keep"); }), x: aHit((hit) => { hit.say("reject"); }), n: aHit((hit) => { hit.writeNote(); }), e: aHit((hit) => { hit.expand(); }),
    c: aHit((hit) => { hit.clipper.click(); }),
    " ": space, ",": inPlayer(() => { player.step(-1); }), ".": inPlayer(() => { player.step(1); }),
    ArrowLeft: by(-1), ArrowRight: by(1), "[": neighbour(-1), "]": neighbour(1), f: inPlayer(player.fullScreen),
    "+": inPlayer(() => timelineEvents.strip.zoom(0.5)), "-": inPlayer(() => timelineEvents.strip.zoom(2)), 0: inPlayer(() => timelineEvents.strip.whole()),
    Escape: escape,
  });
}

function escape(event) {
  const menu = document.querySelector("details.menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  else if (event.target.matches("input")) event.target.blur();
  else if (player.current()) closeFilm();
  else return false;
  return true;
}

function start() {
  onLogin(login);
  byId("login-form").addEventListener("submit", logIn);
  byId("log-out").addEventListener("click", logOut);
  offerCalibration(byId("open-calibration"), failed);
  player.start();
  startExamples((like) => tools.like([like]), failed);
  player.onTime((at_s) => timelineEvents.stand(at_s));
  player.screen.addEventListener("pause", () => { if (player.current()) go({ t: player.position() }, { quietly: true }); });
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const asks = byId("form").elements.mode.value === "ask";
    ask({ q: words.value.trim(), like: asks ? [] : state().like, mode: byId("form").elements.mode.value === "ask" ? "ask" : "" });
  });
  byId("home").addEventListener("click", (event) => {
    event.preventDefault();
    closeFilm(true);
    ask({ q: "", like: [], mode: "", v: "", t: 0 });
  });
  byId("open-marks").addEventListener("click", () => ask({ view: state().view === "marks" ? "" : "marks", set: currentSet() }));
  byId("narrow").addEventListener("click", () => {
    byId("narrow").setAttribute("aria-expanded", String(byId("filters").classList.toggle("unfolded")));
  });
  byId("theme").addEventListener("click", () => window.toggleTheme());
  byId("close").addEventListener("click", () => closeFilm());
  addEventListener("click", closeMenus);
  keys();
  onReturn((before, now) => {
    if (!sameList(before, now)) drawList();
    if (now.v) openFilm(now.v, now.t, { quietly: true });
    else closeFilm(true);
  });
  watchIngest(byId("ingest"), failed, () => {
    announce("indexing has ended");
    // What somebody is reading stays as it is; a list of videos becomes longer.
    loadFacets().then(() => (state().q || state().like.length || state().view ? drawFilters(byId("filters"), filtered) : drawList())).catch(failed);
  });
  standing();
  Promise.all([loadFacets(), loadMarks()]).catch(failed).finally(() => {
    if (view) drawFilters(byId("filters"), filtered);
    else drawList();
    if (state().v) openFilm(state().v, state().t, { quietly: true });
  });
}

start();
