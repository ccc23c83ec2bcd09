// A worker that runs the very model of the server in this browser, by onnxruntime-web: on the graphics card where that works, else on the processor.

import { read, isUnknown } from "../serving/familiar.js";

const FILES = { webgpu: "ort.webgpu.min.mjs", wasm: "ort.wasm.min.mjs" };
const MOST_THREADS = 4; // and one core is left to the page and its video
let ort, session, labels, side, usual, canvas;

async function fetched(address, onProgress) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const all = Number(answer.headers.get("Content-Length")) || 1;
  const parts = [];
  let done = 0;
  for (let reader = answer.body.getReader(); ; ) {
    const { value, done: isOver } = await reader.read();
    if (isOver) break;
    parts.push(value);
    onProgress({ done: (done += value.length), all });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function started(engine, runtime, model) {
  if (engine === "webgpu" && !(await navigator.gpu?.requestAdapter())) return null;
  ort = await import(runtime + FILES[engine]);
  Object.assign(ort.env.wasm, { wasmPaths: runtime, numThreads: self.crossOriginIsolated ? Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency - 1)) : 1 });
  ort.env.logLevel = "error";
  return ort.InferenceSession.create(model, { executionProviders: [engine], graphOptimizationLevel: "all" });
}

async function load({ runtime, network, familiar, engines, ...about }) {
  ({ labels, side } = about);
  const model = await fetched(network, (progress) => self.postMessage({ progress }));
  const known = await fetch(familiar, { credentials: "same-origin" });
  usual = known.status === 200 ? read(await known.arrayBuffer()) : null;
  for (const engine of engines) {
    session = await started(engine, runtime, model).catch((error) => (console.warn(`${engine}: ${error.message}`), null));
    if (session) return { engine };
  }
  return { engine: null };
}

// RGB of what is in `box` of a picture, uint8 [side, side, 3].
function pixels(picture, box) {
  canvas ??= new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, ...box, 0, 0, side, side);
  picture.close();
  const { data } = context.getImageData(0, 0, side, side);
  const rgb = new Uint8Array(side * side * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  return rgb;
}

async function look({ picture, box, jpeg }) {
  const began = performance.now();
  const seen = jpeg ? await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }), { colorSpaceConversion: "none" }) : picture;
  const rgb = pixels(seen, box ?? [0, 0, side, side]);
  const decoded = performance.now();
  const outputs = await session.run({ picture: new ort.Tensor("uint8", rgb, [side, side, 3]) });
  const shares = outputs.probabilities.data;
  const unknown = Boolean(usual && outputs.features && isUnknown(usual, outputs.features.data, shares));
  const predictions = labels.map((label, place) => ({ label, confidence: shares[place] })).sort((a, b) => b.confidence - a.confidence);
  return { predictions, unknown, times: { decode: decoded - began, infer: performance.now() - decoded } };
}

self.addEventListener("message", async ({ data }) => {
  try {
    self.postMessage({ id: data.id, ...(data.load ? await load(data.load) : await look(data.look)) });
  } catch (error) {
    console.warn(error.message);
    self.postMessage({ id: data.id, failed: true });
  }
});
