// Pictures come by a file field, a drop (folders too), a paste, or the address of one on the web.

import { dropped } from "../ingest/files.js";

const ACCEPT = "image/jpeg,image/png,image/webp,image/gif,image/avif"; // the browser makes a JPEG of what the server does not read
const ADDRESS = /^https?:\/\/\S+$/;
const isEditable = (element) => element.matches?.("input:not([type=file]), textarea, select, [contenteditable]");

const addressIn = (transfer) => (transfer.getData("text/uri-list") || transfer.getData("text/plain")).split("\n").map((line) => line.trim()).find((line) => ADDRESS.test(line));

export function takeIn(root, { files, address }) {
  const form = root.querySelector("[data-try]");
  const taken = async (transfer) => {
    const url = root.dataset.bring && addressIn(transfer), given = [...transfer.files];
    if (!given.length) return url && address(url);
    const inside = (await dropped(transfer)).flatMap((group) => group.files).filter((file) => file.type.startsWith("image/"));
    files(inside.length ? inside : given); // what is no picture is told so
  };
  root.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
  root.querySelectorAll("[data-without-script]").forEach((part) => (part.hidden = true));
  root.querySelectorAll("[data-file]").forEach((input) => {
    input.classList.replace("input", "visually-hidden");
    input.hidden = false;
    if (!input.dataset.camera) input.accept = ACCEPT;
    input.addEventListener("change", () => {
      files([...input.files]);
      input.value = ""; // the same picture may be chosen again
    });
  });
  ["dragover", "dragleave", "drop"].forEach((name) => form.addEventListener(name, (event) => {
    event.preventDefault();
    form.classList.toggle("over", name === "dragover");
    if (name === "drop") taken(event.dataTransfer);
  }));
  document.addEventListener("paste", (event) => {
    if (!isEditable(event.target) || event.clipboardData.files.length) taken(event.clipboardData);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const url = form.elements.url?.value.trim();
    if (url) address(url);
    else form.elements.url?.focus();
  });
}
