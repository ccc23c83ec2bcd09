// The live page of a run: asks for what is new, often while it moves and seldom while it rests, and stops when it has ended.
import { openCurves } from "./curves.js";
import { addRow, ownLines, sentence, tell } from "./live.js";
import { bindOverlay, byEpoch } from "./overlay.js";

const FAST = 500, CALM = 1000, SLOW = 2000, HIDDEN = 15000, LONGEST = 8000; // milliseconds between two questions
const SAY_EVERY = 10000;
const board = document.querySelector("[data-run]");
const charts = board.querySelector("[data-charts]");
const rows = byEpoch(JSON.parse(document.getElementById("epochs").textContent));
const lastEpoch = () => [...rows.keys()].at(-1) ?? 0;
const isLive = (status) => status === "queued" || status === "running";
let moved = Date.now(), said = 0, failures = 0, timer, curves, asking;

async function ask(path) {
  const answer = await fetch(board.dataset.url + path, { cache: "no-cache", signal: AbortSignal.timeout(10000) });
  if (answer.status === 401 || answer.status === 404) location.reload(); // logged out, or deleted: the page itself says which
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

async function grow(run) {
  const { items } = await ask(`/epochs?after=${lastEpoch()}`);
  for (const row of items) {
    rows.set(row.epoch, row);
    addRow(board, row);
  }
  if (!items.length) return;
  moved = Date.now();
  charts.querySelector("[data-curves]").dataset.epochs = run.epochs;
  charts.hidden = false;
  curves.grow();
}

// What changes in words (the headline, the result, the list) is written by the server; only those parts of the page are replaced.
async function reword(run) {
  const answer = await fetch(location.href);
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-swap]")) {
    const hadFocus = part.contains(document.activeElement);
    part.replaceWith(page.getElementById(part.id) ?? part);
    if (hadFocus) document.getElementById(part.id).querySelector("a, button")?.focus();
  }
  Object.assign(board.dataset, { status: run.status, stage: run.stage });
  moved = Date.now();
  await bindList();
}

async function step() {
  const run = await ask("");
  if (run.epoch > lastEpoch() || !isLive(run.status)) await grow(run);
  if (run.status !== board.dataset.status || run.stage !== board.dataset.stage) await reword(run);
  tell(board, run);
  if (run.best && Date.now() - said > SAY_EVERY) {
    said = Date.now();
    board.querySelector("[data-say]").textContent = sentence(run);
  }
  return isLive(run.status);
}

function pause() {
  if (document.hidden) return HIDDEN;
  if (failures) return Math.min(CALM * 2 ** failures, LONGEST);
  const still = Date.now() - moved;
  return still < 5000 ? FAST : still < 60000 ? CALM : SLOW;
}

async function poll() {
  if (asking) return;
  clearTimeout(timer);
  asking = true;
  let goOn = true;
  try {
    goOn = await step();
    failures = 0;
  } catch (trouble) {
    failures += 1;
    console.info("poll:", trouble.message);
  }
  asking = false;
  board.querySelector("[data-lost]").hidden = failures < 2;
  if (goOn) timer = setTimeout(poll, pause());
}

function bindList() {
  document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
  return bindOverlay(document.querySelector(".run-list"), (lines) => curves?.show([...ownLines(rows, board.dataset.number), ...lines]));
}

if (charts) {
  charts.hidden = !rows.size;
  curves = await openCurves(charts.querySelector("[data-curves]"));
  await bindList();
}
if (isLive(board.dataset.status)) {
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  addEventListener("online", poll);
  poll();
}
