// The map of a project's pictures: brings points, painter, hands, keys and the list of the chosen together.

import { Changes } from "./changes.js";
import { Chosen, nameOf } from "./chosen.js";
import { Hands } from "./hands.js";
import { Keys } from "./keys.js";
import { Legend } from "./legend.js";
import { Painter } from "./painter.js";
import { Points } from "./points.js";
import { fill, labels, plural, say, words } from "./words.js";

const NEAR = 14; // pixels between a pointer and its picture
const NOBODY = "00000000-0000-0000-0000-000000000000";
const root = document.querySelector("[data-map]");
const view = root.querySelector("[data-view]");
const canvas = view.querySelector("[data-canvas]");
const hover = view.querySelector("[data-hover]");
const says = view.querySelector("[data-says]");
const { dataset } = root;
const thumbOf = (id) => dataset.thumb.replace(NOBODY, id);

const painter = new Painter(canvas, labels, thumbOf);
const legend = new Legend(view.querySelector("[data-legend]"), labels, painter, filter);
const chosen = new Chosen(view.querySelector("[data-chosen]"), { thumb: thumbOf, way: (id) => dataset.way.replace(NOBODY, id) }, { out: (at) => choose([at], 0) });
const changes = new Changes({ address: dataset.changes, project: dataset.project, points: () => painter.points, on: { changed: altered, sent: () => htmx.trigger(document.body, "map-changed") } });
const hands = new Hands(canvas, painter, { pick, hover: point, lasso: (path, isOut) => choose(painter.points.inside(path), isOut ? 0 : 1) });
new Keys(canvas, painter, {
  tell,
  toggle: (at) => at >= 0 && toggle(at),
  frame: (path) => choose(painter.points.inside(path), 1),
  all: () => choose(painter.seen(), 1),
  none: () => choose(those(), 0),
  undo: () => changes.undo(),
  say: (word) => announce(words[word]),
});
let version = null; // of the layout that is shown; null before the page has looked
let isAnnounced = null;

const those = () => painter.points.those((at) => painter.points.chosen[at]);

// ---------- What is on the map ----------

async function load() {
  const state = document.getElementById("map-state").dataset.version;
  const isNews = version !== null; // the lists of the page came with the first one
  if (state === version) return;
  version = state;
  if (!state) return;
  const answer = await fetch(dataset.points).catch(() => null);
  if (state !== version) return; // a better layout has come meanwhile
  if (!answer?.ok) {
    version = null;
    return say(words.lost, { bad: true });
  }
  receive(new Points(await answer.arrayBuffer(), labels));
  if (isNews) htmx.trigger(document.body, "map-changed");
}

function receive(points) {
  const before = painter.points;
  view.hidden = !points.count;
  if (before) for (const at of before.those((one) => before.chosen[one])) if (points.at.has(before.id(at))) points.chosen[points.at.get(before.id(at))] = 1;
  painter.show(points);
  filter();
}

// After a press on the legend, or when labels have changed: what is hidden is not chosen either.
function filter() {
  legend.apply(painter.points);
  altered();
}

function altered() {
  const { points } = painter;
  legend.apply(points);
  for (let at = 0; at < points.count; at += 1) if (!points.shown[at]) points.chosen[at] = 0;
  if (painter.cursor >= 0 && !points.shown[painter.cursor]) painter.cursor = -1;
  legend.count(points);
  chosen.show(points);
  painter.soon();
}

// ---------- What is chosen ----------

function choose(some, is) {
  const { points } = painter;
  for (const at of some) if (points.shown[at]) points.chosen[at] = is;
  const count = chosen.show(points).length;
  announce(plural(words.chosen, count));
  painter.soon();
}

function toggle(at) {
  choose([at], painter.points.chosen[at] ? 0 : 1);
  announce(`${spoken(at)}. ${plural(words.chosen, those().length)}`);
}

function under(left, top) {
  return painter.points ? painter.points.nearest(...painter.placeOf(left, top), NEAR / painter.scale) : -1;
}

function pick(left, top) {
  const at = under(left, top);
  if (at < 0) return point();
  painter.cursor = at;
  toggle(at);
  point(left, top);
}

// ---------- What is said and shown of one picture ----------

function spoken(at) {
  const { points } = painter;
  const name = points.aside[at] ? `${nameOf(points.label[at])}, ${words.aside}` : nameOf(points.label[at]);
  return fill(words.pointed, { name, state: points.chosen[at] ? words.is_chosen : words.is_not });
}

function announce(sentence) {
  clearTimeout(isAnnounced);
  isAnnounced = setTimeout(() => (says.textContent = says.textContent === sentence ? `${sentence}\u00a0` : sentence), 120); // of many in a row the last is said
}

function tell(at) {
  announce(spoken(at));
  show(at);
}

function point(left, top) {
  const at = left === undefined ? -1 : under(left, top);
  canvas.classList.toggle("on-a-picture", at >= 0);
  if (at < 0) hover.hidden = true;
  else show(at);
}

function show(at) {
  const { points } = painter;
  const address = thumbOf(points.id(at));
  const image = hover.querySelector("img");
  if (image.getAttribute("src") !== address) image.src = address;
  hover.querySelector("[data-name]").textContent = points.aside[at] ? `${nameOf(points.label[at])} ・ ${words.aside}` : nameOf(points.label[at]);
  hover.querySelector(".dot").dataset.hue = labels[points.label[at]]?.hue ?? "";
  hover.hidden = false;
  const [left, top] = [painter.across(points.x[at]), painter.down(points.y[at])];
  const { offsetWidth: width, offsetHeight: height } = hover;
  const beside = left + 20 + width < painter.width ? left + 20 : left - 20 - width;
  hover.style.translate = `${Math.max(4, beside)}px ${Math.max(4, Math.min(painter.height - height - 4, top - height / 2))}px`;
}

// ---------- Buttons ----------

const acts = {
  in: () => painter.zoom(1.6),
  out: () => painter.zoom(1 / 1.6),
  whole: () => painter.whole(),
  none: () => choose(those(), 0),
  more: () => chosen.more(painter.points),
  move: () => change("move", view.querySelector("[data-to]").value),
  aside: () => change("aside"),
  keep: () => change("keep"),
  undo: () => changes.undo(),
};

function change(verb, to) {
  const some = those();
  painter.points.chosen.fill(0);
  changes.make(verb, some, to);
  canvas.focus({ preventScroll: true }); // the list, and the button that had the focus, is gone
}

function hold(button) {
  hands.kind = button.dataset.hand;
  for (const one of view.querySelectorAll("[data-hand]")) one.setAttribute("aria-pressed", String(one === button));
  canvas.classList.toggle("drawing", hands.kind === "lasso");
}

function region(number) {
  const { points } = painter;
  const some = points.those((at) => points.region[at] === number && points.shown[at]);
  choose(some, 1);
  if (some.length) painter.go(...["x", "y"].map((axis) => some.reduce((sum, at) => sum + points[axis][at], 0) / some.length));
  canvas.scrollIntoView({ block: "center" });
  canvas.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-hand], [data-choose-region]");
  if (!button || !painter.points) return;
  if (button.dataset.hand) hold(button);
  else if (button.dataset.chooseRegion) region(Number(button.dataset.chooseRegion));
  else acts[button.dataset.do]();
});
document.addEventListener("htmx:afterSettle", load);
load();
