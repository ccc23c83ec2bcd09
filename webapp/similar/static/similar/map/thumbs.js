// Thumbnails for the map: asked for when somebody stays, a few at a time, and the latest few hundred kept.

const AT_ONCE = 6;
const KEPT = 500;
const CALM_MS = 120; // while somebody flies past, none are asked for

export class Thumbs {
  // `ready()` is called when one more is there.
  constructor(addressOf, ready) {
    Object.assign(this, { addressOf, ready, held: new Map(), waiting: [], busy: 0 });
  }

  of(id) {
    const image = this.held.get(id);
    return image?.naturalWidth ? image : null;
  }

  want(ids) {
    this.waiting = ids.filter((id) => !this.held.has(id));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.next(), CALM_MS);
  }

  forget() {
    this.waiting = [];
    clearTimeout(this.timer);
  }

  next() {
    while (this.busy < AT_ONCE && this.waiting.length) this.load(this.waiting.shift());
  }

  load(id) {
    const image = new Image();
    this.held.set(id, image);
    while (this.held.size > KEPT) this.held.delete(this.held.keys().next().value);
    this.busy += 1;
    const ended = () => {
      this.busy -= 1;
      this.ready();
      this.next();
    };
    image.onload = image.onerror = ended;
    image.src = this.addressOf(id);
  }
}
