// The live page of a run: asks for what is new, often while it moves and seldom while it rests, and stops when it has ended.
import { openCurves } from "./curves.js";
import { bindOverlay, byEpoch } from "./overlay.js";

const FAST = 500, CALM = 1000, SLOW = 2000, HIDDEN = 15000, SAY_EVERY = 10000;
const board = document.querySelector("[data-run]");
const charts = board.querySelector("[data-charts]");
const words = JSON.parse(document.getElementById("words").textContent);
const rows = byEpoch(JSON.parse(document.getElementById("epochs").textContent));
const fill = (text, values) => Object.entries(values).reduce((out, [name, value]) => out.replace(`{${name}}`, value), text);
const set = (name, text) => board.querySelectorAll(`[data-live="${name}"]`).forEach((part) => (part.textContent = text));
const isLive = (status) => status === "queued" || status === "running";
let moved = Date.now(), said = 0, failures = 0, timer, others = [], curves;

const mainLines = () => ["val_", "train_"].map((part) => ({ rows, part, main: part === "val_", css: part === "val_" ? "slot-main" : "slot-train",
  name: fill(part === "val_" ? words.unseen : words.training, { number: board.dataset.number }) }));

function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds)), minutes = Math.floor(whole / 60);
  return fill(minutes ? words.minutes : words.seconds, { minutes, seconds: whole % 60 });
}

function right(run) {
  const share = run.best.val_accuracy, count = run.images.val;
  const percent = share > 0 && share < 1 ? Math.min(99, Math.max(1, Math.round(100 * share))) : Math.round(100 * share);
  return fill(words.right, { percent: `${percent}%`, right: Math.round(share * count), count });
}

function tell(run) {
  if (run.epochs) set("epoch", fill(words.epoch, { epoch: run.epoch, epochs: run.epochs }));
  set("left", run.eta_seconds == null ? "…" : duration(run.eta_seconds));
  if (run.best) set("best", right(run));
  const bar = board.querySelector("progress[data-live]");
  if (bar && run.epochs) Object.assign(bar, { max: run.epochs, value: run.epoch });
  if (!run.best || Date.now() - said < SAY_EVERY) return;
  said = Date.now();
  board.querySelector("[data-say]").textContent = fill(words.status, { epoch: run.epoch, epochs: run.epochs, right: right(run) });
}

function addToTable(row) {
  const percent = (share) => `${Math.round(100 * share)}%`;
  const cells = [row.epoch, percent(row.train_accuracy), percent(row.val_accuracy), row.train_loss.toFixed(3), row.val_loss.toFixed(3), row.seconds.toFixed(2)];
  const line = board.querySelector("[data-numbers] tbody").insertRow();
  cells.forEach((text) => Object.assign(line.insertCell(), { className: "r", textContent: text }));
}

async function ask(path) {
  const answer = await fetch(board.dataset.url + path, { cache: "no-cache", signal: AbortSignal.timeout(10000) });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

async function grow(run) {
  charts.querySelector("[data-curves]").dataset.epochs = run.epochs;
  const last = [...rows.keys()].at(-1) ?? 0;
  const { items } = await ask(`/epochs?after=${last}`);
  items.forEach((row) => { rows.set(row.epoch, row); addToTable(row); });
  if (!items.length) return;
  moved = Date.now();
  charts.hidden = false;
  curves.grow();
}

// What changes in words (the headline, the result, the list) is written by the server; only those parts of the page are replaced.
async function reword(run) {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  document.querySelectorAll("[data-swap]").forEach((part) => part.replaceWith(page.getElementById(part.id) ?? part));
  Object.assign(board.dataset, { status: run.status, stage: run.stage });
  moved = Date.now();
  bindList();
}

async function step() {
  const run = await ask("");
  if (run.epoch > ([...rows.keys()].at(-1) ?? 0) || !isLive(run.status)) await grow(run);
  if (run.status !== board.dataset.status || run.stage !== board.dataset.stage) await reword(run);
  tell(run);
  return isLive(run.status);
}

const pause = () => (document.hidden ? HIDDEN : failures ? Math.min(CALM * 2 ** failures, 8000) : Date.now() - moved < 5000 ? FAST : Date.now() - moved < 60000 ? CALM : SLOW);

async function poll() {
  clearTimeout(timer);
  let goOn = true;
  try {
    goOn = await step();
    failures = 0;
  } catch (trouble) {
    failures += 1;
    console.info("poll:", trouble.message);
  }
  board.querySelector("[data-lost]").hidden = failures < 2;
  if (goOn) timer = setTimeout(poll, pause());
}

function bindList() {
  document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
  return bindOverlay(document.querySelector(".run-list"), words, (lines) => { others = lines; curves.show([...mainLines(), ...others]); });
}

if (charts) {
  curves = await openCurves(charts.querySelector("[data-curves]"));
  await bindList();
}
if (isLive(board.dataset.status)) {
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  addEventListener("online", poll);
  poll();
}
