// What the camera sees, added to a label: hold the button, as on the page of pictures. Sent and taken back by the same roll.

import { Roll } from "../ingest/roll.js";

const EVERY_MS = 250;
const SIDE = 640;

export function prepare(camera, card) {
  const hold = card.querySelector("[data-hold]");
  const roll = new Roll(card);
  let timer = null;

  async function shoot() {
    const kept = roll.current;
    const { videoWidth: width, videoHeight: height } = camera.video;
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const { bytes } = await camera.frames.jpeg([0, 0, width, height], Math.round(width * scale), Math.round(height * scale));
    if (bytes) roll.add(new Blob([bytes], { type: "image/jpeg" }), kept);
  }

  function begin() {
    if (timer || !camera.device.isOn) return;
    hold.setAttribute("aria-pressed", "true");
    roll.begin(card.querySelector("[data-to]").value);
    timer = setInterval(shoot, EVERY_MS);
    shoot();
  }

  function finish() {
    if (!timer) return;
    clearInterval(timer);
    timer = null;
    hold.setAttribute("aria-pressed", "false");
    roll.finish();
    card.querySelector("[data-train]").hidden = false;
  }

  hold.addEventListener("pointerdown", (event) => event.button === 0 && (hold.setPointerCapture(event.pointerId), begin()));
  for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) hold.addEventListener(name, finish);
  const isKey = (event) => event.key === " " || event.key === "Enter";
  hold.addEventListener("keydown", (event) => isKey(event) && (event.preventDefault(), event.repeat || begin()));
  hold.addEventListener("keyup", (event) => isKey(event) && (event.preventDefault(), finish()));
  hold.addEventListener("click", (event) => event.detail === 0 && (begin(), finish())); // neither pointer nor key: one picture
  hold.addEventListener("contextmenu", (event) => event.preventDefault());
  camera.box.addEventListener("camera-on", () => (hold.disabled = false));
  camera.box.addEventListener("camera-off", () => (finish(), (hold.disabled = true)));
}
