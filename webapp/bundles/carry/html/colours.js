// From the samples of a JPEG's colours to RGB: stretched by a triangle filter, and mixed with the roundings of libjpeg.

import { Unusual } from "./errors.js";

// A function that gives row y of a colour in the width of the picture.
function upsampler(part, frame) {
  const across = (frame.across * frame.least) / (part.across * part.size), down = (frame.down * frame.least) / (part.down * part.size);
  const row = (y) => part.samples.subarray(part.stride * y, part.stride * y + part.wide);
  const other = (y) => row(Math.max(0, Math.min(part.high - 1, (y >> 1) + (y % 2 ? 1 : -1)))); // the second nearest row
  const out = new Uint8Array(part.wide * across), isFine = frame.least > 1, sums = new Int32Array(part.wide);
  if (across === 1 && down === 1) return row;
  if (across === 2 && down === 1 && isFine && part.wide > 2) return (y) => wider(row(y), out, 2, 1, 2);
  if (across === 2 && down === 2 && isFine && part.wide > 2) return (y) => wider(mixed(row(y >> 1), other(y), sums), out, 4, 8, 7);
  if (across === 1 && down === 2 && isFine) return (y) => mixed(row(y >> 1), other(y), sums).map((sum, at) => (out[at] = (sum + (y % 2 ? 2 : 1)) >> 2));
  if (!Number.isInteger(across) || !Number.isInteger(down)) throw new Unusual("odd sampling");
  return (y) => repeated(row(Math.floor(y / down)), out, across);
}

function mixed(near, far, sums) {
  for (let at = 0; at < near.length; at += 1) sums[at] = 3 * near[at] + far[at];
  return sums;
}

// Twice as wide: each new value is three quarters of the nearest and a quarter of the next; left and right are rounded differently, as a dither.
function wider(values, out, shift, left, right) {
  const last = values.length - 1;
  for (let at = 0; at <= last; at += 1) {
    const here = 3 * values[at];
    out[2 * at] = (here + values[at ? at - 1 : 0] + left) >> shift;
    out[2 * at + 1] = (here + values[at < last ? at + 1 : last] + right) >> shift;
  }
  return out;
}

function repeated(values, out, times) {
  for (let at = 0; at < out.length; at += 1) out[at] = values[Math.floor(at / times)];
  return out;
}

const table = (step) => Int32Array.from({ length: 256 }, (_none, value) => step(value - 128));
const RED = table((cr) => (91881 * cr + 32768) >> 16), BLUE = table((cb) => (116130 * cb + 32768) >> 16);
const GREEN_CR = table((cr) => -46802 * cr), GREEN_CB = table((cb) => -22554 * cb + 32768);

function mixYcc(out, to, [luma, cb, cr], width) {
  for (let x = 0; x < width; x += 1, to += 3) {
    const light = luma[x], blue = cb[x], red = cr[x];
    out[to] = light + RED[red];
    out[to + 1] = light + ((GREEN_CB[blue] + GREEN_CR[red]) >> 16);
    out[to + 2] = light + BLUE[blue];
  }
}

function mixPlain(out, to, rows, width) {
  for (let x = 0; x < width; x += 1) {
    for (let colour = 0; colour < 3; colour += 1) out[to++] = rows[rows.length === 1 ? 0 : colour][x];
  }
}

// Inks lie in the file as light: how much of it they let through.
function mixInks(out, to, rows, width) {
  for (let x = 0; x < width; x += 1) {
    const black = rows[3][x];
    for (let colour = 0; colour < 3; colour += 1) {
      const product = (255 - rows[colour][x]) * black + 128;
      out[to++] = black - (((product >> 8) + product) >> 8);
    }
  }
}

// Inks that are written as Y, Cb and Cr of what they leave.
function mixYcck(out, to, rows, width) {
  const rgb = new Uint8ClampedArray(3 * width);
  mixYcc(rgb, 0, rows, width);
  const inks = [0, 1, 2].map((colour) => Uint8Array.from({ length: width }, (_none, x) => 255 - rgb[3 * x + colour]));
  mixInks(out, to, [...inks, rows[3]], width);
}

// By the rules of libjpeg: markers first, then the names of the colours.
function mixer({ parts, isJfif, adobe }) {
  if (parts.length === 1) return mixPlain;
  if (parts.length === 4) return adobe ? mixYcck : mixInks;
  const isRgb = isJfif ? false : adobe !== null ? adobe === 0 : String.fromCharCode(...parts.map((part) => part.id)) === "RGB";
  return isRgb ? mixPlain : mixYcc;
}

// {data: uint8 [height, width, 3], width, height} of a frame whose colours are there.
export function toRgb(frame) {
  const { width, height } = frame, mix = mixer(frame);
  const rows = frame.parts.map((part) => upsampler(part, frame));
  const data = new Uint8ClampedArray(width * height * 3);
  for (let y = 0; y < height; y += 1) mix(data, 3 * y * width, rows.map((row) => row(y)), width);
  return { data: new Uint8Array(data.buffer), width, height };
}
