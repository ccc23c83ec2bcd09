// One question to the server: a picture goes, what belongs on the board comes back.

// The server said no, in a sentence; `part` is what it wants to see on the board, `wait` after how many seconds it may be asked again, `again` whether that may help.
export class Refusal extends Error {
  constructor(sentence, { part = null, wait = 0, again = false } = {}) {
    super(sentence);
    Object.assign(this, { part, wait, again });
  }
}

export async function post(address, form, fields, signal) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken?.value ?? ""); // a frame on another site has none
  for (const [name, value] of Object.entries(fields)) value instanceof File ? body.set(name, value, value.name) : body.set(name, value);
  const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" }, signal });
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  const part = parsed(await answer.text());
  const sentence = (part?.querySelector("[data-why]") ?? part)?.textContent.trim().replace(/\s+/g, " ");
  return new Refusal(sentence || answer.statusText, { part: part?.matches("[data-answer]") ? part : null, wait: Number(answer.headers.get("Retry-After")) || 0, again: answer.status === 429 || answer.status >= 500 });
}

// Rendered and escaped by the server, as htmx would put it there.
const parsed = (html) => document.importNode(new DOMParser().parseFromString(html, "text/html").body.firstElementChild, true);

// The answer as an element. Throws Refusal, and TypeError when the server cannot be reached.
export async function ask(form, picture, signal) {
  const began = performance.now();
  const answer = parsed(await (await post(form.action, form, { image: picture }, signal)).text());
  const took = answer.querySelector("[data-took]");
  if (took) took.textContent += took.dataset.took.replace("{ms}", Math.round(performance.now() - began));
  return answer;
}
