// What every page does: toasts go away by themselves, the menu closes, the theme changes without a reload.

const READ_MS = 8000;

function fade(toast) {
  // A toast that is being used (its Undo has the focus, or the pointer rests on it) stays.
  const later = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? later() : toast.remove()), READ_MS);
  if (!toast.dataset.timed) later();
  toast.dataset.timed = "1";
}

function watchToasts(region) {
  const fadeAll = () => {
    const toasts = [...region.querySelectorAll("[data-toast]")];
    toasts.slice(0, -2).forEach((toast) => toast.remove()); // the newest two are enough to read
    toasts.forEach(fade);
  };
  region.addEventListener("submit", (event) => event.target.closest("[data-toast]").setAttribute("hidden", ""));
  new MutationObserver(fadeAll).observe(region, { childList: true, subtree: true });
  fadeAll();
}

// Menus close when something else is pressed, by Escape, and when what they asked for is under way.
const openMenus = () => document.querySelectorAll("[data-menu][open]");
document.addEventListener("click", (event) => openMenus().forEach((menu) => menu.contains(event.target) || (menu.open = false)));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("htmx:beforeRequest", (event) => event.target.closest?.("[data-menu][open]")?.removeAttribute("open"));

// How a piece of work ended is said once, from a region that was there before.
document.addEventListener("htmx:load", (event) => {
  const final = event.detail.elt.querySelector?.("[data-final]");
  if (final) document.getElementById("says").textContent = final.textContent;
});

// A time of day comes in UTC; it is told in the zone of whoever reads it.
function tellLocally(root) {
  root.querySelectorAll?.("time[data-clock]").forEach((time) => {
    const moment = new Date(time.dateTime);
    const day = moment - Date.now() > 12 * 3600e3 ? { month: "short", day: "numeric" } : {};
    time.textContent = moment.toLocaleString(document.documentElement.lang, { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    delete time.dataset.clock;
  });
}
document.addEventListener("htmx:load", (event) => tellLocally(event.detail.elt));

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

// A refusal that has no place on the page, and a connection that is gone, are said at its foot, once.
function complain(sentence) {
  const region = document.getElementById("toasts");
  if ([...region.children].some((toast) => toast.textContent.trim() === sentence)) return;
  const toast = Object.assign(document.createElement("div"), { className: "toast bad" });
  toast.dataset.toast = "";
  toast.append(Object.assign(document.createElement("span"), { textContent: sentence }));
  region.append(toast);
}

document.body.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status < 500 && elt.getAttribute("hx-swap") !== "none") return; // it stands in its place
  const notice = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".notice");
  complain(notice?.textContent.trim() || document.getElementById("toasts").dataset.broken);
});
document.body.addEventListener("htmx:sendError", () => complain(document.getElementById("toasts").dataset.lost));

// A plain form is sent once, however often its button is pressed. Coming back to the page makes it whole again.
const SENT = new WeakSet();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.matches("[hx-post], [hx-get]")) return;
  if (SENT.has(event.target)) event.preventDefault();
  SENT.add(event.target);
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", (event) => event.persisted && location.reload());

document.addEventListener("click", (event) => {
  event.target.closest("[data-close]")?.closest("[data-panel]")?.remove();
});

// The dock repeats the next step under the thumb; while the board that has it is on screen, it is out of the way.
function hideWhileSeen(board) {
  new IntersectionObserver(([seen]) => document.body.classList.toggle("board-seen", seen.isIntersecting), { threshold: 0.4 }).observe(board);
}

document.querySelectorAll("[data-toasts]").forEach(watchToasts);
document.querySelectorAll("[data-next-step]").forEach(hideWhileSeen);
document.querySelectorAll("[data-theme-switch]").forEach(switchTheme);
tellLocally(document);
