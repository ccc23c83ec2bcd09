// The signs of labels: a shape and a colour each. As stamps they are blocks of pixels that are copied into a picture, which is faster than any drawing.

const SHAPES = 8;
const STEP = Math.PI / 180;
const ring = (corners, turn, inner = 1) => (context, r) => {
  for (let corner = 0; corner < corners; corner += 1) {
    const size = corner % 2 ? r * inner : r;
    const angle = (turn + (360 * corner) / corners) * STEP;
    context.lineTo(size * Math.cos(angle), size * Math.sin(angle));
  }
  context.closePath();
};
const cross = (context, r) => {
  const [long, thin] = [1.15 * r, 0.42 * r];
  const outline = [[-thin, -long], [thin, -long], [thin, -thin], [long, -thin], [long, thin], [thin, thin], [thin, long], [-thin, long], [-thin, thin], [-long, thin], [-long, -thin], [-thin, -thin]];
  for (const [x, y] of outline) context.lineTo(x, y);
  context.closePath();
};
const PATHS = [
  (context, r) => context.arc(0, 0, r, 0, 2 * Math.PI),
  ring(4, 45, 1),
  (context, r) => ring(3, -90)(context, 1.2 * r),
  (context, r) => ring(4, 0)(context, 1.15 * r),
  cross,
  (context, r) => ring(3, 90)(context, 1.2 * r),
  (context, r) => ring(10, -90, 0.45)(context, 1.3 * r),
  ring(6, 0),
];

// Colours come back after eight labels, and then with another shape: 64 labels have signs of their own.
const shapeOf = ({ position }) => (position + Math.floor(position / SHAPES)) % SHAPES;

// Draws a sign in the middle of a context: full, or for a picture that is set aside only its edge.
export function draw(context, label, r, colours, { aside = false, chosen = false } = {}) {
  context.beginPath();
  (label ? PATHS[shapeOf(label)] : PATHS[0])(context, r);
  context.lineJoin = "round";
  context.strokeStyle = chosen ? colours.ink : colours.surface;
  context.lineWidth = chosen ? Math.max(1.5, r * 0.6) : r * (r > 4 ? 0.5 : 0.3);
  if (!aside) context.stroke();
  context.fillStyle = context.strokeStyle = label ? colours.labels[(label.position % SHAPES)] : colours.other;
  if (aside) context.fillStyle = colours.surface;
  context.lineWidth = Math.max(1, r * 0.3);
  context.fill();
  if (aside) context.stroke();
}

// What the tokens of the page say by now: it may be dark.
export function colours(root) {
  const style = getComputedStyle(root);
  const token = (name) => style.getPropertyValue(name).trim();
  return { ink: token("--ink"), surface: token("--surface"), other: token("--ink-3"), accent: token("--accent"), labels: Array.from({ length: SHAPES }, (_, at) => token(`--label-${at + 1}`)) };
}

// A sign as {size, offsets, pixels}: where, from its middle in a picture of `width` pixels, which 32 bits are to be written.
export function stamp(label, r, width, palette, state) {
  const half = Math.ceil(r * 1.9) + 1;
  const size = 2 * half + 1;
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(half + 0.5, half + 0.5);
  draw(context, label, r, palette, state);
  const drawn = new Uint32Array(context.getImageData(0, 0, size, size).data.buffer);
  const offsets = [];
  const pixels = [];
  drawn.forEach((pixel, at) => {
    if (pixel >>> 24 < 128) return; // what is half clear is the edge, which has the colour of the paper
    offsets.push((Math.floor(at / size) - half) * width + (at % size) - half);
    pixels.push((pixel | 0xff000000) >>> 0);
  });
  return { half, offsets: Int32Array.from(offsets), pixels: Uint32Array.from(pixels) };
}
