// What the camera sees, taken out of the video without stopping it: as small JPEGs, or as pictures for a model in this browser.

const QUALITY = 0.9;

// The part that a model looks at: the middle, at most 6:5 long or high.
export function middle(width, height) {
  const w = Math.min(width, Math.floor((height * 6) / 5));
  const h = Math.min(height, Math.floor((width * 6) / 5));
  return [Math.floor((width - w) / 2), Math.floor((height - h) / 2), w, h];
}

export class Frames {
  constructor(video, encoder) {
    Object.assign(this, { video, waiting: new Map(), number: 0, worker: null });
    if (!self.OffscreenCanvas?.prototype.convertToBlob) return; // an older browser encodes on the page
    this.worker = new Worker(encoder);
    this.worker.addEventListener("message", ({ data }) => (this.waiting.get(data.id)?.(data), this.waiting.delete(data.id)));
    this.worker.addEventListener("error", () => this.giveUpWorker());
  }

  giveUpWorker() {
    this.worker = null;
    this.waiting.forEach((done) => done({ bytes: null }));
    this.waiting.clear();
  }

  get box() {
    return middle(this.video.videoWidth, this.video.videoHeight);
  }

  // The frame that is on the screen now, as something a worker can draw. A VideoFrame is a reference: nothing is copied.
  async still() {
    if (self.VideoFrame) {
      try {
        return new VideoFrame(this.video);
      } catch {
        // Some browsers make none of a camera's video.
      }
    }
    return createImageBitmap(this.video);
  }

  // {bytes, ms} of the part of the frame in `box`, at a size of width x height; bytes are null when there was no frame.
  async jpeg(box, width, height) {
    if (!this.worker) return this.onPage(box, width, height);
    const picture = await this.still();
    const id = (this.number += 1);
    const done = new Promise((resolve) => this.waiting.set(id, resolve));
    this.worker.postMessage({ id, picture, box, width, height, quality: QUALITY }, [picture]);
    return done;
  }

  async onPage(box, width, height) {
    const began = performance.now();
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.video, ...box, 0, 0, width, height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return { bytes: blob ? await blob.arrayBuffer() : null, ms: performance.now() - began };
  }
}
