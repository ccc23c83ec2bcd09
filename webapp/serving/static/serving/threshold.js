// The slider for "none of these" acts at once on all answers of the page, before anything is saved.

import { allAsked } from "./asked.js";

const slider = document.querySelector("[data-keep-slider]");
const listeners = [];
let keep = null; // as the server said, until somebody moves the slider

export const isUnknown = (facts) => (keep === null ? facts.unknown : facts.familiarity < 1 - keep);
export const best = (facts) => facts.shares[0];
export const onTurn = (listener) => listeners.push(listener);

// An answer holds both ways to say it; one of them is hidden.
export function dress({ answer, facts }) {
  const unknown = isUnknown(facts);
  answer.querySelectorAll("[data-known]").forEach((part) => (part.hidden = unknown));
  answer.querySelectorAll("[data-unknown]").forEach((part) => (part.hidden = !unknown));
  answer.querySelector(".bar")?.classList.toggle("win", !unknown);
  answer.dataset.winner = unknown ? "" : best(facts)[0];
}

// How the answers on this page come out, in the card of the slider.
export function count() {
  const place = document.querySelector("[data-keep-here]");
  const all = allAsked();
  if (!place || !all.length) return;
  const none = all.filter(({ facts }) => isUnknown(facts)).length;
  place.textContent = place.dataset.keepHere.replace("{answered}", all.length - none).replace("{none}", none);
  place.hidden = false;
}

slider?.addEventListener("input", () => {
  keep = slider.value / 100;
  allAsked().forEach(dress);
  listeners.forEach((listener) => listener());
  count();
});
