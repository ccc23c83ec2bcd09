// The numbers of a live run in words, and the row of an epoch in the table. The words come from the page.

const words = JSON.parse(document.getElementById("words").textContent);
const fill = (text, values) => Object.entries(values).reduce((out, [name, value]) => out.replace(`{${name}}`, value), text);
const whole = (share) => (share > 0 && share < 1 ? Math.min(99, Math.max(1, Math.round(100 * share))) : Math.round(100 * share));

export function duration(seconds) {
  const all = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(all / 60);
  return fill(minutes ? words.minutes : words.seconds, { minutes, seconds: all % 60 });
}

export function right({ best, images }) {
  const share = best.val_accuracy;
  return fill(words.right, { percent: `${whole(share)}%`, right: Math.round(share * images.val), count: images.val });
}

export const sentence = (run) => fill(words.status, { epoch: run.epoch, epochs: run.epochs, right: right(run) });

/** Puts the numbers of a run (as the API tells it) where [data-live] asks for them. */
export function tell(board, run) {
  const set = (name, text) => board.querySelectorAll(`[data-live="${name}"]`).forEach((part) => (part.textContent = text));
  if (run.epochs) set("epoch", fill(words.epoch, run));
  set("left", run.eta_seconds == null ? "…" : duration(run.eta_seconds));
  if (run.best) set("best", right(run));
  const bar = board.querySelector("progress[data-live]");
  if (bar && run.epochs) Object.assign(bar, { max: run.epochs, value: run.epoch });
}

export function addRow(board, row) {
  const percent = (share) => `${Math.round(100 * share)}%`;
  const cells = [row.epoch, percent(row.train_accuracy), percent(row.val_accuracy), row.train_loss.toFixed(3), row.val_loss.toFixed(3), row.seconds.toFixed(2)];
  const line = board.querySelector("[data-numbers] tbody").insertRow();
  cells.forEach((text) => Object.assign(line.insertCell(), { className: "r", textContent: text }));
  line.lastElementChild.classList.add("only-wide");
}

/** The two lines of the run that the page is about: unseen pictures, and training pictures. */
export function ownLines(rows, number) {
  const line = (part, name, css, main) => ({ rows, part, main, css, name: fill(name, { number }) });
  return [line("val_", words.unseen, "slot-main", true), line("train_", words.training, "slot-train", false)];
}

export { words };
