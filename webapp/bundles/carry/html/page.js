// The page of a model in one file: pictures in, answers on the board.

const root = document.querySelector("[data-alone]"), proof = document.querySelector("[data-proof]");
const find = (name) => document.querySelector(`[data-${name}]`);
const words = find("words").dataset;
const fill = (text, values) => Object.entries(values).reduce((all, [name, value]) => all.replace(`{${name}}`, value), text);
const data = (id) => document.getElementById(id)?.textContent ?? "";
const labels = JSON.parse(data("labels"));
const LARGE = ["runtime", "loader", "machine", "network", "familiar"]; // blocks of the file
const TOP = 8, SURE = 0.9, LIKELY = 0.7, PERHAPS = 0.5, AGREES = 0.001;

// What answers: a worker, so that the page stays quick while it thinks.
class Brain {
  constructor(source) {
    Object.assign(this, { waiting: new Map(), number: 0, worker: new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" }))) });
    this.worker.addEventListener("message", ({ data: answer }) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
    this.worker.addEventListener("error", (event) => console.warn(event.message, event.lineno) ?? this.waiting.forEach((done) => done({ failed: "broken" })));
  }

  ask(question, move = []) {
    const id = (this.number += 1);
    const answer = new Promise((done) => this.waiting.set(id, done));
    this.worker.postMessage({ id, ...question }, move);
    return answer;
  }
}

// ---- The board ----

function tell(mood, said, more, options = {}) {
  find("face").setAttribute("href", `#face-${mood}`);
  find("before").hidden = !options.isName;
  find("said").textContent = said;
  find("said").classList.toggle("name", Boolean(options.isName));
  find("more").textContent = more;
  find("board").removeAttribute("aria-busy");
  if (!options.isQuiet) find("heard").textContent = `${said}. ${more}`;
}

const percent = (share) => `${Math.min(Math.round(100 * share), share > 0.9995 ? 100 : 99)}%`;
const howSure = (share) => words[share >= SURE ? "sure" : share >= LIKELY ? "likely" : share >= PERHAPS ? "perhaps" : "hardly"];
const ranked = (shares) => shares.map((share, place) => ({ label: labels[place], share })).sort((a, b) => b.share - a.share);
const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

function bar({ label, share }, isWinner) {
  const name = element("span", { textContent: label }), value = element("span", { className: "num", textContent: percent(share) });
  const line = element("progress", { max: 100, value: Math.round(1000 * share) / 10, ariaLabel: `${label} ${percent(share)}` });
  return element("div", { className: isWinner ? "bar win" : "bar" }, name, value, line);
}

let said = ""; // what the board says, so that a camera is not read out thirty times a second

function show(answer) {
  find("chips").hidden = true;
  if (answer.failed) {
    said = "";
    find("bars").replaceChildren();
    find("took").hidden = true;
    return tell("puzzled", words.refused, words[answer.failed] ?? words.broken);
  }
  const best = ranked(answer.shares);
  const isQuiet = said === `${answer.unknown}${best[0].label}`;
  said = `${answer.unknown}${best[0].label}`;
  if (answer.unknown) tell("puzzled", words.none, fill(words.closest, { label: best[0].label }), { isQuiet });
  else tell("happy", best[0].label, howSure(best[0].share), { isQuiet, isName: true });
  find("bars").replaceChildren(...best.slice(0, TOP).map((one, place) => bar(one, !place && !answer.unknown)));
  const { decode, infer } = answer.times;
  find("took").textContent = fill(words.took, { ms: Math.round(decode + infer), decode: Math.round(decode), infer: Math.round(infer) });
  find("took").hidden = false;
}

// ---- Pictures ----

const isImage = (file) => file.type.startsWith("image/") || /\.(jpe?g|png|webp|gif|avif|hei[cf])$/i.test(file.name);

function picture(url) {
  const preview = find("preview");
  preview.src = url;
  preview.hidden = false;
  find("shown").hidden = false;
  find("invite").hidden = true;
}

function remember(url, answer) {
  const best = answer.failed ? null : ranked(answer.shares)[0];
  const name = !best ? words.refused : answer.unknown ? words.noneShort : best.label;
  const button = element("button", { type: "button", className: "shot strip-picture" }, element("span", { className: "pic" }, element("img", { src: url, alt: "" })), element("span", { textContent: name }));
  button.addEventListener("click", () => (picture(url), show(answer)));
  find("strip").prepend(element("li", {}, button));
  find("history").hidden = false;
}

async function ask(files) {
  camera.stop();
  for (const file of files.filter(isImage).length ? files.filter(isImage) : files) {
    const url = URL.createObjectURL(file);
    picture(url);
    find("board").setAttribute("aria-busy", "true");
    const answer = await brain.ask({ file });
    show(answer);
    find("board").scrollIntoView({ block: "nearest" });
    remember(url, answer);
  }
}

function takeIn(form) {
  document.querySelectorAll("[data-file]").forEach((input) => input.addEventListener("change", () => {
    ask([...input.files]);
    input.value = ""; // the same picture may be chosen again
  }));
  ["dragover", "dragleave", "drop"].forEach((name) => document.addEventListener(name, (event) => {
    event.preventDefault(); // a picture dropped beside the card would be opened in place of the page
    form.classList.toggle("over", name === "dragover");
    if (name === "drop") ask([...event.dataTransfer.files]);
  }));
  document.addEventListener("paste", ({ clipboardData }) => clipboardData.files.length && ask([...clipboardData.files]));
}

// ---- The camera ----

const camera = {
  stream: null,

  async start() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } } });
    } catch {
      return tell("puzzled", words.refused, words.noCamera);
    }
    const video = find("video");
    video.srcObject = this.stream;
    await video.play();
    this.dress(true);
    this.watch(video, this.stream);
  },

  async watch(video, stream) {
    while (this.stream === stream) {
      const frame = await createImageBitmap(video);
      const answer = await brain.ask({ frame }, [frame]);
      if (this.stream === stream) show(answer);
      await new Promise((next) => requestAnimationFrame(next)); // and none while the page is not seen
    }
  },

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.stream) this.dress(false);
    this.stream = null;
  },

  dress(isOn) {
    find("video").hidden = !isOn;
    find("preview").hidden = true;
    find("shown").hidden = !isOn;
    find("invite").hidden = isOn;
    find("camera").setAttribute("aria-pressed", isOn);
    find("camera-word").textContent = isOn ? words.cameraOff : words.camera;
  },
};

// ---- The proof ----

async function proven({ picture: base64, name, ...there }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const here = await brain.ask({ file: new Blob([bytes]) });
  if (here.failed) return { name, there: best(there.answer), here: words[here.failed] ?? words.broken, difference: 1, isSame: false };
  const difference = Math.max(...labels.map((label, place) => Math.abs(there.answer[label] - here.shares[place])));
  const isSame = difference <= AGREES && (here.unknown === there.unknown || Math.abs(here.familiarity - there.familiarity) <= AGREES); // a rounding may decide
  return { name, there: best(there.answer, there.unknown), here: best(Object.fromEntries(labels.map((label, place) => [label, here.shares[place]])), here.unknown), difference, isSame };
}

function best(answer, isUnknown) {
  const [label, share] = Object.entries(answer).sort((a, b) => b[1] - a[1])[0];
  return `${label} ${(100 * share).toFixed(1)}%${isUnknown ? ` (${words.noneShort})` : ""}`;
}

async function check() {
  const all = JSON.parse(data("proof")), rows = [];
  find("check").disabled = true;
  for (const one of all) {
    rows.push(await proven(one));
    find("verdict").textContent = fill(words.checking, { done: rows.length, all: all.length });
  }
  proof.querySelector("tbody").replaceChildren(...rows.map((row) => element("tr", {}, ...[row.name, row.there, row.here, row.difference.toFixed(6)].map((textContent) => element("td", { textContent })))));
  proof.hidden = false;
  const others = rows.filter((row) => !row.isSame).length, difference = Math.max(...rows.map((row) => row.difference)).toFixed(6);
  find("verdict").textContent = fill(others ? words.differs : words.agrees, { all: rows.length, count: others, difference });
  find("check").disabled = false;
}

// ---- Waking up ----

let brain;

async function wake() {
  brain = new Brain(data("brain"));
  const given = Object.fromEntries(LARGE.map((id) => [id, data(id)]));
  const answer = await brain.ask({ start: { ...given, side: Number(root.dataset.side) } });
  if (!answer.ready) throw new Error(answer.failed);
  LARGE.forEach((id) => document.getElementById(id)?.remove()); // they are unpacked
  tell("happy", words.ready, words.readyMore, { isQuiet: true });
  takeIn(find("form"));
  find("check").disabled = false;
  find("camera").hidden = !navigator.mediaDevices?.getUserMedia;
  root.dataset.awake = "";
}

find("check").addEventListener("click", check);
find("camera").addEventListener("click", () => (camera.stream ? camera.stop() : camera.start()));
find("form").addEventListener("submit", (event) => event.preventDefault());
wake().catch((error) => {
  console.warn(error);
  tell("puzzled", words.refused, words.broken);
});
