// The Huffman code of a JPEG (ITU T.81, annexes F and G): scans in, coefficients out.

import { PictureError, Unusual } from "./errors.js";

const FAST = 9; // bits that are looked up at once
const ORDER = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
export const ZIGZAG = new Uint8Array(80).fill(63).map((last, place) => ORDER[place] ?? last); // a damaged run may lead past the end

// A table for reading codes, from how many there are of each length and their symbols.
export function codes(counts, symbols) {
  const fast = new Uint16Array(1 << FAST), ends = new Int32Array(17), first = new Int32Array(17);
  for (let length = 1, code = 0, place = 0; length <= 16; length += 1, code <<= 1) {
    first[length] = place - code;
    for (let left = counts[length - 1]; left; left -= 1, code += 1, place += 1) {
      if (length <= FAST) fast.fill((length << 8) | symbols[place], code << (FAST - length), (code + 1) << (FAST - length));
    }
    ends[length] = code << (16 - length);
  }
  return { fast, ends, first, symbols };
}

export class Bits {
  constructor(bytes, at) {
    Object.assign(this, { bytes, at, held: 0, count: 0, padded: 0 });
  }

  fill() {
    while (this.count <= 24) {
      const byte = this.bytes[this.at], isMarker = byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0);
      if (isMarker) this.padded += 8;
      else this.at += byte === 0xff ? 2 : 1;
      this.held = (this.held << 8) | (isMarker ? 0 : byte);
      this.count += 8;
    }
  }

  symbol({ fast, ends, first, symbols }) {
    if (this.count < 16) this.fill();
    const known = fast[(this.held >>> (this.count - FAST)) & ((1 << FAST) - 1)];
    if (known) {
      this.count -= known >> 8;
      return known & 255;
    }
    const ahead = (this.held >>> (this.count - 16)) & 0xffff;
    for (let length = FAST + 1; length <= 16; length += 1) {
      if (ahead >= ends[length]) continue;
      this.count -= length;
      return symbols[first[length] + (ahead >> (16 - length))];
    }
    throw new Unusual("no such code");
  }

  take(length) {
    if (!length) return 0;
    if (this.count < length) this.fill();
    this.count -= length;
    return (this.held >>> this.count) & ((1 << length) - 1);
  }

  // A number of so many bits, the upper half of which are the positive ones.
  number(length) {
    const value = this.take(length);
    return length && value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
  }

  // To the next restart; raises Unusual where the code did not end there.
  restart() {
    this.end();
    while (this.bytes[this.at] === 0xff && this.bytes[this.at + 1] === 0xff) this.at += 1;
    if (this.bytes[this.at] !== 0xff || (this.bytes[this.at + 1] & 0xf8) !== 0xd0) throw new Unusual("no restart");
    Object.assign(this, { at: this.at + 2, held: 0, count: 0, padded: 0 });
  }

  end() {
    if (this.padded > this.count) throw this.at < this.bytes.length ? new Unusual("more was read than was there") : new PictureError("damaged");
    // What was looked at in advance begins with the bits that fill up the last byte; whole bytes more were never code.
    if (this.count - this.padded >= 8) throw new Unusual("more is there than was read");
  }
}

function plain(bits, part, block, at) {
  block[at] = part.before += bits.number(bits.symbol(part.dc));
  for (let place = 1; place < 64; place += 1) {
    const code = bits.symbol(part.ac), size = code & 15;
    if (!size && code < 0xf0) return;
    place += code >> 4;
    if (size) block[at + ZIGZAG[place]] = bits.number(size);
  }
}

const firstOfDc = (bits, part, block, at, { low }) => (block[at] = (part.before += bits.number(bits.symbol(part.dc))) << low);
const moreOfDc = (bits, _part, block, at, { low }) => (block[at] |= bits.take(1) << low);

function firstOfAc(bits, part, block, at, scan) {
  if (scan.empty) return (scan.empty -= 1);
  for (let place = scan.from; place <= scan.to; place += 1) {
    const code = bits.symbol(part.ac), size = code & 15, run = code >> 4;
    if (!size && run < 15) return (scan.empty = (1 << run) - 1 + bits.take(run));
    place += run;
    if (size) block[at + ZIGZAG[place]] = bits.number(size) * (1 << scan.low);
  }
}

// One more bit of what is known already, and what becomes known with this bit (T.81, G.1.2.3).
function moreOfAc(bits, part, block, at, scan) {
  let place = scan.from;
  while (place <= scan.to && !scan.empty) {
    const code = bits.symbol(part.ac), size = code & 15, run = code >> 4;
    const value = size ? (bits.take(1) ? 1 : -1) << scan.low : 0;
    if (!size && run < 15) scan.empty = (1 << run) + bits.take(run);
    else place = 1 + refined(bits, block, at, scan, place, run, value);
  }
  if (scan.empty) {
    refined(bits, block, at, scan, place, 64, 0);
    scan.empty -= 1;
  }
}

// Goes on over `zeros` unknown places to the next of them, which gets the value; gives where that was.
function refined(bits, block, at, scan, place, zeros, value) {
  for (let left = zeros; place <= scan.to; place += 1) {
    const here = at + ZIGZAG[place], known = block[here];
    if (known) {
      if (bits.take(1) && !(Math.abs(known) & (1 << scan.low))) block[here] += known < 0 ? -1 << scan.low : 1 << scan.low;
    } else if (left) left -= 1;
    else {
      if (value) block[here] = value;
      return place;
    }
  }
  return place;
}

// What reads a block in a scan.
export function reader({ isProgressive, from, high }) {
  if (!isProgressive) return plain;
  if (from) return high ? moreOfAc : firstOfAc;
  return high ? moreOfDc : firstOfDc;
}
