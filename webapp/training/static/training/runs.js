// Compare runs: the ticked ones of the list lie over each other in one pair of charts.
import { openCurves } from "./curves.js";
import { bindOverlay } from "./overlay.js";

const charts = document.querySelector("[data-charts]");

document.querySelectorAll("[data-with-script]").forEach((part) => (part.hidden = false));
charts.hidden = false;
const curves = await openCurves(charts.querySelector("[data-curves]"));
await bindOverlay(document.querySelector(".run-list"), (lines) => curves.show(lines));
