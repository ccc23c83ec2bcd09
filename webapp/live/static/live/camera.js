// The live camera. The video runs by itself; beside it a frame is looked at whenever the last answer has come.

import { Board } from "./board.js";
import { Device } from "./device.js";
import { Frames } from "./frames.js";
import { Speed } from "./speed.js";
import { Times } from "./times.js";
import { Wire } from "./wire.js";

const EVERY_MS = 1000 / 15;
const NO_FRAME_MS = 100;
const rest = (ms) => new Promise((done) => setTimeout(done, Math.max(0, ms)));

export class LiveCamera {
  constructor(box) {
    Object.assign(this, { box, side: Number(box.dataset.side), isOn: false, asleep: false, held: false, where: "server", brain: null, turn: 0, dropped: 0 });
    this.video = this.part("video");
    this.device = new Device(this.video, () => this.fail("unplugged"));
    this.frames = new Frames(this.video, box.dataset.encoder);
    this.board = new Board(box);
    this.times = new Times();
    this.speed = new Speed(this.part("speed"), this.times);
    this.wire = new Wire(box.dataset.socket, { answer: (message, facts) => this.answered(message, facts), state: (word, why) => this.line(word, why), ended: (word) => this.ended(word) });
    this.part("start").addEventListener("click", () => this.start());
    this.part("stop").addEventListener("click", () => this.stop());
    this.part("flip").addEventListener("click", () => this.flip());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.sleep() : this.wake()));
    addEventListener("pagehide", () => this.sleep());
  }

  part(name) {
    return this.box.querySelector(`[data-${name}]`);
  }

  async start() {
    this.part("start").disabled = true;
    const trouble = await this.device.open();
    this.part("start").disabled = false;
    if (trouble) return this.fail(trouble);
    this.notice("trouble", "");
    this.notice("line", "");
    this.isOn = true;
    this.stage(true);
    this.part("stop").focus({ preventScroll: true });
    this.stayAwake();
    if (this.where === "here") this.line("on");
    else this.wire.open();
    return this.cycle();
  }

  stop() {
    this.isOn = this.asleep = false;
    this.wire.close();
    this.device.close();
    this.lock?.release().catch(() => {});
    this.lock = null;
    this.stage(false);
    this.box.dispatchEvent(new Event("camera-off"));
  }

  fail(word) {
    this.stop();
    this.notice("trouble", word);
  }

  ended(word) {
    this.stop();
    this.notice("line", word);
  }

  // A page that nobody looks at films nobody.
  sleep() {
    if (!this.isOn) return;
    this.stop();
    this.asleep = true;
  }

  wake() {
    if (this.asleep && !this.isOn) this.start();
    this.asleep = false;
  }

  async flip() {
    const trouble = await this.device.flip();
    if (trouble) this.fail(trouble);
  }

  async stayAwake() {
    this.lock = await navigator.wakeLock?.request("screen").catch(() => null); // a phone on low battery may say no
  }

  stage(isOn) {
    this.part("before").hidden = isOn;
    this.box.querySelectorAll("[data-during]").forEach((part) => (part.hidden = !isOn));
    this.part("flip").hidden = this.device.several.length < 2;
    if (isOn) this.box.dispatchEvent(new Event("camera-on"));
  }

  notice(name, word) {
    const notice = this.part(name);
    notice.hidden = !word;
    notice.querySelector("span").textContent = word ? notice.dataset[word] : "";
  }

  // What the line to the server is doing.
  line(word, why = "") {
    const state = this.part("state");
    state.classList.toggle("live", word === "on");
    state.querySelector("[data-word]").textContent = state.dataset[word];
    this.notice("line", word === "again" ? why : "");
  }

  // One frame after the other, never more than 15 a second, for as long as the camera is on.
  async cycle() {
    const mine = (this.turn += 1);
    while (this.isOn && mine === this.turn) {
      const began = performance.now();
      const looked = this.device.isOn && !this.held && (await (this.nextPlace() === "here" ? this.lookHere() : this.lookThere()));
      await rest(looked ? EVERY_MS - (performance.now() - began) : NO_FRAME_MS);
    }
  }

  nextPlace() {
    if (this.where !== "both") return this.where;
    this.alternate = !this.alternate;
    return this.alternate ? "here" : "server";
  }

  async lookThere() {
    if (!(await this.wire.mayGo()) || this.held) return false;
    const { bytes } = await this.frames.jpeg(this.frames.box, this.side, this.side);
    if (bytes && !this.held) this.wire.send(bytes, {});
    return Boolean(bytes);
  }

  async lookHere() {
    const picture = await this.frames.still();
    const answer = await this.brain.look({ picture, box: this.frames.box });
    if (!answer || !this.isOn) return false;
    this.times.add("here", answer.times);
    this.speed.soon();
    this.board.show(answer);
    return true;
  }

  answered(message, facts) {
    if (message.dropped || message.error) this.times.dropped += 1;
    if (message.dropped) this.wire.suit(0, EVERY_MS, true);
    facts.tell?.(message);
    if (!message.timing || !this.isOn) return this.speed.soon();
    const { queue_ms: queue, decode_ms: decode, infer_ms: infer, total_ms: total } = message.timing;
    const network = Math.max(0, facts.took - total);
    this.times.add("server", { network, queue, decode, infer });
    this.wire.suit(this.times.of("server", "network", 0.5), EVERY_MS, false);
    this.board.show(message);
    return this.speed.soon();
  }

  // The answer of the server about one JPEG; null when there is none. Other frames wait until then: a newer one would take its place.
  async ask(bytes) {
    this.held = true;
    try {
      const mayGo = await this.wire.mayGo();
      return mayGo ? await Promise.race([new Promise((tell) => this.wire.send(bytes, { tell })), rest(10_000).then(() => null)]) : null;
    } finally {
      this.held = false;
    }
  }

  // Who looks at the frames from now on: "server", "here" or "both".
  lookBy(where) {
    this.where = where;
    if (where === "here") this.wire.close();
    else if (this.isOn) this.wire.open();
    if (this.isOn && where === "here") this.line("on");
  }
}

const box = document.querySelector("[data-live-camera]");
const camera = new LiveCamera(box);
const where = box.querySelector("[data-where]");
if (where) {
  where.disabled = false;
  where.addEventListener("change", async (event) => (await import("./here.js")).choose(camera, where, event.target.value));
}
const adding = box.querySelector("[data-adding]");
if (adding) import("./adding.js").then(({ prepare }) => prepare(camera, adding));
