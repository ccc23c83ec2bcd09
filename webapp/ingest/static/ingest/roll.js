// The pictures that a camera has taken: shown small, sent some at a time, and taken back by the handful.

import { pause } from "./connection.js";
import { sendAll } from "./send.js";

const TOGETHER = 10; // pictures of one request
const SHOWN = 8;
const ASK_MS = 1000;
const drop = document.getElementById("drop");
const token = drop.querySelector("[name=csrfmiddlewaretoken]").value;
const files = (count) => (count === 1 ? "one" : "many");

export class Roll {
  constructor(box) {
    Object.assign(this, { box, holds: [], current: null, sending: Promise.resolve(), same: 0, number: 0, stop: new AbortController() });
    this.part("undo").addEventListener("click", () => this.takeBack());
  }

  part(name) {
    return this.box.querySelector(`[data-${name}]`);
  }

  // One hold of the button: `pictures` of them in all, `waiting` to be sent, `ids` of the uploads they went with.
  begin(label) {
    this.current = { label, pictures: 0, waiting: [], ids: [], thumbs: [], gone: false };
    this.holds.push(this.current);
  }

  add(picture, hold) {
    if (!hold || hold.gone) return;
    hold.pictures += 1;
    this.number += 1;
    hold.waiting.push(new File([picture], `camera-${Date.now()}-${this.number}.jpg`, { type: "image/jpeg" }));
    this.preview(picture, hold);
    if (hold.waiting.length >= TOGETHER || hold !== this.current) this.send(hold);
    this.tell();
  }

  finish() {
    this.send(this.current);
    this.current = null;
    this.tell();
  }

  // Requests go one after the other, so that the newest hold is also the last to arrive.
  send(hold) {
    const some = hold.waiting.splice(0);
    if (!some.length) return;
    this.sending = this.sending.then(() => (hold.gone ? null : this.bring(hold, some)));
  }

  async bring(hold, some) {
    const problem = (answer) => this.say(answer.error ?? this.part("count").dataset.problem);
    const on = { progress() {}, taken() {}, problem, lost: () => this.say(this.part("count").dataset.lost), going: () => this.tell() };
    const ids = await sendAll(drop.action, token, [{ label: hold.label, files: some }], this.stop.signal, on);
    hold.ids.push(...ids);
    ids.forEach((id) => this.watch(id));
  }

  // The page shows the pictures when a worker has taken them in.
  async watch(id) {
    for (let status = "queued"; ["queued", "running"].includes(status); ) {
      await pause(ASK_MS, this.stop.signal);
      const answer = await fetch(`${drop.dataset.api}uploads/${id}`).catch(() => null);
      const upload = answer?.ok ? await answer.json() : { status };
      status = answer && !answer.ok && answer.status < 500 ? "gone" : upload.status;
      if (["done", "failed"].includes(status)) this.same += upload.duplicates;
    }
    htmx.trigger(document.body, "pictures-changed");
    this.tell();
  }

  preview(picture, hold) {
    const image = Object.assign(new Image(), { src: URL.createObjectURL(picture), alt: "" });
    hold.thumbs.push(image);
    this.part("previews").prepend(image);
    [...this.part("previews").children].slice(SHOWN).forEach(forget);
  }

  tell() {
    const { dataset } = this.part("count");
    const total = this.holds.reduce((sum, hold) => sum + hold.pictures, 0);
    const same = this.same ? ` ・ ${dataset.same.replace("{n}", this.same)}` : "";
    this.say(dataset[files(total)].replace("{n}", total) + same);
    const last = this.holds.at(-1);
    this.part("undo").hidden = !last || Boolean(this.current);
    if (last) this.part("undo").querySelector("span").textContent = this.part("undo").dataset[files(last.pictures)].replace("{n}", last.pictures);
  }

  say(sentence) {
    this.part("count").textContent = sentence;
  }

  // The newest hold goes again: what was not sent is not, and what was is deleted.
  async takeBack() {
    const hold = this.holds.pop();
    hold.gone = true;
    hold.thumbs.forEach(forget);
    this.tell();
    await this.sending;
    for (let live = hold.ids.length > 0; live; ) {
      const answer = await fetch(`/uploads/${hold.ids[0]}/take-back?with=${hold.ids.slice(1).join(",")}`, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
      live = !answer || answer.status >= 500 || (answer.ok && (await answer.json()).is_live);
      if (live) await pause(ASK_MS / 2, this.stop.signal);
    }
    htmx.trigger(document.body, "pictures-changed");
  }

  // What is on its way still goes; nothing is shown any more.
  close() {
    this.part("previews").querySelectorAll("img").forEach(forget);
  }
}

function forget(image) {
  URL.revokeObjectURL(image.src);
  image.remove();
}
