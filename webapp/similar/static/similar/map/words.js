// What the page says: the sentences come with it, so that it alone decides about language.

const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const words = read("map-words");
export const labels = read("map-labels");

export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
export const plural = ([one, many], n) => fill(n === 1 ? one : many, { n: n.toLocaleString(document.documentElement.lang) });

const READ_MS = 8000;
const region = document.getElementById("toasts");
const toast = document.querySelector("[data-toast-map]").content.firstElementChild;
let timer = null;

// A message at the foot, with an Undo where there is one; the same sentence twice is read out twice.
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
