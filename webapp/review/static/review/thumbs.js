// Thumbnails as fast as they come and no faster: those that somebody sees now before those that flew past.

const AT_ONCE = 6;
const TRIES = 3;

export class Thumbs {
  constructor() {
    Object.assign(this, { waiting: new Set(), busy: 0, isPaused: false });
  }

  // Gives a picture its address when its turn comes; a picture that has left the page by then is forgotten.
  want(img, address) {
    if (img.dataset.at === address) return;
    img.dataset.at = address;
    this.waiting.add(img);
  }

  pause() {
    this.isPaused = true;
  }

  go() {
    this.isPaused = false;
    this.next();
  }

  next() {
    while (!this.isPaused && this.busy < AT_ONCE && this.waiting.size) {
      const img = [...this.waiting].at(-1);
      this.waiting.delete(img);
      if (img.isConnected) this.load(img, 1);
    }
  }

  load(img, tries) {
    this.busy += 1;
    const ended = () => {
      this.busy -= 1;
      this.next();
    };
    img.onload = ended;
    img.onerror = () => {
      ended();
      if (tries < TRIES && img.isConnected) setTimeout(() => this.load(img, tries + 1), 1000 * tries);
    };
    img.src = img.dataset.at;
  }
}
