// Putting an answer right without leaving the page: the picture comes from the page's memory, and when the training has ended, the pictures
// that were asked about on this page are asked again.

import { allAsked, askedOf } from "../serving/asked.js";

const MOST = 24;
const part = document.querySelector("[data-fixes]");
const OF = new Map(); // what was asked, by the id of the correction that it got
const list = part?.querySelector("[data-fixes-list]");

const parsed = (html) => document.importNode(new DOMParser().parseFromString(html, "text/html").body.firstElementChild, true);

async function post(address, body) {
  const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } });
  const element = parsed(await answer.text());
  if (!answer.ok) throw new Refusal(element?.textContent.trim());
  return element;
}

class Refusal extends Error {}

// "This is wrong", and then the right label.
async function send(form, button) {
  const asked = askedOf(form);
  const body = new FormData(form, button);
  if (asked) body.set("image", asked.picture, asked.name || "picture.jpg");
  const problem = form.querySelector("[data-fix-problem]");
  problem.hidden = true;
  form.setAttribute("aria-busy", "true");
  try {
    const card = await post(form.action, body);
    OF.set(card.id, asked);
    form.closest("[data-fix]").open = false;
    add(card);
  } catch (error) {
    problem.textContent = error instanceof Refusal && error.message ? error.message : part.dataset.lost;
    problem.hidden = false;
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function add(card) {
  part.hidden = false;
  list.prepend(card);
  window.htmx?.process(card);
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

// What has been learned: which of the pictures that this page remembers get another answer now?
async function compare(result) {
  const slot = result.querySelector("[data-flips]"), own = OF.get(result.closest("article").id);
  const asked = allAsked().filter((one) => one !== own).slice(-MOST).reverse();
  if (!slot || !asked.length) return;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  asked.forEach(({ picture, name }) => body.append("image", picture, name || "picture.jpg"));
  try {
    const flips = await post(result.dataset.compare, body);
    flips.querySelectorAll("[data-place]").forEach((image) => (image.src = asked[Number(image.dataset.place)].url));
    slot.replaceChildren(flips);
  } catch (error) {
    slot.textContent = error instanceof Refusal && error.message ? error.message : part.dataset.lost;
  }
}

function look(root) {
  const found = root.matches?.("[data-compare]") ? [root] : [...(root.querySelectorAll?.("[data-compare]") ?? [])];
  found.filter((result) => !result.dataset.compared).forEach((result) => {
    result.dataset.compared = "1";
    compare(result);
  });
}

if (part) {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-fix-form]") || !askedOf(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.target.getAttribute("aria-busy") !== "true") send(event.target, event.submitter);
  }, true);
  document.addEventListener("htmx:load", (event) => look(event.detail.elt));
}
