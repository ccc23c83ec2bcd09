// Changes on their way to the server: in their order, many in one request, tried again until they are there, and kept over a reload.

const SOON_MS = 250;
const MOST = 50; // in one request
const MOST_PICTURES = 20_000; // of all changes in one request
const FINAL = [400, 413, 422]; // what the server understands and refuses would be refused again; everything else passes
const WAITS = [1000, 2000, 4000, 8000, 15_000];
const KEEPALIVE = 60_000; // bytes that a browser still sends of a page that is being left

export class Queue {
  // `on.done(row, change)` for each answer, `on.state("saving" | "saved" | "lost" | "refused")`, `on.idle()` when all is sent.
  constructor(address, store, on) {
    Object.assign(this, { address, on, waiting: [], held: new Map(), failures: 0, isSending: false, store: `${store}:${Math.random().toString(36).slice(2)}` });
    this.adopt(store);
    addEventListener("pagehide", () => this.leave());
    addEventListener("online", () => this.send());
  }

  // What a page before this one could not send. Asking twice changes once.
  adopt(store) {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(`${store}:`))) {
      this.waiting.push(...JSON.parse(localStorage.getItem(key)));
      localStorage.removeItem(key);
    }
    this.keep();
    if (this.waiting.length) this.send();
  }

  keep() {
    try {
      if (this.waiting.length) localStorage.setItem(this.store, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.store);
    } catch {
      // No room or no storage: the changes are still here, as long as the page is.
    }
  }

  push(change) {
    this.waiting.push(change);
    this.keep();
    this.on.state("saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), SOON_MS);
  }

  // Sends a change only after a while: until then it can be dropped without a trace.
  hold(change, ms) {
    this.held.set(change.key, { change, timer: setTimeout(() => this.release(change.key), ms) });
  }

  release(key) {
    const held = this.held.get(key);
    if (!held) return;
    clearTimeout(held.timer);
    this.held.delete(key);
    this.push(held.change);
  }

  // Takes back what was not sent yet; false when it is on its way.
  drop(key) {
    const held = this.held.get(key);
    if (held) {
      clearTimeout(held.timer);
      return this.held.delete(key);
    }
    const at = this.waiting.findIndex((change) => change.key === key);
    if (at < this.sent) return false;
    this.waiting.splice(at, 1);
    this.keep();
    if (!this.waiting.length) this.on.state("saved");
    return true;
  }

  // How many of those that wait are in the request that is under way; all before the first of the others.
  get sent() {
    return this.isSending ? this.batch : 0;
  }

  async send() {
    clearTimeout(this.timer);
    if (this.isSending || !this.waiting.length) return;
    this.isSending = true;
    const batch = this.first();
    this.batch = batch.length;
    const answer = await this.post(batch).catch(() => null);
    const done = answer?.ok ? (await answer.json().catch(() => ({}))).done : null;
    this.isSending = false;
    if (done) this.settle(batch, done);
    else this.fail(batch, answer);
  }

  // The oldest changes, as many as one request takes.
  first() {
    let pictures = 0;
    const end = this.waiting.findIndex((change, at) => at >= MOST || ((pictures += change.pictures?.length ?? 0) > MOST_PICTURES && at > 0));
    return this.waiting.slice(0, end < 0 ? MOST : end);
  }

  post(changes, options = {}) {
    const headers = { "Content-Type": "application/json", Accept: "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    return fetch(this.address, { method: "POST", headers, body: JSON.stringify({ changes }), redirect: "error", ...options });
  }

  settle(batch, done) {
    this.failures = 0;
    this.waiting.splice(0, batch.length);
    this.keep();
    batch.forEach((change, at) => this.on.done(done[at], change));
    if (this.waiting.length) return this.send();
    this.on.state("saved");
    this.on.idle();
  }

  fail(batch, answer) {
    if (FINAL.includes(answer?.status)) {
      this.waiting.splice(0, batch.length);
      this.keep();
      batch.forEach((change) => this.on.done({ key: change.key, error: "refused", pictures: [] }, change));
      return this.send();
    }
    this.on.state([401, 403, 404].includes(answer?.status) ? "refused" : "lost");
    this.timer = setTimeout(() => this.send(), WAITS[Math.min(this.failures, WAITS.length - 1)]);
    this.failures += 1;
  }

  // The page is left: what was held goes now, and what cannot be sent any more waits for the next page.
  leave() {
    for (const { change, timer } of this.held.values()) {
      clearTimeout(timer);
      this.waiting.push(change);
    }
    this.held.clear();
    this.keep();
    const rest = this.first();
    if (rest.length && JSON.stringify(rest).length < KEEPALIVE) this.post(rest, { keepalive: true }).catch(() => null);
  }
}
