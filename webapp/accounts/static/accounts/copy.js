// A copy button: [data-copy="#id of the text"], says [data-copied] when it is done. Hidden where there is no clipboard.

function bindCopy(button) {
  const words = button.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = words), 2000);
  });
}

document.querySelectorAll("[data-copy]").forEach(bindCopy);
document.querySelector("[data-focus]")?.focus();
