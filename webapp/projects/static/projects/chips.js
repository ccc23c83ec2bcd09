// The field of labels: the textarea that works everywhere becomes chips. What is sent stays one text with a label on each line.

const BETWEEN = /[,、，;；\n\r\t]+/;

function chipField(box) {
  const area = box.querySelector("textarea");
  const input = document.createElement("input");
  const names = [];
  for (const name of ["id", "placeholder", "autocomplete", "autocapitalize", "enterkeyhint", "aria-describedby", "aria-invalid"]) {
    if (area.hasAttribute(name)) input.setAttribute(name, area.getAttribute(name));
  }
  area.removeAttribute("id");
  area.hidden = true;
  box.append(input);
  const example = input.placeholder;

  const key = (name) => name.normalize("NFKC").toLowerCase().split(/\s+/).join(" ");
  const send = () => (area.value = [...names, input.value.trim()].filter(Boolean).join("\n"));

  function draw() {
    box.querySelectorAll(".chip").forEach((chip) => chip.remove());
    names.forEach((name, at) => input.before(chip(name, at)));
    input.placeholder = names.length ? "" : example;
    send();
  }

  function chip(name, at) {
    const node = document.querySelector("template[data-chip]").content.firstElementChild.cloneNode(true);
    node.dataset.hue = (at % 8) + 1;
    node.querySelector("span").textContent = name;
    const button = node.querySelector("button");
    button.setAttribute("aria-label", box.dataset.remove.replace("{name}", name));
    button.addEventListener("click", () => { names.splice(at, 1); draw(); input.focus(); });
    return node;
  }

  function add(text) {
    const parts = text.split(BETWEEN).map((part) => part.trim().slice(0, 100)).filter(Boolean);
    for (const part of parts) if (!names.some((name) => key(name) === key(part))) names.push(part);
    input.value = "";
    draw();
  }

  // While an input method composes (かな before 漢字), Enter and 、 belong to it.
  input.addEventListener("input", (event) => {
    if (!event.isComposing && BETWEEN.test(input.value)) {
      const parts = input.value.split(BETWEEN);
      const rest = parts.pop();
      add(parts.join("\n"));
      input.value = rest;
    }
    send();
  });
  input.addEventListener("compositionend", () => setTimeout(() => BETWEEN.test(input.value) && add(input.value)));
  input.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (BETWEEN.test(text)) { event.preventDefault(); add(input.value + text); }
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && input.value.trim()) { event.preventDefault(); add(input.value); }
    if (event.key === "Backspace" && !input.value && names.length) { names.pop(); draw(); }
  });
  input.addEventListener("blur", () => input.value.trim() && add(input.value));
  box.addEventListener("click", (event) => event.target === box && input.focus());
  box.addEventListener("fill", (event) => { names.length = 0; add(event.detail); input.focus(); });
  add(area.value);
}

document.querySelectorAll("[data-chips]").forEach(chipField);
document.querySelectorAll("[data-fill]").forEach((link) =>
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const box = document.getElementById(link.dataset.fill).closest("[data-chips]");
    box.dispatchEvent(new CustomEvent("fill", { detail: link.dataset.value }));
    box.closest("section").scrollIntoView({ block: "start" });
  }),
);
