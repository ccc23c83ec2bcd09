// A grid of thousands of pictures of which only the rows near the window are in the page. Rows are placed by hand, so nothing is laid out twice.

import { Thumbs } from "./thumbs.js";

const BEYOND = 3; // rows that are drawn above and below the window
const CALM_MS = 90; // while somebody flies past, thumbnails are not even asked for
const FAST = 3; // pixels in a millisecond

export class Grid {
  // `shape(width)` gives {columns, gap, height}: how many in a row, and how high a row is with its gap; `paint(cell, index)` fills a cell.
  constructor(box, template, shape, paint) {
    Object.assign(this, { box, template, shape, paint, count: 0, active: 0, rows: new Map(), thumbs: new Thumbs(), top: 0, drawn: 0 });
    addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.measure()).observe(box);
  }

  measure() {
    const { clientWidth: width } = this.box;
    if (!width || width === this.width) return;
    const focused = this.box.contains(document.activeElement);
    const was = this.columns ? Math.floor(this.offset() / this.row) * this.columns : 0;
    this.width = width;
    Object.assign(this, { columns: this.shape(width).columns, row: this.shape(width).height });
    this.box.style.setProperty("--columns", this.columns);
    this.box.style.setProperty("--row", `${this.row}px`);
    this.box.setAttribute("aria-colcount", this.columns);
    this.clear();
    this.grow(this.count);
    if (was > 0) scrollBy(0, Math.floor(was / this.columns) * this.row - this.offset());
    if (focused) this.focus(this.active);
  }

  // Pixels of the grid that are above the window.
  offset() {
    return -this.box.getBoundingClientRect().top;
  }

  grow(count) {
    this.count = count;
    if (!this.columns) return;
    this.box.style.blockSize = `${Math.ceil(count / this.columns) * this.row}px`;
    this.box.setAttribute("aria-rowcount", Math.ceil(count / this.columns));
    const last = Math.ceil(count / this.columns) - 1;
    const focused = this.box.contains(document.activeElement);
    for (const [row, element] of this.rows) if (row > last || this.short(row, element)) this.drop(row);
    this.active = Math.max(0, Math.min(this.active, count - 1));
    this.draw();
    if (focused && !this.box.contains(document.activeElement)) this.at(this.active)?.focus({ preventScroll: true });
  }

  // Whether a row that was the last one has more pictures by now.
  short(row, element) {
    return element.children.length !== Math.min(this.columns, this.count - row * this.columns);
  }

  clear() {
    for (const row of [...this.rows.keys()]) this.drop(row);
  }

  drop(row) {
    this.rows.get(row).remove();
    this.rows.delete(row);
  }

  soon() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.draw();
    });
  }

  draw() {
    if (!this.columns || this.box.hidden) return;
    const top = this.offset();
    const now = performance.now();
    const isFast = Math.abs(top - this.top) > FAST * (now - this.drawn);
    Object.assign(this, { top, drawn: now });
    const first = Math.max(0, Math.floor(top / this.row) - BEYOND);
    const last = Math.min(Math.ceil(this.count / this.columns) - 1, Math.ceil((top + innerHeight) / this.row) + BEYOND);
    const kept = Math.floor(this.active / this.columns); // the row with the focus stays, wherever it is
    for (const row of this.rows.keys()) if ((row < first || row > last) && row !== kept) this.drop(row);
    for (let row = first; row <= last; row += 1) this.place(row);
    this.place(kept);
    this.onDraw?.(Math.min(this.count, (last + 1) * this.columns));
    clearTimeout(this.calm);
    if (isFast) this.thumbs.pause();
    else this.thumbs.go();
    if (isFast) this.calm = setTimeout(() => this.thumbs.go(), CALM_MS);
  }

  place(row) {
    if (this.rows.has(row) || row < 0 || row * this.columns >= this.count) return;
    const element = document.createElement("div");
    element.className = "grid-row";
    element.setAttribute("role", "row");
    element.setAttribute("aria-rowindex", row + 1);
    element.style.transform = `translateY(${row * this.row}px)`;
    const end = Math.min(this.count, (row + 1) * this.columns);
    for (let index = row * this.columns; index < end; index += 1) element.append(this.cell(index));
    let next = row + 1;
    while (next < row + 60 && !this.rows.has(next)) next += 1;
    this.box.insertBefore(element, this.rows.get(next) ?? null);
    this.rows.set(row, element);
  }

  cell(index) {
    const cell = this.template.content.firstElementChild.cloneNode(true);
    cell.dataset.index = index;
    cell.setAttribute("aria-colindex", (index % this.columns) + 1);
    cell.tabIndex = index === this.active ? 0 : -1;
    this.paint(cell, index);
    return cell;
  }

  at(index) {
    return this.rows.get(Math.floor(index / this.columns))?.children[index % this.columns];
  }

  // Calls `how(cell, index)` for every cell that is in the page.
  repaint(how) {
    for (const element of this.rows.values()) for (const cell of element.children) how(cell, Number(cell.dataset.index));
  }

  // Makes a picture the one that keys act on; the tab key comes back to it.
  activate(index) {
    const before = this.at(this.active);
    if (before) before.tabIndex = -1;
    this.active = Math.max(0, Math.min(index, this.count - 1));
    this.place(Math.floor(this.active / this.columns));
    const now = this.at(this.active);
    if (now) now.tabIndex = 0;
  }

  focus(index) {
    this.activate(index);
    this.show(this.active);
    this.at(this.active)?.focus({ preventScroll: true });
  }

  // Scrolls no further than needed for a whole row, below what sticks to the top of the window and above what sticks to its foot.
  show(index) {
    const { above, below } = this.margins?.() ?? { above: 0, below: 0 };
    const top = Math.floor(index / this.columns) * this.row - this.offset();
    const over = top + this.row - (innerHeight - below);
    if (top < above) scrollBy(0, top - above);
    else if (over > 0) scrollBy(0, over);
  }

  // How many whole rows fit the window.
  get page() {
    return Math.max(1, Math.floor(innerHeight / this.row) - 1);
  }
}
