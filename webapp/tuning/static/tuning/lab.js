// The speed lab: while the limit is moved, what fits best is shown at once. All words come with the page; nothing is asked of the server.

const form = document.querySelector("[data-lab]");
const field = form.querySelector("[data-limit]");
const range = form.querySelector("[data-range]");
const state = { picked: new URLSearchParams(location.search).get("pick") };

const parts = (selector) => [...document.querySelectorAll(selector)];
const fill = (name, values) => form.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`].replace(/\{(\w+)\}/g, (_all, key) => values[key]);
const limit = () => Number(field.value) || 0;
const axes = () => {
  const { low, high } = document.getElementById("lab-plot").dataset;
  return { low: Number(low), high: Number(high) };
};

// The axis of time is logarithmic: percent of its length, and back to milliseconds with two digits.
function position(milliseconds) {
  const { low, high } = axes();
  return 100 * Math.min(1, Math.log(Math.max(milliseconds, low) / low) / Math.log(high / low));
}
function milliseconds(percent) {
  const { low, high } = axes();
  return Number((low * (high / low) ** (percent / 100)).toPrecision(2));
}

const ways = () =>
  parts("[data-way]").map((button) => ({
    button,
    id: button.dataset.way,
    ms: Number(button.dataset.ms),
    right: Number(button.dataset.right),
    size: button.dataset.size,
    threads: button.dataset.threads,
    eligible: "eligible" in button.dataset,
  }));

/** The most accurate that fits, the faster of equals; where none fits, nothing. */
function bestWithin(list, most) {
  const fitting = list.filter((way) => way.ms <= most);
  return fitting.sort((one, other) => other.right - one.right || one.ms - other.ms)[0];
}
const fastest = (list) => [...list].sort((one, other) => one.ms - other.ms)[0];

function choose(list) {
  const picked = list.find((way) => way.id === state.picked);
  if (picked) return { way: picked, says: "picked" };
  const proposed = list.filter((way) => way.eligible);
  const best = bestWithin(proposed, limit());
  return best ? { way: best, says: "fits" } : { way: fastest(proposed), says: "none" };
}

// A field of the table has one button for each size and number of threads, and shows the best of those that are asked for.
function showCells(list) {
  const wanted = Object.fromEntries(parts("[data-filter]").map((select) => [select.name, select.value]));
  const asked = list.filter((way) => ["size", "threads"].every((name) => !wanted[name] || way[name] === wanted[name]));
  parts("[data-cell]").forEach((cell) => {
    const here = asked.filter((way) => cell.contains(way.button));
    const shown = here.find((way) => way.id === state.shown) || bestWithin(here, limit()) || fastest(here);
    cell.querySelectorAll("[data-way]").forEach((button) => (button.hidden = button !== shown?.button));
    cell.querySelector("[data-empty]").hidden = Boolean(shown);
  });
}

function showChosen(way) {
  const card = parts("[data-card]").find((part) => part.dataset.card === way.id);
  parts("[data-card]").forEach((part) => (part.hidden = part !== card));
  parts("[data-line]").forEach((line) => line.classList.toggle("here", line.dataset.line === way.id));
  const isUsed = "used" in card.dataset;
  const offers = "usable" in card.dataset && !isUsed;
  document.querySelector("[data-use]").hidden = !offers;
  document.querySelector("[data-row]").value = way.id;
  document.querySelector("[data-try]").hidden = !isUsed;
  document.querySelector("[data-dock]").hidden = !offers;
  document.querySelector("[data-dock-name]").textContent = card.dataset.name;
  document.querySelector("[data-dock-time]").textContent = card.dataset.time;
  return card.dataset;
}

function showBadges(most, words) {
  parts("[data-card]").forEach((card) => {
    const isOver = Number(document.getElementById(`way-${card.dataset.card}`).dataset.ms) > most;
    const badge = card.querySelector("[data-badge]");
    badge.querySelector("[data-badge-words]").textContent = fill(isOver ? "over" : "inside", words);
    badge.classList.toggle("warn", isOver);
    badge.classList.toggle("good", !isOver);
  });
}

function drawPoints(list, way, name) {
  const x = position(limit());
  document.querySelector("[data-goal]").setAttribute("d", `M${x} 0V100`);
  document.querySelector("[data-fill]").setAttribute("d", `M0 0H${x}V100H0Z`);
  const late = new Set(list.filter((one) => one.ms > limit()).map((one) => one.id));
  parts("[data-point]").forEach((point) => point.classList.toggle("over", late.has(point.dataset.point)));
  const point = document.querySelector(`[data-point="${CSS.escape(way.id)}"]`);
  const [cx, cy] = ["cx", "cy"].map((side) => point.getAttribute(side));
  const anchor = parseFloat(cx) < 20 ? "start" : parseFloat(cx) > 80 ? "end" : "middle"; // the name stands above the point, inside the drawing
  set("[data-ring]", { cx, cy });
  set("[data-name]:is(text)", { x: cx, y: cy, dy: parseFloat(cy) > 8 ? -20 : 30, "text-anchor": anchor });
  document.querySelector("text[data-name]").textContent = name;
}

function set(selector, values) {
  const part = document.querySelector(selector);
  Object.entries(values).forEach(([name, value]) => part.setAttribute(name, value));
}

function tell(name, values) {
  const sentence = fill(name, values);
  const line = form.querySelector("[data-finding]");
  if (line.textContent !== sentence) line.textContent = sentence; // it is read aloud when it changes
  range.setAttribute("aria-valuetext", values.limit);
  const feels = parts("[data-feels]");
  const fitting = feels.find((part) => limit() <= Number(part.dataset.feels)) ?? feels.at(-1);
  feels.forEach((part) => (part.hidden = part !== fitting));
}

function show() {
  const list = ways();
  const { way, says } = choose(list);
  state.shown = way.id;
  showCells(list);
  list.forEach(({ button, id, ms }) => {
    button.classList.toggle("over", ms > limit());
    button.setAttribute("aria-pressed", String(id === way.id));
  });
  const words = showChosen(way);
  drawPoints(list, way, words.name);
  const values = { name: words.name, time: words.time, right: words.right, limit: `${limit()} ms` };
  showBadges(limit(), values);
  tell(says, values);
}

// The address keeps what was asked, for a reload and for the way back here.
function remember() {
  const address = new URL(location);
  const kept = { limit: field.value, pick: state.picked, ...Object.fromEntries(parts("[data-filter]").map((select) => [select.name, select.value])) };
  Object.entries(kept).forEach(([name, value]) => (value ? address.searchParams.set(name, value) : address.searchParams.delete(name)));
  history.replaceState(null, "", address);
  parts("[data-here]").forEach((part) => (part.value = address.pathname + address.search));
}

function pick(id) {
  state.picked = id;
  show();
  remember();
}

field.addEventListener("input", () => {
  if (!limit()) return;
  range.value = position(limit());
  state.picked = null;
  show();
});
range.addEventListener("input", () => {
  field.value = milliseconds(Number(range.value));
  state.picked = null;
  show();
});
form.addEventListener("change", (event) => {
  if (event.target.matches("[data-filter]")) show();
  remember();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation(); // a form that was not sent may be used again
  const id = event.submitter?.dataset.pick;
  if (id) pick(id);
});
form.addEventListener("click", (event) => {
  const point = event.target.closest("[data-point]");
  if (point) pick(point.dataset.point);
});

// New rows came while it is measured: the limit stays where it was put, what was opened stays open, and a list that is being chosen from is left alone.
let opened = [];
document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target.id !== "lab-tables") return;
  event.detail.shouldSwap = !document.activeElement.matches("[data-filter]");
  opened = parts("#lab-tables details").map((details) => details.open);
});
document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id !== "lab-side") return; // the last of the parts
  parts("#lab-tables details").forEach((details, place) => (details.open = Boolean(opened[place])));
  range.value = position(limit());
  show();
});
range.value = position(limit());
show();
