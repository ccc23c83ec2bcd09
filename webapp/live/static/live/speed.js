// The card about time: a stacked chart of the last answers, figures, a sentence that says what is slow, and a table of it all.

import { PARTS } from "./times.js";

const SHOWN = 48;
const HIGH = 40;
const EVERY_MS = 250; // drawing is cheap, and still not worth doing with every answer
const QUICK_MS = 50; // below it nobody notices which part is slow
const STEPS = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const ORDER = ["infer", "decode", "queue", "network"]; // from the ground up

const ms = (value) => (Number.isFinite(value) ? value.toFixed(value < 10 ? 1 : 0) : "–");
const withUnit = (value) => (Number.isFinite(value) ? `${ms(value)} ms` : "–");

export class Speed {
  constructor(card, times) {
    Object.assign(this, { card, times, due: false });
    this.paths = Object.fromEntries([...card.querySelectorAll("[data-part]")].map((path) => [path.dataset.part, path]));
    this.columns = card.querySelectorAll("thead th").length;
    card.querySelectorAll("[data-row]").forEach((row) => row.append(...Array.from({ length: this.columns }, () => Object.assign(document.createElement("td"), { className: "r" }))));
  }

  part(name) {
    return this.card.querySelector(`[data-${name}]`);
  }

  soon() {
    if (this.due) return;
    this.due = true;
    setTimeout(() => ((this.due = false), this.draw()), EVERY_MS);
  }

  draw() {
    const { times } = this;
    this.card.hidden = !times.rows.length;
    const where = times.rows.at(-1)?.where ?? "server";
    this.part("p50").textContent = withUnit(times.of(where, "all", 0.5));
    this.part("p95").textContent = withUnit(times.of(where, "all", 0.95));
    this.part("rate").textContent = ms(times.aSecond);
    this.part("dropped").textContent = times.dropped;
    PARTS.forEach((part) => (this.card.querySelector(`[data-of="${part}"]`).textContent = withUnit(times.of(where, part, 0.5))));
    this.finding(where);
    this.part("legend-here")?.toggleAttribute("hidden", !times.places.includes("here"));
    this.chart();
    if (this.part("table").closest("details").open) this.table();
  }

  finding(where) {
    const { dataset } = this.part("finding");
    const slowest = where === "here" ? "infer" : this.times.slowest;
    const all = this.times.of(where, "all", 0.5);
    const word = this.times.rows.length < 8 ? "wait" : all < QUICK_MS ? "quick" : where === "here" ? "here" : slowest;
    const name = this.card.querySelector(`[data-row="${slowest}"] th`).textContent;
    const values = { part: ms(this.times.of(where, slowest, 0.5)), all: ms(all), name };
    this.part("finding").textContent = Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), dataset[word]);
  }

  chart() {
    const rows = this.times.rows.slice(-SHOWN);
    const highest = Math.max(...rows.map((row) => row.all), 1);
    const top = STEPS.find((step) => step >= highest) ?? STEPS.at(-1);
    const drawn = Object.fromEntries([...ORDER, "here"].map((part) => [part, ""]));
    rows.forEach((row, place) => {
      const x = 2 * (place + SHOWN - rows.length) + 0.15;
      let y = HIGH;
      for (const part of ORDER) {
        const high = Math.min(y, ((row[part] ?? 0) / top) * HIGH);
        y -= high;
        if (high > 0) drawn[part] += `M${x} ${y.toFixed(2)}h1.7v${high.toFixed(2)}h-1.7z`;
      }
      if (row.where === "here") drawn.here += `M${x} 41h1.7v1.6h-1.7z`;
    });
    for (const [part, path] of Object.entries(this.paths)) path.setAttribute("d", drawn[part]);
    const [high, half, low] = this.part("axis").children;
    [high.textContent, half.textContent, low.textContent] = [`${top} ms`, top / 2, 0];
  }

  table() {
    for (const row of this.card.querySelectorAll("[data-row]")) {
      const cells = [["server", 0.5], ["server", 0.95], ["here", 0.5], ["here", 0.95]].slice(0, this.columns);
      cells.forEach(([where, share], place) => (row.querySelectorAll("td")[place].textContent = ms(this.times.of(where, row.dataset.row, share))));
    }
  }
}
