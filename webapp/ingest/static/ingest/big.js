// A big file goes in pieces (tus 1.0): a lost connection, a pause and a reload cost nothing that has arrived. Loaded when the first big file is sent.

import { back, pause } from "./connection.js";
import { fingerprint } from "./fingerprint.js";

const PIECE = 8e6;
const TRIES = 5; // in a row without a byte more, although the server answers
const PAUSED = Symbol("paused");
const SOON_MS = 1000;
const drop = document.getElementById("drop");
const token = drop.querySelector("[name=csrfmiddlewaretoken]").value;

// The package is a plain script: it leaves its one name in the window.
const library = () => import(new URL(drop.dataset.tus, document.baseURI)).then(() => globalThis.tus);

const waiting = (mark, label) => [...document.querySelectorAll("[data-unfinished]")].find((row) => row.dataset.fingerprint === mark && (row.dataset.of ?? "") === (label ?? ""));

function sentence(response) {
  try {
    return JSON.parse(response.getBody()).error;
  } catch {
    return undefined;
  }
}

class BigFile {
  constructor(tus, file, group, mark, on) {
    const row = waiting(mark, group.label);
    const said = { filename: file.name, fingerprint: mark, ...(group.label ? { label: group.label } : group.name ? { label_name: group.name } : {}) };
    Object.assign(this, { file, on, sent: 0, held: null });
    this.upload = new tus.Upload(file, {
      endpoint: drop.dataset.transfers,
      uploadUrl: row?.dataset.address ?? null,
      chunkSize: PIECE,
      retryDelays: null,
      storeFingerprintForResuming: false,
      metadata: said,
      headers: { "X-CSRFToken": token },
      onProgress: (sent) => on.progress((this.sent = sent)),
      onSuccess: () => this.end(null),
      onError: (error) => this.end(error),
    });
    row?.remove();
  }

  get id() {
    return this.upload.url.split("/").at(-1);
  }

  attempt() {
    return new Promise((done) => {
      this.end = done;
      this.upload.start();
    });
  }

  // Keeps the file where it is until `go`.
  pause(why = "") {
    if (this.held) return;
    this.held = {};
    this.held.over = new Promise((go) => (this.held.go = go));
    this.upload.abort();
    this.on.held(why);
    this.end(PAUSED);
  }

  go() {
    this.held?.go();
    this.held = null;
    this.on.going();
  }

  giveUp() {
    this.go();
    this.upload.abort(true).catch(() => null); // what the server does not hear of goes after a day
    this.end(PAUSED);
  }

  // Resolves to the id of the upload, or null when it was stopped or refused.
  async send(stop) {
    stop.addEventListener("abort", () => this.giveUp());
    for (let tries = 0; !stop.aborted; ) {
      const before = this.sent;
      const error = await this.attempt();
      if (stop.aborted) break;
      if (!error) return this.id;
      if (this.sent > before) tries = 0;
      if (error === PAUSED) await this.held?.over;
      else if (!(await this.again(error.originalResponse, stop, ++tries))) return null;
    }
    return null;
  }

  // What to do after an answer that was no success: wait and go on (true), or say why not (false).
  async again(response, stop, tries) {
    const status = response?.getStatus() ?? 0;
    if (status === 507) {
      this.pause(sentence(response));
      await this.held.over;
    } else if (status === 409 || status === 423) {
      await pause(SOON_MS, stop); // the last piece of the old connection is still coming in
    } else if (status === 429) {
      await pause(1000 * (response.getHeader("Retry-After") || 30), stop);
    } else if ((status === 0 || status >= 500) && tries <= TRIES) {
      this.on.lost();
      await back(stop);
    } else {
      this.on.problem({ status, error: sentence(response) });
      return false;
    }
    this.on.going();
    return true;
  }
}

// Sends one file of a group. `on.ready(file)` gets what can be paused; the rest of `on` is as in send.js.
export async function sendBig(file, group, stop, on) {
  const [tus, mark] = await Promise.all([library(), fingerprint(file)]);
  const big = new BigFile(tus, file, group, mark, on);
  on.ready(big);
  return big.send(stop);
}

// Whether a file is the one that an unfinished upload waits for.
export const isThatOf = async (row, file) => (await fingerprint(file)) === row.dataset.fingerprint;
