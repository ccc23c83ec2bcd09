// Draws the map. Points are copied as blocks of pixels into one picture, which 20,000 of them fill in a few milliseconds on any machine; few of them are thumbnails.

import { Thumbs } from "./thumbs.js";
import { colours, draw, stamp } from "./signs.js";

const SIDE = 46; // of a thumbnail
const COVERED = 0.55; // of the map may be thumbnails
const MOST_ZOOM = 60;
const MARGIN = 36; // around the whole map: half a thumbnail and a little
const MOVE_MS = 600; // from one layout to the next

export class Painter {
  constructor(canvas, labels, addressOf) {
    Object.assign(this, { canvas, labels, points: null, view: { zoom: 1, x: 0.5, y: 0.5 }, cursor: -1, path: null, frame: null, ratio: 1 });
    this.context = canvas.getContext("2d");
    this.thumbs = new Thumbs(addressOf, () => this.soon());
    this.palette = colours(canvas);
    new ResizeObserver(() => this.fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    new MutationObserver(() => this.recolour()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  fit() {
    this.ratio = Math.min(2, devicePixelRatio || 1);
    this.width = Math.max(1, this.canvas.clientWidth);
    this.height = Math.max(1, this.canvas.clientHeight);
    this.canvas.width = Math.round(this.width * this.ratio);
    this.canvas.height = Math.round(this.height * this.ratio);
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.stamps = new Map();
    this.draw();
  }

  recolour() {
    this.palette = colours(this.canvas);
    this.stamps?.clear();
    this.onColours?.();
    this.soon();
  }

  // The new layout; where the pictures lay before, they move from there.
  show(points) {
    const before = this.points;
    this.points = points;
    this.cursor = -1;
    this.thumbs.forget();
    if (before?.count && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.glide(before);
    this.soon();
  }

  glide(before) {
    const points = this.points;
    const old = points.those(() => true).map((at) => before.at.get(points.id(at)) ?? -1);
    const [fromX, fromY] = ["x", "y"].map((axis) => Float32Array.from(old, (was, at) => (was < 0 ? points[axis][at] : before[axis][was])));
    const [toX, toY] = [points.x.slice(), points.y.slice()];
    const began = performance.now();
    const step = (now) => {
      if (this.points !== points) return;
      const part = Math.min(1, Math.max(0, (now - began) / MOVE_MS));
      const eased = 1 - (1 - part) ** 3;
      for (let at = 0; at < points.count; at += 1) {
        points.x[at] = fromX[at] + (toX[at] - fromX[at]) * eased;
        points.y[at] = fromY[at] + (toY[at] - fromY[at]) * eased;
      }
      points.sort();
      this.draw();
      if (part < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  // Pixels of the window for the whole plane.
  get scale() {
    const [across, down] = this.points?.span ?? [1, 1];
    return Math.max(1, Math.min((this.width - 2 * MARGIN) / across, (this.height - 2 * MARGIN) / down)) * this.view.zoom;
  }

  across(x) {
    return (x - this.view.x) * this.scale + this.width / 2;
  }

  down(y) {
    return (y - this.view.y) * this.scale + this.height / 2;
  }

  placeOf(left, top) {
    return [(left - this.width / 2) / this.scale + this.view.x, (top - this.height / 2) / this.scale + this.view.y];
  }

  get bounds() {
    return [...this.placeOf(0, 0), ...this.placeOf(this.width, this.height)];
  }

  // Zooms so that the place under a pixel stays there.
  zoom(by, left = this.width / 2, top = this.height / 2) {
    const [x, y] = this.placeOf(left, top);
    this.view.zoom = Math.max(0.5, Math.min(MOST_ZOOM, this.view.zoom * by));
    const [x2, y2] = this.placeOf(left, top);
    this.go(this.view.x + x - x2, this.view.y + y - y2);
  }

  pan(left, top) {
    this.go(this.view.x - left / this.scale, this.view.y - top / this.scale);
  }

  go(x, y) {
    Object.assign(this.view, { x: Math.max(-0.2, Math.min(1.2, x)), y: Math.max(-0.2, Math.min(1.2, y)) });
    this.soon();
  }

  whole() {
    this.view = { zoom: 1, x: 0.5, y: 0.5 };
    this.soon();
  }

  // Moves the view no further than needed for a picture to be well inside it.
  reach(at) {
    const margin = 40;
    const left = this.across(this.points.x[at]);
    const top = this.down(this.points.y[at]);
    const over = (value, size) => (value < margin ? margin - value : Math.min(0, size - margin - value));
    this.pan(over(left, this.width), over(top, this.height));
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    if (!this.points || !this.pixels) return;
    const seen = this.seen();
    this.pixels.fill(0);
    const isClose = seen.length <= (COVERED * this.width * this.height) / SIDE ** 2;
    if (!isClose) this.dots(seen);
    this.context.putImageData(this.image, 0, 0);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (isClose) this.pictures(seen);
    else this.thumbs.forget();
    this.marks();
    this.context.setTransform(1, 0, 0, 1, 0, 0);
  }

  // What is in the window: chosen pictures last, so that they lie on top.
  seen() {
    const found = [];
    const chosen = [];
    const { x, y } = this.points;
    const [left, top, right, bottom] = this.bounds;
    this.points.within(left, top, right, bottom, (at) => {
      if (x[at] >= left && x[at] <= right && y[at] >= top && y[at] <= bottom) (this.points.chosen[at] ? chosen : found).push(at);
    });
    return found.concat(chosen);
  }

  get radius() {
    const free = Math.sqrt((this.width * this.height) / Math.max(1, this.points.count)) / 4;
    return Math.max(2.5, Math.min(6.5, free * this.view.zoom ** 0.4));
  }

  stampOf(at) {
    const { label, aside, chosen } = this.points;
    const r = Math.round(this.radius * 2) / 2;
    const key = label[at] * 100 + r * 4 + 2 * aside[at] + chosen[at];
    if (!this.stamps.has(key)) {
      const state = { aside: aside[at] === 1, chosen: chosen[at] === 1 };
      this.stamps.set(key, stamp(this.labels[label[at]], r * this.ratio * (chosen[at] ? 1.25 : 1), this.canvas.width, this.palette, state));
    }
    return this.stamps.get(key);
  }

  dots(seen) {
    const { pixels, scale, ratio } = this;
    const { width, height } = this.canvas;
    const { x, y } = this.points;
    const left = (this.width / 2 - this.view.x * scale) * ratio;
    const top = (this.height / 2 - this.view.y * scale) * ratio;
    for (const at of seen) {
      const { half, offsets, pixels: ink } = this.stampOf(at);
      const across = Math.round(x[at] * scale * ratio + left);
      const down = Math.round(y[at] * scale * ratio + top);
      if (across < half || down < half || across >= width - half || down >= height - half) continue;
      const middle = down * width + across;
      for (let pixel = 0; pixel < offsets.length; pixel += 1) pixels[middle + offsets[pixel]] = ink[pixel];
    }
  }

  pictures(seen) {
    const { context, palette } = this;
    this.thumbs.want(seen.map((at) => this.points.id(at)));
    for (const at of seen) {
      const [left, top] = [this.across(this.points.x[at]), this.down(this.points.y[at])];
      const label = this.labels[this.points.label[at]];
      const image = this.thumbs.of(this.points.id(at));
      const isChosen = this.points.chosen[at];
      context.globalAlpha = this.points.aside[at] ? 0.45 : 1;
      context.fillStyle = isChosen ? palette.accent : palette.surface;
      const edge = isChosen ? 4 : 2;
      context.fillRect(left - SIDE / 2 - edge, top - SIDE / 2 - edge, SIDE + 2 * edge, SIDE + 2 * edge);
      if (image) context.drawImage(image, left - SIDE / 2, top - SIDE / 2, SIDE, SIDE);
      context.globalAlpha = 1;
      context.save();
      context.translate(left + SIDE / 2 - 4, top + SIDE / 2 - 4);
      draw(context, label, 5.5, palette, { aside: this.points.aside[at] === 1 });
      context.restore();
    }
  }

  // The picture that keys act on, and what is being drawn around.
  marks() {
    const { context, palette } = this;
    context.lineWidth = 2.5;
    context.strokeStyle = palette.ink;
    if (this.cursor >= 0) {
      const [left, top] = [this.across(this.points.x[this.cursor]), this.down(this.points.y[this.cursor])];
      context.strokeRect(left - 14, top - 14, 28, 28);
      context.strokeStyle = palette.surface;
      context.lineWidth = 1;
      context.strokeRect(left - 16, top - 16, 32, 32);
    }
    if (!this.path?.length) return;
    context.beginPath();
    for (let at = 0; at < this.path.length; at += 2) context.lineTo(this.across(this.path[at]), this.down(this.path[at + 1]));
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = context.strokeStyle = palette.accent;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.stroke();
  }
}
