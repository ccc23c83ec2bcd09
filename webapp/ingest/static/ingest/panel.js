// One panel for one piece of work: first it shows what is being sent, then the server's own panel takes its place.

import { Meter } from "./meter.js";
import { sendAll } from "./send.js";

const BIG = 8e6; // from here on a file goes in pieces
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

// The panel while files are being sent; `on` of send.js and big.js.
class Sending {
  constructor(files) {
    const bytes = files.reduce((sum, file) => sum + file.size, 0) || 1;
    Object.assign(this, { box: copy("sending"), stop: new AbortController(), count: files.length, files: 0, before: 0, big: null });
    this.meter = bytes > BIG ? new Meter(bytes, words.left) : null;
    this.bar = this.box.querySelector("progress");
    this.bar.max = bytes;
    this.part("stop").addEventListener("click", () => this.stop.abort());
    this.part("pause").addEventListener("click", () => this.big.pause());
    this.part("go").addEventListener("click", () => this.big.go());
    place(this.box);
  }

  part(name) {
    return this.box.querySelector(`[data-${name}]`);
  }

  say(word, sentence) {
    this.part("says").textContent = sentence || this.part("says").dataset[word];
    this.part("go").hidden = word !== "paused";
    this.part("pause").hidden = !this.big || word === "paused";
    this.meter?.rest();
  }

  progress(bytes, files, current) {
    this.bar.value = bytes;
    this.part("count").textContent = `${files} / ${this.count}`;
    this.part("file").textContent = current.name;
    if (this.meter) this.part("meter").textContent = this.meter.read(bytes);
  }

  taken() {
    htmx.trigger(document.body, "pictures-changed");
  }

  lost() {
    this.say("lost");
  }

  going() {
    this.say("sending");
  }

  // What a request could not bring, below the panel that follows.
  problem(answer, parcel) {
    const sentence = answer.error ?? (answer.status === 413 ? words.tooBig : words.lost);
    const rest = parcel.files.length > 1 ? ` +${parcel.files.length - 1}` : "";
    const list = this.part("problems");
    list.append(Object.assign(document.createElement("li"), { textContent: `${parcel.files[0].name}${rest}: ${sentence}` }));
    list.hidden = false;
  }

  async sendBig(file, group) {
    const progress = (bytes) => this.progress(this.before + bytes, this.files, file);
    const held = (why) => this.say("paused", why);
    const problem = (answer) => this.problem(answer, { files: [file] });
    const ready = (big) => ((this.big = big), this.going());
    progress(0);
    try {
      const { sendBig } = await import("./big.js");
      return await sendBig(file, group, this.stop.signal, { progress, held, problem, ready, lost: () => this.lost(), going: () => this.going() });
    } catch {
      return problem({ status: 0 }); // the program, or the file itself, cannot be read
    } finally {
      this.big = null;
      this.passed(file);
      this.going();
    }
  }

  // A file that is done with, however it went.
  passed(file) {
    this.before += file.size;
    this.files += 1;
  }
}

const only = (groups, which) => groups.map((group) => ({ ...group, files: group.files.filter(which) })).filter((group) => group.files.length);

export async function send(groups) {
  const work = new Sending(groups.flatMap((group) => group.files));
  const token = drop.querySelector("[name=csrfmiddlewaretoken]").value;
  const small = only(groups, (file) => file.size <= BIG);
  const ids = await sendAll(drop.action, token, small, work.stop.signal, work);
  small.forEach((group) => group.files.forEach((file) => work.passed(file)));
  for (const group of only(groups, (file) => file.size > BIG)) {
    for (const file of group.files) if (!work.stop.signal.aborted) ids.push(await work.sendBig(file, group));
  }
  settle(work.box, ids.filter(Boolean));
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
export const apart = () => complain(words.apart);

// An unfinished upload goes on with the same file, and with no other.
export async function again(row, file) {
  const { isThatOf } = await import("./big.js");
  if (await isThatOf(row, file)) send([{ name: "", label: row.dataset.of, files: [file] }]);
  else complain(words.other.replace("{name}", row.dataset.name));
}
