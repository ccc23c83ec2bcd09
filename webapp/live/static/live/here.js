// The switch that runs the model in this browser: loaded when it is first used, and compared with the server before it is believed.

const AGREE_POINTS = 5;

class Brain {
  constructor(where, engines, onProgress) {
    Object.assign(this, { waiting: new Map(), number: 0, worker: new Worker(where.dataset.brain, { type: "module" }) });
    this.worker.addEventListener("message", ({ data }) => (data.progress ? onProgress(data.progress) : this.hear(data)));
    this.worker.addEventListener("error", () => this.fall());
    const { runtime, network, familiar } = where.dataset;
    const absolute = (path) => new URL(path, location.href).href;
    const labels = JSON.parse(document.getElementById("live-labels").textContent);
    const side = Number(where.closest("[data-side]").dataset.side);
    this.ready = this.ask({ load: { runtime: absolute(runtime), network: absolute(network), familiar: absolute(familiar), labels, side, engines } });
  }

  ask(question, move = []) {
    const id = (this.number += 1);
    const answer = new Promise((done) => this.waiting.set(id, done));
    this.worker.postMessage({ id, ...question }, move);
    return answer;
  }

  hear(data) {
    this.waiting.get(data.id)?.(data);
    this.waiting.delete(data.id);
  }

  fall() {
    this.waiting.forEach((done) => done(null));
    this.waiting.clear();
  }

  // {predictions, unknown, times} for {picture, box} of the video, or for {jpeg}; null when it could not be looked at.
  async look(what) {
    const answer = await this.ask({ look: what }, what.picture ? [what.picture] : []);
    return answer?.predictions ? answer : null;
  }

  end() {
    this.worker.terminate();
    this.fall();
  }
}

let brain = null;

function teller(where) {
  const line = where.querySelector("[data-brain-says]");
  return (word, values = {}) => (line.textContent = Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), line.dataset[word]));
}

// A brain that has loaded, on the best engine; null when this browser has none.
async function load(where, engines) {
  const tell = teller(where);
  const mb = (bytes) => (bytes / 1e6).toFixed(1);
  brain = new Brain(where, engines, ({ done, all }) => (done < all ? tell("loading", { done: mb(done), all: mb(all) }) : tell("starting")));
  const loaded = await brain.ready;
  if (loaded?.engine) return loaded.engine;
  brain.end();
  brain = null;
  return null;
}

// By how many points, of 100, the answers of both about one frame differ; null when they could not be compared.
async function difference(camera) {
  if (!camera.device.isOn || !camera.wire.isOpen) return null;
  const { bytes } = await camera.frames.jpeg(camera.frames.box, camera.side, camera.side);
  if (!bytes) return null;
  const copy = bytes.slice(0);
  const [theirs, ours] = await Promise.all([camera.ask(bytes), brain.look({ jpeg: copy })]);
  if (!theirs?.predictions || !ours) return null;
  const by = new Map(ours.predictions.map((row) => [row.label, row.confidence]));
  return 100 * Math.max(...theirs.predictions.map((row) => Math.abs(row.confidence - by.get(row.label))));
}

const ENGINES = { webgpu: "WebGPU", wasm: "WebAssembly" };

async function start(camera, where) {
  const tell = teller(where);
  let engine = await load(where, ["webgpu", "wasm"]);
  let points = engine && (await difference(camera));
  if (engine === "webgpu" && points > AGREE_POINTS) {
    brain.end(); // a graphics driver that computes otherwise is not used
    engine = await load(where, ["wasm"]);
    points = engine && (await difference(camera));
  }
  if (!engine) return tell("failed");
  camera.brain = brain;
  const word = points === null ? "alone" : points > AGREE_POINTS ? "differs" : "same";
  return tell(word, { engine: ENGINES[engine], points: points?.toFixed(points < 1 ? 2 : 1) });
}

let starting = null;

export async function choose(camera, where, value) {
  if (value !== "server" && !camera.brain) {
    starting ??= start(camera, where).finally(() => (starting = null));
    await starting;
  }
  const chosen = where.querySelector("input:checked").value; // it may have been chosen otherwise meanwhile
  if (chosen !== "server" && !camera.brain) where.querySelector('[value="server"]').checked = true;
  camera.lookBy(camera.brain ? chosen : "server");
}
