// "Where did it look?": the picture goes once more, from the memory of the browser, and heat comes back to lie over it.

import { askedOf } from "./asked.js";
import { Refusal, post } from "./question.js";

export class Heat {
  constructor(root, words) {
    Object.assign(this, { words, address: root.dataset.look, form: root.querySelector("[data-try]"), labels: JSON.parse(root.dataset.labels) });
    this.layer = root.querySelector("[data-heat]");
    this.part = root.querySelector("[data-looked]");
    this.choice = this.part.querySelector("select");
    this.said = this.part.querySelector("[data-looked-said]");
    this.preview = root.querySelector("[data-preview]");
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-look-button]");
      if (button) this.toggle(button);
    });
    root.addEventListener("asked", ({ target }) => target.querySelectorAll("[data-look-button]").forEach((button) => (button.hidden = !this.address)));
    root.addEventListener("changed", () => this.off());
    this.choice.addEventListener("change", () => this.draw());
  }

  toggle(button) {
    if (this.button) return this.off();
    this.button = button;
    this.entry = askedOf(button);
    button.setAttribute("aria-pressed", "true");
    this.choice.value = String(this.labels.indexOf(this.entry.facts.shares[0][0]));
    this.part.hidden = false;
    this.preview.parentElement.scrollIntoView({ block: "nearest" });
    this.draw();
  }

  off() {
    this.stop?.abort();
    this.button?.setAttribute("aria-pressed", "false");
    this.button = null;
    this.part.hidden = this.layer.hidden = true;
    URL.revokeObjectURL(this.layer.src);
    this.layer.removeAttribute("src");
  }

  async draw() {
    this.stop?.abort();
    const stop = (this.stop = new AbortController());
    this.said.textContent = this.words.looking;
    try {
      const answer = await post(this.address, this.form, { image: this.entry.picture, label: this.choice.value }, stop.signal);
      const layer = await answer.blob();
      if (stop.signal.aborted) return;
      URL.revokeObjectURL(this.layer.src);
      this.layer.src = URL.createObjectURL(layer);
      this.layer.alt = this.words.spoke.replace("{label}", this.choice.selectedOptions[0].textContent);
      this.layer.hidden = false;
      this.said.textContent = answer.headers.get("X-Heat") === "none" ? this.words.cold : this.words.hot;
    } catch (error) {
      if (error.name !== "AbortError") this.said.textContent = error instanceof Refusal ? error.message : this.words.lost;
    }
  }
}
