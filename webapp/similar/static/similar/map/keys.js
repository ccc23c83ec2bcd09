// The keys of the map: from picture to picture, a frame by two corners, zoom and moving.

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 80; // pixels that Shift and an arrow move the map
const ZOOM = 1.4;

export class Keys {
  // `on`: tell(at), toggle(at), frame(path), all(), none(), undo(), say(word).
  constructor(canvas, painter, on) {
    Object.assign(this, { painter, on, corner: -1 });
    canvas.addEventListener("keydown", (event) => this.press(event));
    canvas.addEventListener("blur", () => this.leave());
  }

  press(event) {
    const way = WAYS[event.key];
    const isCommand = event.ctrlKey || event.metaKey;
    const done = isCommand ? this.command(event.key.toLowerCase()) : way ? this.walk(way, event.shiftKey) : this.one(event.key);
    if (done !== false) event.preventDefault();
  }

  command(key) {
    if (key === "a") return this.on.all();
    return key === "z" ? this.on.undo() : false;
  }

  one(key) {
    const { painter } = this;
    if (key === "+" || key === "=") return painter.zoom(ZOOM, ...this.middle());
    if (key === "-") return painter.zoom(1 / ZOOM, ...this.middle());
    if (key === "0") return painter.whole();
    if (key === " ") return this.on.toggle(this.here());
    if (key === "Enter") return this.edge();
    return key === "Escape" ? this.stop() : false;
  }

  middle() {
    const { painter } = this;
    const at = painter.cursor;
    return at < 0 ? [] : [painter.across(painter.points.x[at]), painter.down(painter.points.y[at])];
  }

  // The picture that keys act on: at first the one nearest to the middle of the window.
  here() {
    const { painter } = this;
    if (painter.cursor < 0) this.to(painter.points.nearest(...painter.placeOf(painter.width / 2, painter.height / 2), 2));
    return painter.cursor;
  }

  walk([right, down], isMap) {
    if (isMap) return this.painter.pan(-right * STEP, -down * STEP);
    if (this.painter.cursor < 0) return void this.here();
    const next = this.painter.points.beyond(this.painter.cursor, right, down);
    if (next < 0) this.on.say("no_way");
    else this.to(next);
  }

  to(at) {
    if (at < 0) return;
    this.painter.cursor = at;
    this.painter.reach(at);
    if (this.corner >= 0) this.painter.path = this.frame();
    this.on.tell(at);
  }

  // One corner of a frame, then the other.
  edge() {
    const here = this.here();
    if (here < 0) return;
    if (this.corner < 0) {
      this.corner = here;
      this.painter.path = this.frame();
      this.painter.soon();
      return this.on.say("corner");
    }
    const path = this.frame();
    this.leave();
    this.on.frame(path);
  }

  frame() {
    const { x, y } = this.painter.points;
    const [left, right] = [x[this.corner], x[this.painter.cursor]].sort((a, b) => a - b);
    const [top, bottom] = [y[this.corner], y[this.painter.cursor]].sort((a, b) => a - b);
    const more = 2 / this.painter.scale; // the corners themselves are inside
    return [left - more, top - more, right + more, top - more, right + more, bottom + more, left - more, bottom + more];
  }

  stop() {
    if (this.corner < 0) return this.on.none();
    this.leave();
  }

  leave() {
    if (this.corner < 0) return;
    this.corner = -1;
    this.painter.path = null;
    this.painter.soon();
  }
}
