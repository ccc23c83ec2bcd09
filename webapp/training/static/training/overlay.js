// The boxes of the list of runs: each ticked one lends its curve. The choice stays in the address, so a reload shows the same.

export const SLOTS = 6;

export const byEpoch = (items) => new Map(items.map((row) => [row.epoch, row]));

async function fetchRows(id) {
  const answer = await fetch(`${document.querySelector("[data-api]").dataset.api}runs/${id}/epochs?after=0`);
  return answer.ok ? byEpoch((await answer.json()).items) : new Map();
}

function remember(boxes) {
  const numbers = boxes.filter((box) => box.checked).map((box) => box.dataset.number);
  const address = new URL(location.href);
  address.searchParams.set("show", numbers.join("-"));
  history.replaceState(null, "", address);
}

/** Calls change(lines) at once and whenever a box is ticked; lines are those of the ticked runs that are not fixed. keep(boxes) notes the choice. */
export async function bindOverlay(list, change, keep = remember) {
  const rows = new Map();
  const boxes = () => [...list.querySelectorAll("[data-overlay]")];
  const keyOf = (box) => box.closest("li").querySelector(".key line");

  async function lineOf(box, slot) {
    const { overlay: id } = box.dataset;
    if (!rows.has(id)) rows.set(id, await fetchRows(id));
    const css = `slot-${(slot % SLOTS) + 1}`;
    return { id, rows: rows.get(id), part: "val_", name: box.dataset.name, css };
  }

  async function update() {
    const ticked = boxes().filter((box) => box.checked && box.dataset.fixed === undefined);
    const lines = await Promise.all(ticked.map(lineOf));
    boxes().forEach((box) => keyOf(box).setAttribute("class", box.dataset.fixed === undefined ? "" : "slot-main"));
    ticked.forEach((box, place) => keyOf(box).setAttribute("class", lines[place].css));
    change(lines);
  }

  list.addEventListener("change", () => {
    keep(boxes());
    update();
  });
  await update();
}
