// From coefficients of a block to its samples, at full size or at 1/2, 1/4 or 1/8. Whole numbers with the very roundings of libjpeg's "islow" and its
// smaller sisters, so that a picture has here the pixels that it has on the server: Loeffler, Ligtenberg and Moschytz 1989, and the mean of pairs of it.

const BITS = 13, KEPT = 2; // of the constants, and between the two passes
const fixed = (value) => Math.round(value * (1 << BITS));
const C = Object.fromEntries(Object.entries({
  a: 0.298631336, b: 0.390180644, c: 0.541196100, d: 0.765366865, e: 0.899976223, f: 1.175875602,
  g: 1.501321110, h: 1.847759065, i: 1.961570560, j: 2.053119869, k: 2.562915447, l: 3.072711026,
}).map(([name, value]) => [name, fixed(value)]));
const HALF_0 = [-0.211164243, 1.451774981, -2.172734803, 1.061594337].map(fixed), HALF_2 = [-0.509795579, -0.601344887, 0.899976223, 2.562915447].map(fixed);
const QUARTER = [-0.720959822, 0.850430095, -1.272758580, 3.624509785].map(fixed);
const work = new Int32Array(64);

// Eight values `step` apart, from `at` on, transformed in place and divided by 2 ** shift.
function line8(v, at, step, shift) {
  const s0 = v[at], s1 = v[at + step], s2 = v[at + 2 * step], s3 = v[at + 3 * step], s4 = v[at + 4 * step], s5 = v[at + 5 * step], s6 = v[at + 6 * step], s7 = v[at + 7 * step];
  const round = 1 << (shift - 1);
  const middle = (s2 + s6) * C.c, e2 = middle - s6 * C.h, e3 = middle + s2 * C.d;
  const sum = (s0 + s4) * 8192 + round, difference = (s0 - s4) * 8192 + round;
  const e0 = sum + e3, e7 = sum - e3, e1 = difference + e2, e6 = difference - e2;
  const all = (s7 + s3 + s5 + s1) * C.f;
  const z3 = all - (s7 + s3) * C.i, z4 = all - (s5 + s1) * C.b, z1 = -(s7 + s1) * C.e, z2 = -(s5 + s3) * C.k;
  const o0 = s7 * C.a + z1 + z3, o1 = s5 * C.j + z2 + z4, o2 = s3 * C.l + z2 + z3, o3 = s1 * C.g + z1 + z4;
  v[at] = (e0 + o3) >> shift;
  v[at + 7 * step] = (e0 - o3) >> shift;
  v[at + step] = (e1 + o2) >> shift;
  v[at + 6 * step] = (e1 - o2) >> shift;
  v[at + 2 * step] = (e6 + o1) >> shift;
  v[at + 5 * step] = (e6 - o1) >> shift;
  v[at + 3 * step] = (e7 + o0) >> shift;
  v[at + 4 * step] = (e7 - o0) >> shift;
}

// Eight values to the means of their four pairs.
function line4(v, at, step, shift) {
  const s1 = v[at + step], s2 = v[at + 2 * step], s3 = v[at + 3 * step], s5 = v[at + 5 * step], s6 = v[at + 6 * step], s7 = v[at + 7 * step];
  const round = 1 << (shift - 1), first = v[at] * 16384 + round, even = s2 * C.h - s6 * C.d;
  const o0 = s7 * HALF_0[0] + s5 * HALF_0[1] + s3 * HALF_0[2] + s1 * HALF_0[3];
  const o2 = s7 * HALF_2[0] + s5 * HALF_2[1] + s3 * HALF_2[2] + s1 * HALF_2[3];
  v[at] = (first + even + o2) >> shift;
  v[at + step] = (first - even + o0) >> shift;
  v[at + 2 * step] = (first - even - o0) >> shift;
  v[at + 3 * step] = (first + even - o2) >> shift;
}

// Eight values to the means of their two halves.
function line2(v, at, step, shift) {
  const first = v[at] * 32768 + (1 << (shift - 1));
  const odd = v[at + 7 * step] * QUARTER[0] + v[at + 5 * step] * QUARTER[1] + v[at + 3 * step] * QUARTER[2] + v[at + step] * QUARTER[3];
  v[at] = (first + odd) >> shift;
  v[at + step] = (first - odd) >> shift;
}

const LINES = { 8: [line8, 0], 4: [line4, 1], 2: [line2, 2] };

// Coefficients (64, by rows, from `from` on) times their steps, as size x size samples into a Uint8ClampedArray at `to`, whose rows are `stride` apart.
export function transform(coefficients, from, steps, size, into, to, stride) {
  if (size === 1 || isFlat(coefficients, from)) return flat(coefficients[from] * steps[0], size, into, to, stride);
  for (let at = 0; at < 64; at += 1) work[at] = coefficients[from + at] * steps[at];
  const [line, more] = LINES[size];
  for (let column = 0; column < 8; column += 1) line(work, column, 8, BITS - KEPT + more);
  for (let row = 0; row < size; row += 1) {
    line(work, 8 * row, 1, BITS + KEPT + 3 + more);
    for (let column = 0, at = to + row * stride; column < size; column += 1) into[at + column] = work[8 * row + column] + 128;
  }
}

function isFlat(coefficients, from) {
  for (let at = from + 1; at < from + 64; at += 1) if (coefficients[at]) return false;
  return true;
}

function flat(value, size, into, to, stride) {
  const sample = ((value + 4) >> 3) + 128;
  for (let row = 0; row < size; row += 1) into.fill(sample, to + row * stride, to + row * stride + size);
}
