// The board and the picture beside it: one question and its answer at a time.

import { dress } from "./threshold.js";

export class Board {
  constructor(root) {
    this.says = root.querySelector("[data-board]");
    this.heard = root.querySelector("[data-heard]"); // the answer alone is read out, not all that stands below it
    this.frame = root.querySelector("[data-shown]");
    this.invite = root.querySelector("[data-invite]");
    this.preview = root.querySelector("[data-preview]");
    this.preview.addEventListener("error", () => this.empty()); // named like a picture, and none
  }

  picture(url, name) {
    this.preview.src = url;
    this.preview.title = name;
    this.frame.hidden = false;
    this.invite.hidden = true;
    this.preview.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
  }

  empty() {
    this.frame.hidden = true;
    this.invite.hidden = false;
  }

  think() {
    this.says.setAttribute("aria-busy", "true");
  }

  put(...parts) {
    this.says.removeAttribute("aria-busy");
    this.says.replaceChildren(...parts);
    this.say(parts[0]);
  }

  say(part) {
    const head = part.querySelector("[data-known]:not([hidden]), [data-unknown]:not([hidden])") ?? part;
    this.heard.textContent = head.innerText.replace(/\s+/g, " ");
  }

  // What was asked, with its answer.
  show(entry) {
    this.picture(entry.url, entry.name);
    dress(entry);
    this.put(entry.answer);
    window.htmx?.process(entry.answer); // other rooms' parts of it
    this.says.parentElement.scrollIntoView({ block: "nearest" });
    entry.answer.dispatchEvent(new CustomEvent("asked", { bubbles: true, detail: entry }));
  }

  tell(sentence) {
    this.put(Object.assign(document.createElement("p"), { textContent: sentence }));
  }

  refuse(refusal) {
    refusal.part ? this.put(refusal.part) : this.tell(refusal.message);
  }
}
