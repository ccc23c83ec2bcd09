// Ask about a picture that was chosen, dropped, pasted or taken: preview at once, answer on the board, a strip of what was asked.

const SHRINK_OVER = 1_500_000, SHRINK_TO = 1024, KEPT = 12;
const form = document.querySelector("[data-try]");
const board = document.querySelector("[data-board]");
const strip = document.querySelector("[data-strip]");
const preview = form.querySelector("[data-preview]");
let latest = 0;

// A phone photo of many megabytes is sent as large as it will be looked at; formats that only the browser can read become JPEG.
async function ready(file) {
  const known = ["image/jpeg", "image/png"].includes(file.type);
  if (known && file.size <= SHRINK_OVER) return file;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, SHRINK_TO / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

function tell(sentence) {
  const said = document.createElement("p");
  said.textContent = sentence;
  board.replaceChildren(said);
}

function frame(isFilled) {
  form.querySelector("[data-shown]").hidden = !isFilled;
  form.querySelector("[data-invite]").hidden = isFilled;
}

function show(url) {
  preview.src = url;
  frame(true);
}

function remember(url, answer) {
  const item = document.querySelector("[data-strip-item]").content.cloneNode(true).firstElementChild;
  item.querySelector("img").src = url;
  item.querySelector("[data-said]").textContent = answer.dataset.winner ? `${answer.dataset.winner} ${answer.dataset.share}` : answer.querySelector(".say-big").textContent;
  const kept = answer.cloneNode(true);
  item.querySelector("button").addEventListener("click", () => {
    latest += 1;
    show(url);
    board.replaceChildren(kept.cloneNode(true));
  });
  strip.prepend(item);
  strip.scrollTo(0, 0);
  while (strip.children.length > KEPT) {
    URL.revokeObjectURL(strip.lastElementChild.querySelector("img").src);
    strip.lastElementChild.remove();
  }
  document.querySelector("[data-history]").hidden = strip.children.length < 2;
}

async function ask(file) {
  const mine = (latest += 1);
  let picture;
  try {
    picture = await ready(file);
  } catch {
    return tell(form.dataset.odd);
  }
  const url = URL.createObjectURL(file);
  show(url);
  board.setAttribute("aria-busy", "true");
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("image", picture, file.name || "picture.jpg");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    const html = await answer.text();
    if (mine !== latest) return;
    board.innerHTML = html;
    board.parentElement.scrollIntoView({ block: "nearest" });
    if (answer.ok) remember(url, board.querySelector("[data-answer]"));
  } catch {
    if (mine === latest) tell(form.dataset.lost);
  } finally {
    if (mine === latest) board.removeAttribute("aria-busy");
  }
}

const takeFirst = (files) => files?.length && ask(files[0]);

preview.addEventListener("error", () => frame(false)); // named like a picture, and none
document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
form.querySelectorAll("[data-without-script]").forEach((part) => (part.hidden = true));
form.querySelectorAll("[data-file]").forEach((input) => {
  input.classList.replace("input", "visually-hidden");
  input.hidden = false;
  input.addEventListener("change", () => takeFirst(input.files));
});
["dragover", "dragleave", "drop"].forEach((name) => form.addEventListener(name, (event) => {
  event.preventDefault();
  form.classList.toggle("over", name === "dragover");
  if (name === "drop") takeFirst(event.dataTransfer.files);
}));
document.addEventListener("paste", (event) => takeFirst(event.clipboardData.files));
