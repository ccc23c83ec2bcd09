// The place to drop files, the upload button of each label, and pasting.

import { chosen, dropped } from "./files.js";
import { again, apart, copy, nothing, place, send } from "./panel.js";

const drop = document.getElementById("drop");
const labels = () => [...document.querySelectorAll("[data-label][data-name]")];
const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

function labelButton(row, choose) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn of-label", textContent: row.dataset.name });
  button.dataset.hue = row.dataset.hue;
  button.addEventListener("click", () => choose(row.dataset.label));
  return button;
}

// Loose pictures do not say what they show: ask, with a button for each label.
function ask(loose, sure) {
  const box = copy("asking");
  const title = box.querySelector("[data-title]");
  title.textContent = title.dataset.title.replace("{n}", loose.reduce((sum, group) => sum + group.files.length, 0));
  const choose = (label) => {
    box.remove();
    const all = [...sure, ...(label ? loose.map((group) => ({ ...group, label })) : [])];
    if (all.length) send(all);
  };
  box.querySelector("[data-labels]").append(...labels().map((row) => labelButton(row, choose)));
  box.querySelector("[data-none]").addEventListener("click", () => choose(null));
  place(box);
  box.querySelector("button").focus();
}

function bring(groups, label) {
  if (!groups.length) return nothing();
  if (groups.apart) return apart();
  if (label) return send(groups.map((group) => ({ ...group, label })));
  const loose = groups.filter((group) => !group.name && !group.sure);
  return loose.length ? ask(loose, groups.filter((group) => !loose.includes(group))) : send(groups);
}

document.addEventListener("change", (event) => {
  const row = event.target.matches("[data-again]") && event.target.closest("[data-unfinished]");
  if (row) return again(row, event.target.files[0]);
  const form = event.target.type === "file" && event.target.closest("[data-upload]");
  if (!form) return;
  bring(chosen(event.target.files), form.elements.label?.value);
  event.target.value = "";
});

const aim = (event) => event.target.closest?.("[data-label][data-name]") ?? drop;
let over = null;
function mark(node) {
  if (over !== node) over?.classList.remove("over");
  node?.classList.add("over");
  over = node;
}

document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  mark(aim(event));
});
document.addEventListener("dragleave", (event) => event.relatedTarget ?? mark(null));
document.addEventListener("drop", async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  const target = aim(event);
  mark(null);
  bring(await dropped(event.dataTransfer), target.dataset.label);
});

document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) bring(chosen(event.clipboardData.files), document.activeElement.closest("[data-label][data-name]")?.dataset.label);
});

document.querySelector("[data-camera]").addEventListener("click", async () => (await import("./camera.js")).openCamera());

document.querySelectorAll('[data-needs="folders"]').forEach((node) => (node.hidden = !("webkitdirectory" in HTMLInputElement.prototype) || matchMedia("(pointer: coarse)").matches));
