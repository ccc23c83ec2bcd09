// The page of a comparison: the curves of all its runs over each other; a box takes one away.
import { openCurves } from "./curves.js";
import { bindOverlay } from "./overlay.js";

const charts = document.querySelector("[data-charts]");

document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
charts.hidden = false;
const curves = await openCurves(charts.querySelector("[data-curves]"));
await bindOverlay(document.querySelector(".compared"), (lines) => curves.show(lines), () => {});
