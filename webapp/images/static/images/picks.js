// Choosing pictures: ranges with Shift, the number of chosen ones, and choices that survive a swap of the grid.

const boxes = (form) => [...form.querySelectorAll('input[name="pick"]')];
const chosen = (form) => boxes(form).filter((box) => box.checked);
const kept = new Map();
let last = null;
let acting = "";

function count(form) {
  const says = form.querySelector("[data-count]");
  const n = chosen(form).length;
  form.classList.toggle("picking", n > 0);
  if (says) says.textContent = says.dataset.count.replace("{n}", n);
}

function range(form, box) {
  const all = boxes(form);
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (from >= 0) all.slice(from, to + 1).forEach((other) => (other.checked = box.checked));
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.('input[name="pick"]');
  if (!box) return;
  if (event.shiftKey && last && last.form === box.form) range(box.form, box);
  last = box;
  count(box.form);
});

// Hundreds of fields become one: the server takes few fields, and one list of ids.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-picks]")) return;
  event.formData.set("picks", event.formData.getAll("pick").join(","));
  event.formData.delete("pick");
});

document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.("[data-picks]");
  if (!form) return;
  boxes(form).forEach((box) => (box.checked = false));
  count(form);
});

document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
  const form = event.detail.target;
  if (form.matches?.("[data-picks]")) kept.set(form.id, chosen(form).map((box) => box.value));
});

document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  const form = document.getElementById(event.detail.target.id);
  if (!form?.matches("[data-picks]")) return;
  const values = kept.get(form.id) ?? [];
  boxes(form).forEach((box) => (box.checked = values.includes(box.value)));
  count(form);
  // The button that was pressed is gone with the old grid: its keyboard goes on from the first picture.
  if (form.id === acting && document.activeElement === document.body) boxes(form)[0]?.focus({ preventScroll: true });
});
document.body.addEventListener("htmx:beforeRequest", (event) => (acting = event.target.matches("[data-picks]") ? event.target.id : ""));

document.querySelectorAll("[data-picks]").forEach(count);
