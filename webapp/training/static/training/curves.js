// Two charts, right answers and loss, of one or more runs. How a line looks comes from the stylesheet: each line has a key in
// the legend, and the charts copy its stroke.
import { Chart } from "./chart.js";

const KEY = '<svg class="key" aria-hidden="true" viewBox="0 0 24 12"><line x1="1" x2="23" y1="6" y2="6"/></svg>';

function keyFor(legend, line) {
  const item = legend.appendChild(document.createElement("li"));
  item.innerHTML = KEY;
  item.append(line.name);
  item.querySelector("line").setAttribute("class", line.css);
  return item.querySelector("line");
}

function styleOf(key) {
  const css = getComputedStyle(key);
  const dash = css.strokeDasharray === "none" ? [] : css.strokeDasharray.split(",").map(parseFloat);
  return { stroke: css.stroke, width: parseFloat(css.strokeWidth), dash };
}

/** Draws [data-curves]. Returns { show(lines), grow() }; a line is { rows: Map(epoch -> row), part: "val_"|"train_", name, css, main }. */
export async function openCurves(root) {
  const { default: uPlot } = await import(new URL(root.dataset.uplot, document.baseURI));
  const charts = [...root.querySelectorAll("[data-curve]")].map((box) => new Chart(uPlot, box, root));
  const legend = root.querySelector("[data-legend]");
  let lines = [];
  let length = 2;
  const reach = () => Math.max(2, Number(root.dataset.epochs), ...lines.flatMap((line) => [...line.rows.keys()].slice(-1)));
  const paint = (afresh) => charts.forEach((chart) => chart.draw(lines, length, afresh));

  function show(next) {
    legend.replaceChildren();
    lines = next.map((line) => ({ ...line, style: styleOf(keyFor(legend, line)) }));
    length = reach();
    paint(true);
  }

  function grow() {
    const isLonger = reach() !== length;
    length = reach();
    paint(isLonger);
  }

  const recolour = () => show(lines);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return { show, grow };
}
