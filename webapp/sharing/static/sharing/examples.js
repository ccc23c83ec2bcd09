// An example that is pressed is asked about as if it had been chosen from the disk: with its preview, and in the strip of what was asked.

document.querySelectorAll("[data-examples]").forEach((form) => {
  const buttons = [...form.querySelectorAll("button")];
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    event.preventDefault();
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    const answer = await fetch(button.dataset.picture).catch(() => null);
    if (!answer?.ok) return form.submit(); // the server says why
    const input = document.querySelector("[data-file]");
    const files = new DataTransfer();
    files.items.add(new File([await answer.blob()], `${button.querySelector("img").alt}.jpg`, { type: "image/jpeg" }));
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
});
