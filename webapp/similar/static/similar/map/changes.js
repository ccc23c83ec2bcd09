// What is done to the chosen pictures: it shows at once, is sent in the background by the queue of the review, and can be taken back.

import { Queue } from "../../review/queue.js";
import { keyOf } from "./points.js";
import { fill, labels, plural, say, words } from "./words.js";

const MOST = 10_000; // pictures of one change; more are several

export class Changes {
  // `points()` gives those of this moment; `on.changed()` when they look different, `on.sent()` when the server has all.
  constructor({ address, project, points, on }) {
    Object.assign(this, { points, on, taken: [] });
    const state = (word) => (word === "lost" || word === "refused") && say(words[word], { bad: true });
    this.queue = new Queue(address, `map:${project}`, { done: (row, asked) => this.done(row, asked), state, idle: () => on.sent() });
  }

  make(verb, chosen, to) {
    const points = this.points();
    const label = labels.findIndex((one) => one.id === to);
    const alters = { move: (at) => points.label[at] !== label, aside: (at) => !points.aside[at], keep: (at) => points.aside[at] };
    const changed = chosen.filter(alters[verb]);
    const batch = newKey();
    for (let start = 0; start < changed.length; start += MOST) this.step(verb, changed.slice(start, start + MOST), label, batch);
    this.on.changed();
    const said = plural(words.did[verb], changed.length);
    say(verb === "move" ? fill(words.moved, { said, name: labels[label].name }) : said, { undo: changed.length > 0 });
  }

  step(verb, changed, label, batch) {
    const points = this.points();
    const ids = changed.map((at) => points.id(at));
    const key = newKey();
    this.taken.push({ key, batch, before: changed.map((at, place) => [ids[place], points.label[at], points.aside[at]]) });
    for (const at of changed) {
      if (verb === "move") points.label[at] = label;
      else points.aside[at] = verb === "aside" ? 1 : 0;
    }
    this.queue.push({ key, do: verb, pictures: ids, ...(verb === "move" ? { to: labels[label].id } : {}) });
  }

  undo() {
    const last = this.taken.at(-1);
    if (!last) return this.queue.push({ key: newKey(), do: "undo" });
    while (this.taken.at(-1)?.batch === last.batch) this.takeBack(this.taken.pop());
    say(words.undone);
  }

  takeBack({ key, before }) {
    this.restore(before);
    if (!this.queue.drop(key)) this.queue.push({ key: newKey(), do: "undo", step: key, local: true });
  }

  restore(before) {
    const points = this.points();
    for (const [id, label, aside] of before) {
      const at = points.at.get(id);
      if (at === undefined) continue; // it is on no map any more
      points.label[at] = label;
      points.aside[at] = aside;
    }
    this.on.changed();
  }

  // The answer of the server to one change.
  done(row, asked) {
    if (row.error) return this.refuse(row, asked);
    if (asked.do !== "undo" || asked.local) return;
    // Taken back from an earlier visit of the page: only the server knows what that was.
    this.restore(row.pictures.map((one) => [one.id, labels.findIndex((label) => keyOf(label.id) === keyOf(one.label)), one.status === "ready" ? 0 : 1]));
    say(row.pictures.length ? words.undone : words.nothing);
  }

  refuse(row, asked) {
    const at = this.taken.findIndex((step) => step.key === asked.key);
    if (at >= 0) this.restore(this.taken.splice(at, 1)[0].before);
    say(words[row.error] ?? row.error, { bad: true });
  }
}

function newKey() {
  // Not crypto.randomUUID, which a page without https does not have.
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
