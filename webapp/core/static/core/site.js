// What every page does: toasts go away by themselves, the menu closes, the theme changes without a reload.

const READ_MS = 8000;

function fade(toast) {
  // A toast that is being used (its Undo has the focus, or the pointer rests on it) stays.
  const later = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? later() : toast.remove()), READ_MS);
  if (!toast.dataset.timed) later();
  toast.dataset.timed = "1";
}

function watchToasts(region) {
  const fadeAll = () => region.querySelectorAll("[data-toast]").forEach(fade);
  new MutationObserver(fadeAll).observe(region, { childList: true, subtree: true });
  fadeAll();
}

function closeOutside(menu) {
  const close = (event) => {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) menu.open = false;
  };
  document.addEventListener("click", close);
  menu.addEventListener("keydown", (event) => {
    close(event);
    if (!menu.open) menu.querySelector("summary").focus();
  });
}

function switchTheme(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const theme = event.submitter.value;
    const body = new FormData(form);
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body });
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.value === theme)));
  });
}

document.querySelectorAll("[data-toasts]").forEach(watchToasts);
document.querySelectorAll("[data-menu]").forEach(closeOutside);
document.querySelectorAll("[data-theme-switch]").forEach(switchTheme);
