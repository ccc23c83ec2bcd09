// The closer look at a run: which cell of the table is open, and where the keyboard stands after a picture was changed.

const SMALL = matchMedia("(max-width: 59.99rem)");

function markCell(link) {
  document.querySelectorAll("[data-matrix] [aria-current]").forEach((one) => one.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
}

// The pictures of a cell come below the table where both do not fit beside each other.
document.body.addEventListener("htmx:afterSwap", (event) => {
  const link = event.detail.requestConfig?.elt;
  if (event.detail.target.id !== "cell" || !link?.closest("[data-matrix]")) return;
  markCell(link);
  if (SMALL.matches || !link.closest(".few")) event.detail.target.scrollIntoView({ block: "start" });
});

// Where the look is open already, the same press closes it.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.elt.matches(".case-look") || !event.detail.target.querySelector("[data-panel]")) return;
  event.preventDefault();
  event.detail.target.replaceChildren();
});

// A link that acts like a button is pressed by the space bar too.
document.body.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.("a[role=button]")) return;
  event.preventDefault();
  event.target.click();
});

// A card that was changed comes anew: the keyboard goes on from its first button, in the list that it was in.
let pressed = null;
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const card = event.detail.elt.closest?.("[data-picture]");
  if (!card || event.detail.elt.localName !== "form") return;
  const cards = [...document.querySelectorAll(`[data-picture="${card.dataset.picture}"]`)];
  pressed = { picture: card.dataset.picture, place: cards.indexOf(card) };
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (!pressed || event.detail.requestConfig.elt.localName !== "form") return; // the form itself is gone by now
  const card = document.querySelectorAll(`[data-picture="${pressed.picture}"]`)[pressed.place];
  pressed = null;
  if (document.activeElement === document.body || !document.activeElement) card?.querySelector("button")?.focus({ preventScroll: true });
});

// Where every change was taken back, there is nothing new to learn.
document.body.addEventListener("htmx:afterRequest", () => {
  if (document.querySelector(".case") && !document.querySelector(".case.changed")) document.querySelector("[data-again]")?.replaceChildren();
});
