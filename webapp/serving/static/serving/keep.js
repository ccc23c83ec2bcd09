// While the slider for "none of these" moves: what its setting means, from the row of the table below it.

document.querySelectorAll("[data-keep]").forEach((part) => {
  const slider = part.querySelector("[data-keep-slider]"), unsaved = part.querySelector("[data-keep-unsaved]");
  const tell = () => unsaved && (unsaved.hidden = slider.value === slider.dataset.keepSaved);
  slider.addEventListener("input", () => {
    const row = part.querySelector(`[data-keep-row="${slider.value}"]`);
    tell();
    if (!row) return;
    const [setting, coverage, accuracy] = [...row.cells].map((cell) => cell.textContent);
    part.querySelector("[data-keep-value]").textContent = setting;
    part.querySelector("[data-keep-coverage]").textContent = coverage;
    part.querySelector("[data-keep-accuracy]").textContent = accuracy;
    part.querySelectorAll("[data-keep-row]").forEach((other) => other.toggleAttribute("aria-current", other === row));
  });
  part.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful) slider.dataset.keepSaved = new URLSearchParams(detail.requestConfig.formData).get("keep");
    tell();
  });
});
