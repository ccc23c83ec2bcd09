// The game: digits choose, a clock runs from the moment the picture is there, and what the picture took to come is told to the server.

const TICK_MS = 100;
let ticking = 0;

// The clock on the page is for the eye. The server has its own, and takes off what is said here only as far as one can believe it.
function run(round) {
  clearInterval(ticking);
  const clock = round.querySelector("[data-clock]");
  const picture = round.querySelector("[data-asked][data-open]");
  if (!clock || !picture) return;
  const shown = performance.now();
  const start = () => {
    const there = performance.now();
    round.querySelector("[data-waited]").value = Math.round(there - shown);
    const tell = () => (clock.textContent = `${((performance.now() - there) / 1000).toFixed(1)} s`);
    tell();
    clock.hidden = false;
    ticking = setInterval(tell, TICK_MS);
  };
  if (picture.complete) start();
  else picture.addEventListener("load", start, { once: true });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.matches("input, textarea, select")) return;
  const number = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? event.key;
  if (!/^[1-9]$/.test(number)) return;
  const button = document.querySelector(`[data-choices] button[value="${number}"]`);
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});

document.addEventListener("htmx:load", (event) => {
  const round = event.detail.elt.closest?.("[data-quiz]");
  if (round) run(round);
});
// The picture is what matters on a phone: it stays in view when the next one comes.
document.addEventListener("htmx:afterSwap", () => scrollTo({ top: 0 }));
document.querySelectorAll("[data-quiz]").forEach(run);
