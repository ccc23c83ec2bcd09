// What was asked so far: press a picture, and its answer is on the board again.

import { forget } from "./asked.js";
import { best, isUnknown, onTurn } from "./threshold.js";

const KEPT = 12;

export class Strip {
  constructor(root, board, words) {
    Object.assign(this, { board, words, entries: [] });
    this.part = root.querySelector("[data-history]");
    this.list = this.part.querySelector("[data-strip]");
    this.blank = root.querySelector("[data-strip-item]");
    onTurn(() => this.entries.forEach((one) => this.say(one)));
  }

  add(entry) {
    const item = this.blank.content.cloneNode(true).firstElementChild;
    const one = { entry, item };
    item.querySelector("img").src = entry.url;
    item.querySelector("button").addEventListener("click", () => this.board.show(entry));
    this.say(one);
    this.entries.unshift(one);
    this.list.prepend(item);
    this.list.scrollTo(0, 0);
    while (this.entries.length > KEPT) {
      const { entry: oldest, item: gone } = this.entries.pop();
      forget(oldest);
      gone.remove();
    }
    this.part.hidden = this.entries.length < 2;
  }

  say({ entry, item }) {
    const [label] = best(entry.facts);
    item.querySelector("[data-said]").textContent = isUnknown(entry.facts) ? this.words.none : `${label} ${entry.answer.dataset.share}`;
  }
}
