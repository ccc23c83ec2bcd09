// The chosen pictures as a list, for whoever does not see the map, and to look at them once more before something is done to them.

import { fill, labels, plural, words } from "./words.js";

const FIRST = 24;
const MORE = 120;
const STATES = 4; // labels that are named in the sum

export class Chosen {
  // `on.out(at)` takes a picture out of the choice; `addresses` are {thumb(id), picture(id)}.
  constructor(root, addresses, on) {
    Object.assign(this, { root, addresses, on, most: FIRST });
    this.list = root.querySelector("[data-list]");
    this.badge = document.querySelector("[data-badge]"); // on a phone the list is below the map
    this.template = document.querySelector("[data-item]");
  }

  show(points, isNew = true) {
    const chosen = rareFirst(points, points.those((at) => points.chosen[at]));
    if (isNew) this.most = FIRST;
    this.root.classList.toggle("none", !chosen.length);
    this.badge.hidden = !chosen.length;
    this.badge.textContent = plural(words.chosen, chosen.length);
    for (const part of this.root.querySelectorAll("[data-some]")) part.hidden = !chosen.length;
    this.root.querySelector("[data-none]").hidden = chosen.length > 0;
    this.root.querySelector("[data-number]").textContent = chosen.length ? plural(words.chosen, chosen.length) : words.nothing_chosen;
    this.root.querySelector("[data-sum]").replaceChildren(...this.sum(points, chosen));
    this.root.querySelector("[data-do=aside]").hidden = !chosen.some((at) => !points.aside[at]);
    this.root.querySelector("[data-do=keep]").hidden = !chosen.some((at) => points.aside[at]);
    this.list.replaceChildren(...chosen.slice(0, this.most).map((at) => this.item(points, at)));
    this.root.querySelector("[data-do=more]").hidden = chosen.length <= this.most;
    return chosen;
  }

  more(points) {
    const before = this.most;
    this.most += MORE;
    this.show(points, false);
    this.list.children[before]?.querySelector("a").focus();
  }

  // How many of each label, most first.
  sum(points, chosen) {
    const counts = new Map();
    for (const at of chosen) counts.set(points.label[at], (counts.get(points.label[at]) ?? 0) + 1);
    const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, STATES);
    const chips = rows.map(([label, count]) => chip(label, `${nameOf(label)} ${count}`));
    return counts.size > STATES ? [...chips, document.createTextNode("…")] : chips;
  }

  item(points, at) {
    const item = this.template.content.firstElementChild.cloneNode(true);
    const id = points.id(at);
    const name = nameOf(points.label[at]);
    item.querySelector("a").href = this.addresses.way(id);
    Object.assign(item.querySelector("img"), { src: this.addresses.thumb(id), alt: points.aside[at] ? `${name}, ${words.aside}` : name });
    item.classList.toggle("map-aside", points.aside[at] === 1);
    item.querySelector(".chip").replaceWith(chip(points.label[at], name));
    const button = item.querySelector("button");
    button.setAttribute("aria-label", fill(words.take_out, { name }));
    button.addEventListener("click", () => this.out(item, at));
    return item;
  }

  out(item, at) {
    const place = [...this.list.children].indexOf(item);
    this.on.out(at);
    (this.list.children[Math.min(place, this.list.children.length - 1)]?.querySelector("button") ?? this.root.querySelector("h2")).focus();
  }
}

// Those of rare labels first: among many others they may be wrong.
function rareFirst(points, chosen) {
  const counts = new Uint32Array(labels.length + 1);
  for (const at of chosen) counts[points.label[at]] += 1;
  return chosen.sort((a, b) => counts[points.label[a]] - counts[points.label[b]] || points.label[a] - points.label[b] || a - b);
}

export const nameOf = (label) => labels[label]?.name ?? words.other;

function chip(label, text) {
  const made = Object.assign(document.createElement("span"), { className: "chip mini", textContent: text });
  if (labels[label]) made.dataset.hue = labels[label].hue;
  return made;
}
