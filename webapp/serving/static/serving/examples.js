// Puts the label of a training picture right where it stands beside an answer, and takes that back. Answers come and go, so the document listens.

const HEADERS = { "Content-Type": "application/json" };

async function send(example, change) {
  const section = example.closest("[data-examples]");
  const token = example.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(section.dataset.examples, { method: "POST", headers: { ...HEADERS, "X-CSRFToken": token }, body: JSON.stringify({ changes: [change] }) });
  const done = answer.ok && (await answer.json()).done[0];
  if (!done || done.error) throw new Error(done?.error || words(example).failed);
}

// Not crypto.randomUUID, which a page without https does not have.
function newKey() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const words = (example) => example.closest("[data-examples]").querySelector("[data-words]").dataset;

function tell(example, sentence, step) {
  const said = example.querySelector("[data-fixed]");
  const fix = example.querySelector("[data-relabel]");
  said.hidden = false;
  said.querySelector("[data-said]").textContent = sentence;
  const back = said.querySelector("[data-back]");
  back.hidden = !step;
  back.dataset.back = step;
  fix.hidden = Boolean(step);
  fix.open = false;
  if (step) back.focus();
}

async function attempt(example, change, sentence, step) {
  try {
    await send(example, change);
    tell(example, sentence, step);
  } catch (error) {
    tell(example, error.message, "");
  }
}

// In the capturing phase: the page's own listener would mark the form as sent, and a person may change their mind.
document.addEventListener("submit", (event) => {
  const example = event.target.closest("[data-example]");
  if (!example || !event.submitter) return;
  event.preventDefault();
  const [verb, picture, to] = event.submitter.value.split(" ");
  const key = newKey();
  const sentence = verb === "move" ? words(example).moved.replace("{name}", event.submitter.textContent) : words(example).aside;
  attempt(example, { key, do: verb, pictures: [picture], ...(to ? { to } : {}) }, sentence, key);
}, true);

document.addEventListener("click", (event) => {
  const back = event.target.closest("[data-example] [data-back]");
  if (!back) return;
  const example = back.closest("[data-example]");
  attempt(example, { key: back.dataset.back, do: "undo", step: back.dataset.back }, words(example).undone, "");
});
