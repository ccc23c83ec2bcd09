// "Find similar": a photo comes by a file field, the camera, a drop or a paste, and the page goes to what looks like it. A neighbour that is dropped on the field is hopped to.

import { takeIn } from "../serving/intake.js";
import { Refusal, post } from "../serving/question.js";
import { ready } from "../serving/ready.js";
import { recall, remember } from "./photos.js";

const TRIES = 12, WAIT = 3; // while the server gets ready; seconds
const OURS = /\/images\/([0-9a-f-]{36})\/|[?&]picture=([0-9a-f-]{36})/;

function bind(root) {
  const words = { ...root.querySelector("[data-words]").dataset };
  const form = root.querySelector("[data-try]"), said = form.querySelector("[data-said]");
  const frame = form.querySelector("[data-frame]"), picture = form.querySelector("[data-shown]");

  async function show(blob) {
    if (!picture) return;
    const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
    await image.decode(); // rejects where it is no picture
    picture.src = image.src;
    if (frame) frame.hidden = false;
    form.querySelector("[data-unseen]")?.remove();
  }

  async function sent(photo) {
    for (let tries = 1; ; tries += 1) {
      try {
        return (await post(form.action, form, { image: photo, k: form.elements.k.value })).headers.get("HX-Redirect");
      } catch (error) {
        if (!(error instanceof Refusal) || !error.again || tries === TRIES) throw error;
        const seconds = error.wait || WAIT;
        said.textContent = `${error.message} ${words.again.replace("{seconds}", seconds)}`;
        await new Promise((done) => setTimeout(done, 1000 * seconds));
      }
    }
  }

  let latest = 0; // the newest photo wins
  async function search(file) {
    const mine = (latest += 1);
    said.textContent = words.looking;
    form.setAttribute("aria-busy", "true");
    try {
      const photo = await ready(file).catch(() => {
        throw new Refusal(words.odd);
      });
      if (mine === latest) show(photo).catch(() => {}); // the server says what is wrong with it
      const address = await sent(photo);
      if (mine !== latest) return;
      await remember(address, photo);
      location.assign(address);
    } catch (error) {
      if (mine !== latest) return;
      said.textContent = error instanceof Refusal ? error.message : words.lost;
      form.removeAttribute("aria-busy");
    }
  }

  form.addEventListener("drop", (event) => {
    const id = OURS.exec(event.dataTransfer.getData("text/uri-list"))?.slice(1).find(Boolean);
    if (!id) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    location.assign(`?picture=${id}`);
  });
  takeIn(root, { files: (files) => files.length && search(files[0]) });
  form.noValidate = true;
  const known = frame && recall(location.search);
  if (known) show(known).catch(() => {});
}

document.querySelectorAll("[data-find]").forEach(bind);
document.querySelectorAll("[data-count]").forEach((part) => {
  const ticked = part.closest("form").querySelectorAll("[name=pick]:checked").length;
  if (ticked) part.textContent = part.dataset.count.replace("{n}", ticked);
});
document.querySelectorAll("[data-by-label] select").forEach((select) => select.addEventListener("change", () => select.value && select.form.requestSubmit()));
// The picture that is pressed becomes the one that is searched with: browsers that can, move it there.
document.addEventListener("click", (event) => {
  const image = event.target.closest?.("[data-hop]")?.querySelector("img");
  if (!image || event.metaKey || event.ctrlKey || event.shiftKey) return;
  document.documentElement.classList.add("hopping");
  image.style.viewTransitionName = "searched";
});
addEventListener("pageshow", () => document.documentElement.classList.remove("hopping"));
