// Hold a button, and what the camera sees streams into a label. Loaded when somebody opens the camera.

import { copy, place } from "./panel.js";
import { Roll } from "./roll.js";

const EVERY_MS = 200;
const SIDE = 640;
const QUALITY = 0.9;
const TROUBLE = { NotAllowedError: "blocked", SecurityError: "blocked", NotReadableError: "busy", AbortError: "busy" };

class Camera {
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
  }

  // Raises a DOMException that says why not. Without a choice, the camera on the back of a phone.
  async start(id) {
    this.stop();
    const which = id ? { deviceId: { exact: id } } : { facingMode: { ideal: "environment" } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false });
    this.video.srcObject = stream;
    await this.video.play();
    return stream.getVideoTracks()[0].getSettings().deviceId;
  }

  stop() {
    this.video.srcObject?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  get isOn() {
    return this.video.videoWidth > 0 && Boolean(this.video.srcObject);
  }

  picture() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, SIDE / Math.max(videoWidth, videoHeight));
    this.canvas.width = Math.round(videoWidth * scale);
    this.canvas.height = Math.round(videoHeight * scale);
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return new Promise((done) => this.canvas.toBlob(done, "image/jpeg", QUALITY));
  }
}

const cameras = async () => (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");

function option(value, text) {
  return Object.assign(document.createElement("option"), { value, textContent: text });
}

class Capture {
  constructor() {
    this.box = copy("capture");
    this.camera = new Camera(this.part("video"));
    this.roll = new Roll(this.box);
    this.offers();
    this.listen();
    place(this.box);
  }

  part(name) {
    return this.box.querySelector(`[data-${name}]`);
  }

  offers() {
    const labels = [...document.querySelectorAll("[data-label][data-name]")];
    this.part("label").append(...labels.map((row) => option(row.dataset.label, row.dataset.name)));
  }

  listen() {
    const hold = this.part("hold");
    hold.addEventListener("pointerdown", (event) => event.button === 0 && (hold.setPointerCapture(event.pointerId), this.begin()));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) hold.addEventListener(name, () => this.finish());
    const isKey = (event) => event.key === " " || event.key === "Enter";
    hold.addEventListener("keydown", (event) => isKey(event) && (event.preventDefault(), event.repeat || this.begin()));
    hold.addEventListener("keyup", (event) => isKey(event) && (event.preventDefault(), this.finish()));
    // A press that is neither pointer nor key (a screen reader, a switch) takes one picture.
    hold.addEventListener("click", (event) => event.detail === 0 && (this.begin(), this.finish()));
    hold.addEventListener("contextmenu", (event) => event.preventDefault());
    this.part("cameras").addEventListener("change", (event) => this.open(event.target.value));
    this.part("shut").addEventListener("click", () => this.close());
    this.hidden = () => (document.hidden ? this.sleep() : this.open(this.part("cameras").value));
    document.addEventListener("visibilitychange", this.hidden);
  }

  // Opens the camera, or says in a sentence why it cannot.
  async open(id = "") {
    const sentences = this.part("trouble").dataset;
    let trouble = "";
    this.part("hold").disabled = true;
    try {
      if (!navigator.mediaDevices?.getUserMedia) trouble = isSecureContext ? "none" : "insecure";
      else await this.show(await this.camera.start(id));
    } catch (error) {
      trouble = TROUBLE[error.name] ?? "none";
    }
    if (!this.box.isConnected) this.camera.stop(); // it was closed while the browser asked
    this.part("trouble").hidden = !trouble;
    this.part("trouble").querySelector("span").textContent = trouble ? sentences[trouble] : "";
    this.part("live").hidden = Boolean(trouble);
    this.part("hold").disabled = Boolean(trouble);
  }

  async show(chosen) {
    const found = await cameras();
    const choice = this.part("cameras");
    choice.replaceChildren(...found.map((device, number) => option(device.deviceId, device.label || `${choice.dataset.name} ${number + 1}`)));
    choice.value = chosen;
    this.part("choice").hidden = found.length < 2;
  }

  begin() {
    if (this.timer || !this.camera.isOn || !this.part("label").value) return;
    this.part("hold").setAttribute("aria-pressed", "true");
    this.roll.begin(this.part("label").value);
    this.timer = setInterval(() => this.shoot(), EVERY_MS);
    this.shoot();
  }

  async shoot() {
    const roll = this.roll.current;
    const picture = await this.camera.picture();
    if (picture) this.roll.add(picture, roll);
  }

  finish() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.part("hold").setAttribute("aria-pressed", "false");
    this.roll.finish();
  }

  sleep() {
    this.finish();
    this.camera.stop();
  }

  close() {
    this.sleep();
    document.removeEventListener("visibilitychange", this.hidden);
    this.roll.close();
    this.box.remove();
    document.querySelector("[data-camera]").focus();
  }
}

let open = null;

export async function openCamera() {
  if (!open?.box.isConnected) open = new Capture();
  await open.open();
  open.part("hold").focus({ preventScroll: true });
}
