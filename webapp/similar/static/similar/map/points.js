// The pictures of the map as columns of numbers: 20,000 of them are 560 kB, and nothing is made for each of them before somebody points at it.

const CELLS = 128; // along each side of the grid by which what is near is found
const BYTES = 28; // of one picture

export const keyOf = (label) => parseInt(label.slice(0, 8), 16);

export class Points {
  // `labels` are {id, name, hue, position}; what has none of them is a label that this page does not know yet.
  constructor(buffer, labels) {
    const count = Math.floor(buffer.byteLength / BYTES);
    const column = (at) => new Uint16Array(buffer, (20 + 2 * at) * count, count);
    const index = new Map(labels.map((label, at) => [keyOf(label.id), at]));
    const keys = new Uint32Array(buffer, 16 * count, count);
    this.count = count;
    this.ids = new Uint8Array(buffer, 0, 16 * count);
    this.label = Uint16Array.from(keys, (key) => index.get(key) ?? labels.length);
    this.x = Float32Array.from(column(0), (value) => value / 65535);
    this.y = Float32Array.from(column(1), (value) => value / 65535);
    this.region = column(2);
    this.aside = Uint8Array.from(column(3));
    this.chosen = new Uint8Array(count);
    this.shown = new Uint8Array(count).fill(1);
    this.span = [this.x, this.y].map((axis) => Math.max(0.1, 2 * axis.reduce((most, value) => Math.max(most, Math.abs(value - 0.5)), 0))); // around the middle of the plane
    this.sort();
  }

  id(at) {
    const hex = [...this.ids.subarray(16 * at, 16 * at + 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  // Where each picture is in these columns, by its id; made when it is first needed.
  get at() {
    this.places ??= new Map(Array.from({ length: this.count }, (_, at) => [this.id(at), at]));
    return this.places;
  }

  // Puts the numbers of the pictures into the order of their cells, so that those of one cell stand side by side.
  sort() {
    const cell = Uint16Array.from(this.x, (x, at) => this.cellOf(x, this.y[at]));
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    for (const one of cell) this.starts[one + 1] += 1;
    for (let one = 0; one < CELLS * CELLS; one += 1) this.starts[one + 1] += this.starts[one];
    const next = this.starts.slice();
    this.order = new Uint32Array(this.count);
    for (let at = 0; at < this.count; at += 1) this.order[next[cell[at]]++] = at;
  }

  cellOf(x, y) {
    return line(y) * CELLS + line(x);
  }

  // Calls `how(at)` for every shown picture whose place is within these bounds, of which the cells decide.
  within(left, top, right, bottom, how) {
    for (let row = line(top); row <= line(bottom); row += 1) {
      const end = this.starts[row * CELLS + line(right) + 1];
      for (let place = this.starts[row * CELLS + line(left)]; place < end; place += 1) if (this.shown[this.order[place]]) how(this.order[place]);
    }
  }

  // The shown picture nearest to a place, at most so far away; -1 for none.
  nearest(x, y, far) {
    let best = -1;
    let least = far * far;
    this.within(x - far, y - far, x + far, y + far, (at) => {
      const distance = (this.x[at] - x) ** 2 + (this.y[at] - y) ** 2;
      if (distance <= least) [best, least] = [at, distance];
    });
    return best;
  }

  // The next shown picture from one in a direction, straight ahead rather than near; -1 for none.
  beyond(from, right, down) {
    let best = -1;
    let least = Infinity;
    for (let at = 0; at < this.count; at += 1) {
      const x = this.x[at] - this.x[from];
      const y = this.y[at] - this.y[from];
      const ahead = x * right + y * down;
      const aslant = Math.abs(x * down) + Math.abs(y * right);
      if (!this.shown[at] || ahead <= 0 || aslant > 2 * ahead || ahead + 2 * aslant >= least) continue;
      [best, least] = [at, ahead + 2 * aslant];
    }
    return best;
  }

  // The shown pictures inside a closed line of [x, y, x, y ...].
  inside(path) {
    const found = [];
    const [left, right] = bounds(path, 0);
    const [top, bottom] = bounds(path, 1);
    this.within(left, top, right, bottom, (at) => encloses(path, this.x[at], this.y[at]) && found.push(at));
    return found;
  }

  // The numbers of all pictures of which `is(at)` holds.
  those(is) {
    const found = [];
    for (let at = 0; at < this.count; at += 1) if (is(at)) found.push(at);
    return found;
  }
}

const line = (value) => Math.max(0, Math.min(CELLS - 1, Math.floor(value * CELLS)));

function bounds(path, first) {
  let [low, high] = [Infinity, -Infinity];
  for (let at = first; at < path.length; at += 2) [low, high] = [Math.min(low, path[at]), Math.max(high, path[at])];
  return [low, high];
}

// Whether a ray from the place crosses the line an odd number of times.
function encloses(path, x, y) {
  let is = false;
  for (let at = 0, before = path.length - 2; at < path.length; before = at, at += 2) {
    const [x1, y1, x2, y2] = [path[at], path[at + 1], path[before], path[before + 1]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) is = !is;
  }
  return is;
}
