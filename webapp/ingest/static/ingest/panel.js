// One panel for one piece of work: first it shows what is being sent, then the server's own panel takes its place.

import { sendAll } from "./send.js";

const slot = document.getElementById("uploads");
const drop = document.getElementById("drop");
const words = document.querySelector("template[data-words]").dataset;

export const copy = (name) => document.querySelector(`template[data-${name}]`).content.firstElementChild.cloneNode(true);

export function place(box) {
  slot.prepend(box);
  box.scrollIntoView({ block: "nearest" });
}

export function complain(sentence) {
  const toast = document.createElement("div");
  toast.className = "toast bad";
  toast.dataset.toast = "";
  toast.append(Object.assign(document.createElement("span"), { textContent: sentence }));
  document.getElementById("toasts").append(toast);
}

// What a request could not bring, below the panel that follows.
function problem(panel, sentence) {
  const list = panel.querySelector("[data-problems]");
  list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
  list.hidden = false;
}

export async function send(groups) {
  const all = groups.flatMap((group) => group.files);
  const panel = copy("sending");
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const bar = panel.querySelector("progress");
  const stop = new AbortController();
  bar.max = all.reduce((sum, file) => sum + file.size, 0) || 1;
  part("stop").addEventListener("click", () => stop.abort());
  place(panel);
  const token = drop.querySelector("[name=csrfmiddlewaretoken]").value;
  const ids = await sendAll(drop.action, token, groups, stop.signal, {
    progress(bytes, files, current) {
      bar.value = bytes;
      part("count").textContent = `${files} / ${all.length}`;
      part("file").textContent = current.name;
    },
    taken: () => htmx.trigger(document.body, "pictures-changed"),
    problem(answer, parcel) {
      const sentence = answer.error ?? (answer.status === 413 ? words.tooBig : words.lost);
      const rest = parcel.files.length > 1 ? ` +${parcel.files.length - 1}` : "";
      problem(panel, `${parcel.files[0].name}${rest}: ${sentence}`);
    },
  });
  settle(panel, ids);
}

function settle(panel, ids) {
  const problems = panel.querySelector("[data-problems]");
  if (!problems.hidden) {
    const notice = copy("problems");
    notice.querySelector("[data-list]").append(problems);
    panel.after(notice);
  }
  if (!ids.length) return panel.remove();
  const rest = ids.slice(1).join(",");
  return htmx.ajax("GET", `/uploads/${ids[0]}/${rest ? `?with=${rest}` : ""}`, { target: panel, swap: "outerHTML" });
}

export const nothing = () => complain(words.nothing);
