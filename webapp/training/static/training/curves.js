// Two charts, right answers and loss, of one or more runs. How a line looks comes from the stylesheet: each line has a key in
// the legend, and the chart copies its stroke. Words come from the page.

const GAP = { accuracy: [0, 1], loss: null };

function styleOf(key) {
  const css = getComputedStyle(key);
  const dash = css.strokeDasharray === "none" ? [] : css.strokeDasharray.split(",").map(parseFloat);
  return { stroke: css.stroke, width: parseFloat(css.strokeWidth), dash };
}

function keyFor(legend, line) {
  const item = document.createElement("li");
  item.innerHTML = '<svg class="key" aria-hidden="true" viewBox="0 0 24 12"><line x1="1" x2="23" y1="6" y2="6"/></svg>';
  item.querySelector("line").setAttribute("class", line.css);
  item.append(line.name);
  legend.append(item);
  return item.querySelector("line");
}

class Chart {
  constructor(uPlot, box, root) {
    Object.assign(this, { uPlot, box, root, kind: box.dataset.curve });
    this.last = box.parentElement.querySelector("[data-last]");
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(box);
  }

  size() {
    return { width: Math.floor(this.box.clientWidth), height: this.box.clientHeight };
  }

  words(value) {
    if (value == null) return "";
    return this.kind === "accuracy" ? `${(100 * value).toFixed(1)}%` : value.toFixed(3);
  }

  data(lines, length) {
    const x = Array.from({ length }, (_, index) => index + 1);
    return [x, ...lines.map((line) => x.map((epoch) => line.rows.get(epoch)?.[line.part + this.kind] ?? null))];
  }

  options(lines, length) {
    const css = getComputedStyle(this.root);
    const [ink, grid] = ["--curve-ink", "--curve-grid"].map((name) => css.getPropertyValue(name).trim());
    const axis = { stroke: ink, font: `13px ${css.fontFamily}`, ticks: { show: false }, gap: 8 };
    const tip = (plot, series) => [plot.data[series].findLastIndex((value) => value != null)].filter((index) => index >= 0);
    return {
      ...this.size(),
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [1, Math.max(2, length)] }, y: { range: (_plot, _low, high) => GAP[this.kind] ?? [0, Math.max(0.1, high * 1.08)] } },
      axes: [
        { ...axis, size: 30, grid: { show: false }, space: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200] },
        { ...axis, size: 46, grid: { stroke: grid, width: 1 }, space: 34, ...(this.kind === "accuracy" && { splits: () => [0, 0.25, 0.5, 0.75, 1] }), values: (_plot, ticks) => ticks.map((tick) => (this.kind === "accuracy" ? `${Math.round(100 * tick)}%` : tick.toFixed(ticks.every(Number.isInteger) ? 0 : 1))) },
      ],
      series: [{}, ...lines.map((line) => ({ ...line.style, cap: "round", points: { show: true, size: line.main ? 11 : 6, width: 0, fill: line.style.stroke, filter: tip } }))],
      hooks: { setCursor: [(plot) => this.point(plot, lines)] },
    };
  }

  point(plot, lines) {
    const main = Math.max(0, lines.findIndex((line) => line.main)) + 1;
    const index = plot.cursor.idx;
    const here = index != null && plot.data[main]?.[index] != null;
    const latest = lines.length === 1 || lines.some((line) => line.main) ? plot.data[main]?.findLast((value) => value != null) : null;
    this.last.textContent = here ? `${this.root.dataset.at.replace("{epoch}", index + 1)}: ${this.words(plot.data[main][index])}` : this.words(latest);
  }

  draw(lines, length, afresh) {
    if (afresh || !this.plot) {
      this.plot?.destroy();
      this.plot = new this.uPlot(this.options(lines, length), this.data(lines, length), this.box);
    } else this.plot.setData(this.data(lines, length));
    this.point(this.plot, lines);
  }
}

/** Draws [data-curves]. Returns { show(lines), grow() }; a line is { rows: Map(epoch -> row), part: "val_"|"train_", name, css, main }. */
export async function openCurves(root) {
  const { default: uPlot } = await import(new URL(root.dataset.uplot, document.baseURI));
  const charts = [...root.querySelectorAll("[data-curve]")].map((box) => new Chart(uPlot, box, root));
  const legend = root.querySelector("[data-legend]");
  let lines = [];
  let length = 0;
  const reach = () => Math.max(2, Number(root.dataset.epochs), ...lines.flatMap((line) => [...line.rows.keys()].slice(-1)));
  const paint = (afresh) => charts.forEach((chart) => chart.draw(lines, length, afresh));
  function show(next) {
    legend.replaceChildren();
    lines = next.map((line) => ({ ...line, style: styleOf(keyFor(legend, line)) }));
    length = reach();
    paint(true);
  }
  function grow() {
    const longer = reach() !== length;
    length = reach();
    paint(longer);
  }
  const recolour = () => show(lines);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return { show, grow };
}
