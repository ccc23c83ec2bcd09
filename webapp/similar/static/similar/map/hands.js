// What mouse and fingers do on the map: one moves or draws around, two zoom, the wheel zooms; a short press is a picture.

const STILL = 6; // pixels that a press may tremble
const WHEEL = 0.0016;
const APART = 3; // pixels between two points of a line

export class Hands {
  // `on`: pick(left, top), hover(left, top) or hover() when the pointer leaves, lasso(path, isOut).
  constructor(canvas, painter, on) {
    Object.assign(this, { canvas, painter, on, kind: "pan", down: new Map(), path: null });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, (event) => this.lift(event));
    canvas.addEventListener("pointerleave", () => this.on.hover());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", (event) => painter.zoom(2, ...this.at(event)));
  }

  at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  press(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    const [left, top] = this.at(event);
    this.down.set(event.pointerId, { left, top, first: [left, top], moved: false });
    if (this.down.size > 1) this.draw(null);
    else if (this.kind === "lasso" || event.shiftKey) this.draw([...this.painter.placeOf(left, top)]);
  }

  move(event) {
    const [left, top] = this.at(event);
    const held = this.down.get(event.pointerId);
    if (!held) return this.on.hover(left, top);
    held.moved ||= Math.hypot(left - held.first[0], top - held.first[1]) > STILL;
    if (this.path) this.lengthen(event, held, left, top);
    else if (this.down.size > 1) this.pinch(held, left, top);
    else if (held.moved) this.painter.pan(left - held.left, top - held.top);
    if (!this.path) Object.assign(held, { left, top });
    if (held.moved) this.on.hover();
  }

  lengthen(event, held, left, top) {
    if (Math.hypot(left - held.left, top - held.top) < APART) return;
    Object.assign(held, { left, top });
    this.draw([...this.path, ...this.painter.placeOf(left, top)]);
  }

  // Two fingers: the middle between them moves the map, their distance zooms it.
  pinch(held, left, top) {
    const other = [...this.down.values()].find((one) => one !== held);
    const before = Math.hypot(held.left - other.left, held.top - other.top);
    const now = Math.hypot(left - other.left, top - other.top);
    this.painter.pan((left - held.left) / 2, (top - held.top) / 2);
    if (before > 1 && now > 1) this.painter.zoom(now / before, (left + other.left) / 2, (top + other.top) / 2);
    held.moved = other.moved = true;
  }

  lift(event) {
    const held = this.down.get(event.pointerId);
    this.down.delete(event.pointerId);
    if (!held) return;
    const path = this.path;
    this.draw(null);
    if (event.type === "pointercancel") return;
    if (path && held.moved && path.length > 4) this.on.lasso(path, event.altKey);
    else if (!held.moved) this.on.pick(held.left, held.top);
  }

  draw(path) {
    this.path = this.painter.path = path;
    this.painter.soon();
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 16 : 1);
    this.painter.zoom(Math.exp(-Math.max(-400, Math.min(400, pixels)) * WHEEL * (event.ctrlKey ? 4 : 1)), ...this.at(event));
  }
}
