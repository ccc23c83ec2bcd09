// The answer on the board: bars that slide, a name, and for those who listen only what has held for a second.

const HOLDS_MS = 1000;
const percent = (share) => `${Math.min(Math.round(100 * share), share > 0.9995 ? 100 : 99)}%`;

export class Board {
  constructor(box) {
    Object.assign(this, { box, labels: JSON.parse(document.getElementById("live-labels").textContent), name: "", since: 0, announced: "" });
    this.rows = [...box.querySelectorAll("[data-bar]")];
    this.keeps = box.hasAttribute("data-keeps-places"); // each label has a bar of its own; with many labels the best ones share the bars
    this.rows.forEach((row, place) => this.label(row, this.labels[place]));
  }

  part(name) {
    return this.box.querySelector(`[data-${name}]`);
  }

  label(row, name) {
    row.querySelector("[data-label]").textContent = name;
    row.querySelector("progress").setAttribute("aria-label", name);
  }

  // predictions: {label, confidence}, best first.
  show({ predictions, unknown }) {
    const [best] = predictions;
    const by = new Map(predictions.map((row) => [row.label, row.confidence]));
    this.rows.forEach((row, place) => {
      const label = this.keeps ? this.labels[place] : predictions[place]?.label ?? "";
      if (!this.keeps) this.label(row, label);
      this.bar(row, by.get(label) ?? 0, label === best.label && !unknown);
    });
    this.say(unknown ? this.part("name").dataset.none : best.label, unknown, unknown ? "" : percent(best.confidence));
  }

  bar(row, share, wins) {
    row.querySelector("progress").value = 100 * share;
    row.querySelector("[data-percent]").textContent = percent(share);
    row.classList.toggle("win", wins);
  }

  say(name, unknown, share) {
    this.part("share").textContent = share;
    const now = performance.now();
    if (name !== this.name) {
      Object.assign(this, { name, since: now });
      this.part("name").textContent = name;
      this.part("said").textContent = name;
      this.part("lead").textContent = unknown ? this.part("lead").dataset.none : this.part("lead").dataset.is;
      this.box.querySelectorAll("[data-face]").forEach((face) => (face.hidden = (face.dataset.face === "puzzled") !== unknown));
    } else if (now - this.since > HOLDS_MS && this.announced !== name) {
      this.announced = name;
      this.part("announce").textContent = `${name} ${share}`;
    }
  }
}
