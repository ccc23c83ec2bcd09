// While the slider for "none of these" moves: what its setting means, from the row of the table below it.

document.querySelectorAll("[data-keep]").forEach((part) => {
  const slider = part.querySelector("[data-keep-slider]");
  slider.addEventListener("input", () => {
    const row = part.querySelector(`[data-keep-row="${slider.value}"]`);
    if (!row) return;
    const [setting, coverage, accuracy] = [...row.cells].map((cell) => cell.textContent);
    part.querySelector("[data-keep-value]").textContent = setting;
    part.querySelector("[data-keep-coverage]").textContent = coverage;
    part.querySelector("[data-keep-accuracy]").textContent = accuracy;
    part.querySelectorAll("[data-keep-row]").forEach((other) => other.toggleAttribute("aria-current", other === row));
  });
});
