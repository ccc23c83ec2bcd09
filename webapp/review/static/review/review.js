// The review page: a grid of all pictures. What somebody does shows at once and is sent in the background.

import { dialog, isBig, openBig, paintBig } from "./big.js";
import { fill, labels, paintDoubt, paintPicture, plural, set, spoken, thumbOf, words } from "./cells.js";
import { Choice } from "./choice.js";
import { Grid } from "./grid.js";
import { listen, listenAnywhere } from "./keys.js";
import { Pictures } from "./pictures.js";
import { Queue } from "./queue.js";
import { say, showState } from "./saying.js";
import { longPress } from "./touch.js";

const GRACE_MS = 8000; // how long a deletion can still be taken back
const MOST = 10_000; // pictures of one change; more are several
const root = document.querySelector("[data-review]");
const box = root.querySelector("[data-grid]");
const tools = root.querySelector("[data-tools]");
const sure = document.querySelector("[data-sure]");
const isDoubts = root.dataset.show === "wrong_label";
const total = () => Math.max(Number(root.dataset.total), pictures.all.length);

const pictures = new Pictures(root.dataset.pictures, { show: root.dataset.show, label: root.dataset.label }, arrived);
const choice = new Choice(pictures);
const grid = new Grid(box, document.querySelector(isDoubts ? "[data-doubt]" : "[data-cell]"), isDoubts ? doubtShape : pictureShape, paint);
const queue = new Queue(root.dataset.changes, `review:${root.dataset.project}`, { done, state: showState, idle: () => htmx.trigger(document.body, "review-changed") });
const taken = []; // what can be taken back: {key, do, before}

// ---------- How it looks ----------

function pictureShape(width) {
  const gap = 12;
  const columns = Math.max(3, Math.floor((width + gap) / ((width < 640 ? 104 : 132) + gap)));
  return { columns, height: Math.floor((width - gap * (columns - 1)) / columns) + 50 + gap };
}

function doubtShape(width) {
  return { columns: Math.max(1, Math.floor((width + 12) / 372)), height: 172 };
}

function paint(cell, index) {
  const picture = pictures.all[index];
  grid.thumbs.want(cell.querySelector("img"), thumbOf(picture));
  set(cell, "data-status", picture.gone ? "gone" : picture.status);
  set(cell, "aria-label", spoken(picture, index, total()));
  mark(cell, index);
  (isDoubts ? paintDoubt : paintPicture)(cell, picture);
}

function mark(cell, index) {
  set(cell, "aria-selected", String(choice.has(pictures.all[index].id)));
}

// After a change of pictures; after one of what is chosen, `tell` is enough.
function repaint() {
  grid.repaint(paint);
  grid.thumbs.go();
  tell();
}

function tell() {
  grid.repaint(mark);
  paintBig(pictures.all[grid.active]);
  const n = choice.size;
  root.classList.toggle("picking", n > 0);
  document.body.classList.toggle("picking-pictures", n > 0);
  tools.querySelector("[data-chosen]").textContent = n ? plural(words.chosen, n) : fill(words.place, { n: grid.active + 1, all: total() });
}

grid.margins = () => {
  const { top, bottom } = tools.getBoundingClientRect();
  const isAtFoot = getComputedStyle(tools).position === "fixed";
  return { above: isAtFoot ? 8 : bottom - Math.max(top, 0) + 16, below: isAtFoot && root.classList.contains("picking") ? innerHeight - top + 8 : 16 };
};
grid.onDraw = (last) => pictures.seen(last);

function arrived() {
  const isEmpty = !pictures.all.length;
  root.querySelector("[data-plain]").hidden = true;
  root.querySelector("[data-none]").hidden = !isEmpty;
  for (const part of [box, tools, root.querySelector("[data-hint]")]) part.hidden = isEmpty;
  grid.measure();
  grid.grow(pictures.all.length);
  repaint();
}

// ---------- What changes ----------

function newKey() {
  // Not crypto.randomUUID, which a page without https does not have.
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// What somebody has decided about is not called something else any more.
const settled = ({ flags }) => flags.filter((flag) => flag !== "off_topic");
const AFTER = {
  move: (picture, to) => ({ label: to, like: null, decided: "fixed", flags: settled(picture) }),
  aside: (picture) => ({ status: "set_aside", reason: "by_hand", like: null, decided: "aside", flags: settled(picture) }),
  keep: (picture) => ({ status: "ready", reason: "", decided: "right", flags: settled(picture) }),
  delete: () => ({ gone: true }),
  accept: (picture, to) => ({ label: to, like: null, decided: "fixed" }),
  dismiss: () => ({ like: null, decided: "right" }),
};
const ALTERS = {
  move: (picture, to) => picture.label !== to,
  aside: (picture) => picture.status === "ready",
  keep: (picture) => picture.status !== "ready" || picture.flags.includes("off_topic"),
  delete: () => true,
  accept: (picture) => picture.like,
  dismiss: (picture) => picture.like,
};

function change(verb, ids, to) {
  const changed = ids.map((id) => pictures.get(id)).filter((picture) => picture && ALTERS[verb](picture, to));
  if (!changed.length) return;
  const batch = newKey();
  for (const [label, some] of verb === "accept" ? byLike(changed) : [[to, changed]]) {
    for (let start = 0; start < some.length; start += MOST) step(verb, some.slice(start, start + MOST), label, batch);
  }
  choice.clear(grid.active);
  repaint();
  const said = plural(words.did[verb], changed.length);
  say(to ? fill(words.moved, { said, name: labels.find((label) => label.id === to).name }) : said, { undo: true });
}

// The label that was shown is the one that is sent: by now a check may think otherwise.
function byLike(changed) {
  const alike = new Map();
  for (const picture of changed) alike.set(picture.like, [...(alike.get(picture.like) ?? []), picture]);
  return alike;
}

function step(verb, changed, to, batch) {
  const asked = { key: newKey(), do: verb, pictures: changed.map((picture) => picture.id), to };
  taken.push({ key: asked.key, batch, do: verb, before: changed.map((picture) => ({ ...picture })) });
  changed.forEach((picture) => Object.assign(picture, AFTER[verb](picture, to)));
  if (verb === "delete") queue.hold(asked, GRACE_MS);
  else queue.push(asked);
}

function restore(before) {
  for (const picture of before) {
    const index = pictures.at.get(picture.id);
    if (index !== undefined) pictures.all[index] = picture;
  }
  repaint();
}

function undo() {
  let last = taken.pop();
  // What was deleted and has left is gone; before it there may be more to take back.
  while (last?.do === "delete" && !queue.drop(last.key)) last = taken.pop();
  if (!last) return queue.push({ key: newKey(), do: "undo" });
  takeBack(last);
  while (last.do !== "delete" && taken.at(-1)?.batch === last.batch) takeBack(taken.pop());
  const index = pictures.at.get(last.before[0].id);
  if (index !== undefined && !isBig()) grid.focus(index);
  say(words.undone);
}

function takeBack({ key, do: verb, before }) {
  restore(before);
  if (verb !== "delete" && !queue.drop(key)) queue.push({ key: newKey(), do: "undo", step: key, local: true });
}

// The answer of the server to one change.
function done(row, asked) {
  if (row.error) return refuse(row, asked);
  if (asked.do === "delete") return removed(asked);
  if (asked.do !== "undo" || asked.local) return;
  // Taken back from an earlier visit of the page: only the server knows what that was.
  restore(row.pictures);
  say(row.pictures.length ? words.undone : words.nothing);
}

function refuse(row, asked) {
  const at = taken.findIndex((step) => step.key === asked.key);
  if (at >= 0) restore(taken.splice(at, 1)[0].before);
  say(words[row.error] ?? row.error, { bad: true });
}

function removed({ key, pictures: ids }) {
  const before = pictures.all.slice(0, grid.active).filter((picture) => ids.includes(picture.id)).length;
  const at = taken.findIndex((step) => step.key === key);
  if (at >= 0) taken.splice(at, 1);
  pictures.remove(ids);
  root.dataset.total = Number(root.dataset.total) - ids.length;
  choice.clear();
  grid.active -= before;
  grid.clear();
  arrived();
  if (document.activeElement === document.body && pictures.all.length) grid.focus(grid.active);
}

// ---------- What is asked for ----------

function go(index) {
  const to = Math.max(0, Math.min(index, grid.count - 1));
  choice.clear(to);
  move(to);
}

function move(to) {
  if (isBig()) grid.activate(to);
  else grid.focus(to);
  if (isBig()) grid.show(to);
  tell();
}

function extend(index) {
  const to = Math.max(0, Math.min(index, grid.count - 1));
  choice.range(to);
  move(to);
}

const targets = () => choice.targets(grid.active);

function toggle() {
  const ids = targets();
  change(ids.some((id) => pictures.get(id).status === "ready") ? "aside" : "keep", ids);
}

function label(number) {
  if (labels[number - 1]) change("move", targets(), labels[number - 1].id);
  else say(fill(words.no_label, { n: number }));
}

async function remove() {
  const ids = targets();
  if (!ids.length) return;
  sure.querySelector("h2").textContent = plural(words.sure, ids.length);
  sure.returnValue = "";
  sure.showModal();
  await new Promise((closed) => sure.addEventListener("close", closed, { once: true }));
  if (sure.returnValue === "yes") change("delete", ids);
  if (!isBig()) grid.focus(grid.active);
}

function decide(verb) {
  if (!isDoubts) return;
  change(verb, targets());
  const next = pictures.all.findIndex((picture, index) => index > grid.active && picture.like && !picture.gone);
  if (next >= 0) go(next);
}

const on = {
  go,
  // A range by keys begins where the focus is, one by the mouse where it was.
  extend: (index) => {
    if (!choice.size) choice.clear(grid.active);
    extend(index);
  },
  toggle,
  label,
  remove,
  undo,
  yes: () => decide("accept"),
  no: () => decide("dismiss"),
  enter: () => (isDoubts && !isBig() ? decide("accept") : openBig(pictures.all[grid.active])),
  all: () => {
    choice.all();
    tell();
  },
  none: () => {
    if (isBig()) return dialog.close();
    choice.clear(grid.active);
    tell();
  },
  help: () => document.querySelector("[data-keys]").showModal(),
};

const acts = {
  move: (button) => change("move", targets(), button.dataset.to ?? button.value),
  aside: () => change("aside", targets()),
  keep: () => change("keep", targets()),
  delete: remove,
  accept: () => decide("accept"),
  dismiss: () => decide("dismiss"),
  clear: on.none,
  keys: on.help,
  undo,
  toggle,
};

function press(event) {
  const button = event.target.closest("[data-act]");
  if (!button || (button.matches("select") && event.type === "click")) return;
  const cell = button.closest(".cell");
  if (cell) go(Number(cell.dataset.index));
  acts[button.dataset.act](button);
  if (button.matches("select")) button.value = "";
  // The mouse goes back to the grid, so that its keys work; a keyboard stays where it is.
  else if (event.detail && !document.querySelector("dialog[open]")) grid.focus(grid.active);
}

const hand = longPress(box, (cell) => {
  if (!cell) return;
  choice.toggle(Number(cell.dataset.index));
  grid.activate(Number(cell.dataset.index));
  tell();
});

box.addEventListener("click", (event) => {
  const cell = event.target.closest(".cell");
  if (!cell || event.target.closest("[data-act]") || hand.isLong) return;
  const index = Number(cell.dataset.index);
  if (event.shiftKey) return extend(index);
  if (event.ctrlKey || event.metaKey || (hand.kind === "touch" && choice.size)) {
    choice.toggle(index);
    return move(index);
  }
  go(index);
  if (hand.kind === "touch") openBig(pictures.all[index]);
});
// However the focus came there: what has it is what keys act on.
box.addEventListener("focusin", (event) => {
  const index = Number(event.target.closest(".cell")?.dataset.index);
  if (index === grid.active || Number.isNaN(index)) return;
  grid.activate(index);
  tell();
});
box.addEventListener("dblclick", (event) => event.target.closest(".cell") && !event.target.closest("[data-act]") && openBig(pictures.all[grid.active]));

document.addEventListener("click", press);
document.addEventListener("click", (event) => event.target.closest("[data-answer]")?.closest("dialog").close(event.target.closest("[data-answer]").dataset.answer));
document.addEventListener("change", (event) => event.target.matches("select[data-act]") && event.target.value && press(event));
dialog.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (step) go(grid.active + Number(step.dataset.step));
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => grid.focus(grid.active));
listen(box, grid, on);
listen(dialog, grid, on);
listenAnywhere(on);
document.body.addEventListener("review-checked", () => {
  pictures.forget();
  grid.clear();
  pictures.more();
});

// The tab that one is at stays in sight, also on a phone.
function showTab() {
  const tab = root.querySelector(".tabs [aria-current]").getBoundingClientRect();
  const tabs = root.querySelector(".tabs");
  tabs.scrollLeft += tab.left + tab.width / 2 - innerWidth / 2;
}
document.body.addEventListener("htmx:oobAfterSwap", (event) => event.detail.target.id === "review-tabs" && showTab());

showTab();
pictures.more();
