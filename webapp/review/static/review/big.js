// One picture as large as the window allows.

import { bigOf, labelOf, why } from "./cells.js";

const dialog = document.querySelector("[data-big]");
const picture = dialog.querySelector("[data-big-picture]");
const toggle = dialog.querySelector("[data-toggle]");
const said = [toggle.textContent, toggle.dataset.toggle];

export function paintBig(one) {
  if (!dialog.open || !one) return;
  const label = labelOf(one);
  if (!picture.src.endsWith(bigOf(one))) picture.src = bigOf(one);
  picture.alt = one.name;
  dialog.querySelector("[data-similar]").search = `?picture=${one.id}`;
  dialog.querySelector(".dot").dataset.hue = label.hue;
  dialog.querySelector("[data-name]").textContent = label.name;
  dialog.querySelector("[data-why]").textContent = why(one, 1);
  toggle.textContent = said[one.status === "ready" ? 0 : 1];
}

export function openBig(one) {
  if (!dialog.open) dialog.showModal();
  paintBig(one);
}

export const isBig = () => dialog.open;
export { dialog };
