// The worker: it unpacks the model and what runs it, and answers about one picture after the other. It asks the network for nothing.

import { PictureError } from "./errors.js";
import { read, familiarity } from "./familiar.js";
import { framePixels, pixels } from "./picture.js";

let ort, session, usual, side;

const addressOf = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

function bytesOf(base64) {
  const text = atob(base64.trim()), bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

async function unpacked(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const text = async (base64) => new TextDecoder().decode(await unpacked(base64));

async function start(given) {
  side = given.side;
  ort = await import(addressOf(await text(given.runtime)));
  // One thread: more need a page that is isolated by headers, and a file has none.
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: { mjs: addressOf(await text(given.loader)) }, wasmBinary: await unpacked(given.machine) });
  ort.env.logLevel = "error";
  session = await ort.InferenceSession.create(await unpacked(given.network), { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  usual = given.familiar ? read((await unpacked(given.familiar)).buffer) : null;
  return { ready: true };
}

async function look({ file, frame }) {
  const began = performance.now();
  const { data, width, height } = frame ? framePixels(frame) : await pixels(file, side);
  const decoded = performance.now();
  const outputs = await session.run({ picture: new ort.Tensor("uint8", data, [height, width, 3]) });
  const shares = Array.from(outputs.probabilities.data);
  const known = usual && outputs.features ? familiarity(usual, outputs.features.data, shares) : 1;
  return { shares, familiarity: known, unknown: Boolean(usual) && known < 1 - usual.keep, times: { decode: decoded - began, infer: performance.now() - decoded } };
}

let turn = Promise.resolve(); // a session answers one at a time

self.addEventListener("message", ({ data }) => {
  turn = turn.then(async () => {
    try {
      self.postMessage({ id: data.id, ...(data.start ? await start(data.start) : await look(data)) });
    } catch (error) {
      if (!(error instanceof PictureError)) console.warn(error);
      self.postMessage({ id: data.id, failed: error instanceof PictureError ? error.message : "broken" });
    }
  });
});
