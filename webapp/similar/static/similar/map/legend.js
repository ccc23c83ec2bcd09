// The labels of the map with their signs: a press shows or hides the pictures of one; those that were set aside are hidden at first.

import { draw } from "./signs.js";

const ASIDE = "aside";

export class Legend {
  constructor(root, labels, painter, changed) {
    Object.assign(this, { root, labels, painter });
    this.buttons = [...root.querySelectorAll("[data-label]")];
    painter.onColours = () => this.paint();
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-label]");
      if (!button) return;
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      changed();
    });
    this.paint();
  }

  paint() {
    for (const button of this.buttons) {
      const canvas = button.querySelector("canvas");
      const context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.translate(canvas.width / 2, canvas.height / 2);
      draw(context, this.labels.find((label) => label.id === button.dataset.label), canvas.width * 0.32, this.painter.palette, { aside: button.dataset.label === ASIDE });
    }
  }

  apply(points) {
    const isOn = (name) => this.buttons.find((button) => button.dataset.label === name).getAttribute("aria-pressed") === "true";
    const on = Uint8Array.from([...this.labels.map((label) => isOn(label.id)), true]);
    const aside = isOn(ASIDE) ? 1 : 0;
    for (let at = 0; at < points.count; at += 1) points.shown[at] = on[points.label[at]] && (aside || !points.aside[at]) ? 1 : 0;
  }

  count(points) {
    const counts = new Uint32Array(this.labels.length + 2);
    for (let at = 0; at < points.count; at += 1) counts[points.aside[at] ? counts.length - 1 : points.label[at]] += 1;
    this.buttons.forEach((button, at) => {
      const place = button.dataset.label === ASIDE ? counts.length - 1 : at;
      button.querySelector("[data-count]").textContent = counts[place].toLocaleString(document.documentElement.lang);
    });
  }
}
