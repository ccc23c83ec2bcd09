// Many files in several requests, one after the other, that look like one piece of work.

import { back } from "./connection.js";

const FILES = 50;
const BYTES = 40e6;
const TRIES = 5; // of one request, each after the server has answered again

// Groups {label or name, files} cut into requests of at most FILES files and, when there is more than one, BYTES bytes.
export function parcels(groups) {
  const out = [];
  for (const group of groups) {
    let parcel = null;
    for (const file of group.files) {
      if (!parcel || parcel.files.length >= FILES || parcel.bytes + file.size > BYTES) {
        parcel = { ...group, files: [], bytes: 0 };
        out.push(parcel);
      }
      parcel.files.push(file);
      parcel.bytes += file.size;
    }
  }
  return out;
}

function post(url, token, parcel, stop, onLoaded) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token);
  if (parcel.label) body.set("label", parcel.label);
  else if (parcel.name) body.set("label_name", parcel.name);
  parcel.files.forEach((file) => body.append("files", file, file.name));
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => onLoaded(event.loaded));
    request.addEventListener("load", () => done({ status: request.status, ...request.response }));
    request.addEventListener("error", () => done({ status: 0 }));
    request.addEventListener("abort", () => done({ status: -1 }));
    stop.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

// How many files of a parcel are whole on the other side when so many bytes are.
function filesWithin(parcel, loaded) {
  let left = loaded;
  const at = parcel.files.findIndex((file) => (left -= file.size) < 0);
  return at < 0 ? parcel.files.length : at;
}

// The answer to a request that is sent again after the connection was lost: what had arrived already is known by its content.
async function patiently(send, stop, on) {
  for (let tries = 1; ; tries += 1) {
    const answer = await send();
    if (answer.status !== 0 || tries === TRIES) return answer;
    on.lost();
    await back(stop);
    if (stop.aborted) return { status: -1 };
    on.going();
  }
}

// Sends all; `on.progress(bytes, files, current)`, `on.taken(id)` for each upload made, `on.problem(answer, parcel)`, `on.lost()` and
// `on.going()` when the connection went and came back. Resolves to the ids.
export async function sendAll(url, token, groups, stop, on) {
  const ids = [];
  let bytes = 0;
  let files = 0;
  for (const parcel of parcels(groups)) {
    if (stop.aborted) break;
    const onLoaded = (loaded) => {
      const done = filesWithin(parcel, loaded);
      on.progress(bytes + Math.min(loaded, parcel.bytes), files + done, parcel.files[Math.min(done, parcel.files.length - 1)]);
    };
    const answer = await patiently(() => post(url, token, parcel, stop, onLoaded), stop, on);
    bytes += parcel.bytes;
    files += parcel.files.length;
    if (answer.id) {
      ids.push(answer.id);
      on.taken(answer.id);
    } else if (answer.status >= 0) {
      on.problem(answer, parcel);
      if (answer.status === 0) break;
    }
  }
  return ids;
}
