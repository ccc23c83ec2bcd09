// The keys of the grid. `on` has a function for each thing that a key can ask for; a key that asks for nothing is left alone.

const FIELDS = "input, select, textarea, [contenteditable]";

function steps(event, grid) {
  const end = event.ctrlKey || event.metaKey;
  const start = grid.active - (grid.active % grid.columns);
  return {
    ArrowLeft: grid.active - 1,
    ArrowRight: grid.active + 1,
    ArrowUp: grid.active - grid.columns < 0 ? grid.active : grid.active - grid.columns,
    ArrowDown: Math.floor(grid.active / grid.columns) === Math.floor((grid.count - 1) / grid.columns) ? grid.active : grid.active + grid.columns,
    Home: end ? 0 : start,
    End: end ? grid.count - 1 : start + grid.columns - 1,
    PageUp: grid.active - grid.page * grid.columns,
    PageDown: grid.active + grid.page * grid.columns,
  }[event.key];
}

function asked(event, grid, on) {
  const { key, shiftKey: shift } = event;
  const command = event.ctrlKey || event.metaKey;
  const to = steps(event, grid);
  if (event.altKey) return null;
  if (to !== undefined) return () => (shift ? on.extend(to) : on.go(to));
  if (command) return { z: on.undo, a: on.all }[key.toLowerCase()];
  if (/^[1-9]$/.test(key)) return () => on.label(Number(key));
  if (key === " ") return event.target.matches("button, a, summary") ? null : on.toggle;
  if (key === "Enter") return event.target.matches("button, a, summary") ? null : on.enter;
  return { Delete: on.remove, Backspace: on.remove, u: on.undo, U: on.undo, y: on.yes, n: on.no, Escape: on.none, "?": on.help }[key];
}

export function listen(element, grid, on) {
  element.addEventListener("keydown", (event) => {
    if (event.target.matches(FIELDS) || event.isComposing) return;
    const act = asked(event, grid, on);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

// Where nothing has the focus, what needs no picture works as well.
export function listenAnywhere(on) {
  document.addEventListener("keydown", (event) => {
    if (document.activeElement !== document.body || event.defaultPrevented) return;
    const command = event.ctrlKey || event.metaKey;
    const act = { u: command ? null : on.undo, z: command ? on.undo : null, "?": on.help }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
