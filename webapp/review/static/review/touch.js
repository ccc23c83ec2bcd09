// A long press chooses a picture, as on a phone's own album; after it, a tap chooses more.

const LONG_MS = 450;
const STILL_PX = 12;

export function longPress(box, onLong) {
  const hand = { kind: "mouse", isLong: false };
  let timer = null;
  let from = null;
  const stop = () => clearTimeout(timer);
  box.addEventListener("pointerdown", (event) => {
    Object.assign(hand, { kind: event.pointerType, isLong: false });
    if (event.pointerType !== "touch") return;
    from = event;
    stop();
    timer = setTimeout(() => {
      hand.isLong = true;
      onLong(event.target.closest(".cell"));
    }, LONG_MS);
  });
  box.addEventListener("pointermove", (event) => from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > STILL_PX && stop());
  for (const name of ["pointerup", "pointercancel"]) box.addEventListener(name, stop);
  box.addEventListener("contextmenu", (event) => hand.kind === "touch" && event.preventDefault());
  return hand;
}
