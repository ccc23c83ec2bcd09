// What the page says: one message with an Undo at its foot, and how the saving goes.

import { words } from "./cells.js";

const READ_MS = 8000;
const region = document.getElementById("toasts");
const state = document.querySelector("[data-state]");
const toast = document.querySelector("[data-toast-cell]").content.firstElementChild;
let timer = null;

// The region is read out by screen readers; the same sentence twice is said twice.
export function say(sentence, { undo = false, bad = false } = {}) {
  const text = toast.querySelector("span");
  text.textContent = text.textContent === sentence ? `${sentence}\u00a0` : sentence;
  toast.querySelector("button").hidden = !undo;
  toast.classList.toggle("bad", bad);
  region.append(toast);
  clearTimeout(timer);
  const hide = () => (timer = setTimeout(() => (toast.matches(":hover, :focus-within") ? hide() : toast.remove()), READ_MS));
  hide();
}

let known = "saved";

export function showState(next) {
  if (next === known) return;
  if (next === "lost" || next === "refused") say(words[next], { bad: true });
  // While nothing gets through, trying again is no news.
  if (!(known === "lost" && next === "saving")) {
    state.textContent = words[next];
    state.classList.toggle("bad", next === "lost" || next === "refused");
    known = next;
  }
}
