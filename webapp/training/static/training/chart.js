// One chart, of right answers or of loss, drawn by uPlot. A line is { rows: Map(epoch -> row), part: "val_"|"train_", main, style }.

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
const lastKnown = (values) => values.findLastIndex((value) => value != null);

export class Chart {
  /** uPlot is the class; box is the [data-curve] element; root carries the colours of the axes and the words. */
  constructor(uPlot, box, root) {
    Object.assign(this, { uPlot, box, root, kind: box.dataset.curve, isShare: box.dataset.curve === "accuracy" });
    this.readout = box.parentElement.querySelector("[data-last]");
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(box);
  }

  /** Draw lines up to an epoch: afresh when there are other lines or a longer axis, else only the new points. */
  draw(lines, length, afresh) {
    if (afresh || !this.plot) {
      this.plot?.destroy();
      this.plot = new this.uPlot(this.options(lines, length), this.data(lines, length), this.box);
    } else this.plot.setData(this.data(lines, length));
    this.read(this.plot, lines);
  }

  size() {
    return { width: Math.floor(this.box.clientWidth), height: this.box.clientHeight };
  }

  data(lines, length) {
    const epochs = Array.from({ length }, (_, index) => index + 1);
    return [epochs, ...lines.map((line) => epochs.map((epoch) => line.rows.get(epoch)?.[line.part + this.kind] ?? null))];
  }

  options(lines, length) {
    return {
      ...this.size(),
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: [1, length] },
        y: { range: (_plot, _low, high) => (this.isShare ? [0, 1] : [0, Math.max(0.1, high * 1.08)]) },
      },
      axes: this.axes(),
      series: [{}, ...lines.map((line) => this.series(line))],
      hooks: { setCursor: [(plot) => this.read(plot, lines)] },
    };
  }

  axes() {
    const css = getComputedStyle(this.root);
    const [ink, line] = ["--curve-ink", "--curve-grid"].map((name) => css.getPropertyValue(name).trim());
    const axis = { stroke: ink, font: `13px ${css.fontFamily}`, ticks: { show: false }, gap: 8 };
    return [
      { ...axis, size: 30, grid: { show: false }, space: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200] },
      { ...axis, size: 46, grid: { stroke: line, width: 1 }, space: 34, values: (_plot, ticks) => this.ticks(ticks), ...(this.isShare && { splits: () => QUARTERS }) },
    ];
  }

  // A line with a dot at its newest epoch.
  series({ style, main }) {
    const tip = (plot, series) => [lastKnown(plot.data[series])].filter((index) => index >= 0);
    return { ...style, cap: "round", points: { show: true, size: main ? 11 : 6, width: 0, fill: style.stroke, filter: tip } };
  }

  ticks(values) {
    const digits = values.every(Number.isInteger) ? 0 : values[1] - values[0] < 0.1 ? 2 : 1;
    return values.map((value) => (this.isShare ? `${100 * value}%` : value.toFixed(digits)));
  }

  words(value) {
    return this.isShare ? `${(100 * value).toFixed(1)}%` : value.toFixed(3);
  }

  // The number beside the title: of the epoch under the pointer, else of the newest; none where it could mean several runs.
  read(plot, lines) {
    const main = lines.findIndex((line) => line.main);
    if (main < 0 && lines.length !== 1) return void (this.readout.textContent = "");
    const values = plot.data[Math.max(0, main) + 1];
    const under = plot.cursor.idx;
    const pointed = under != null && values[under] != null;
    const index = pointed ? under : lastKnown(values);
    const said = index < 0 ? "" : this.words(values[index]);
    this.readout.textContent = pointed ? `${this.root.dataset.at.replace("{epoch}", index + 1)}: ${said}` : said;
  }
}
