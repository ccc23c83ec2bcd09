// Reads JPEG files to the very pixels that libjpeg-turbo, and so Pillow on the server, makes of them, at full size or at 1/2, 1/4 or 1/8.
// Browsers differ from it and from one another: in colour profiles, in what they do with inks, and none of them reads a picture at a part of its size.

import { Bits, codes, reader, ZIGZAG } from "./entropy.js";
import { PictureError, Unusual } from "./errors.js";
import { transform } from "./idct.js";
import { toRgb } from "./colours.js";

// The bounds of the server (`trainer.pixels`): scans, pixels times scans, and bytes of coefficients that are kept of a JPEG with several scans.
const MOST_SCANS = 100, MOST_PASSES = 400_000_000, MOST_HELD = 150_000_000;
const FRAMES = { 0xc0: false, 0xc1: false, 0xc2: true }; // and whether it is progressive

// {data: uint8 [height, width, 3], width, height} as it lies in the file; null for what is read by the browser instead. Raises PictureError.
export function decodeJpeg(bytes, side, mostPixels) {
  try {
    const frame = new Frame(bytes, side, mostPixels).read();
    return toRgb(frame);
  } catch (error) {
    if (error instanceof Unusual) return null;
    if (error instanceof RangeError) throw new PictureError("damaged"); // a length that leads out of the file
    throw error;
  }
}

// The scale at which it is read: no side gets smaller than asked for.
export const factorOf = (width, height, side) => [8, 4, 2].find((factor) => Math.min(width, height) >= factor * side) ?? 1;

class Frame {
  constructor(bytes, side, mostPixels) {
    Object.assign(this, { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), side, mostPixels });
    Object.assign(this, { steps: [], dc: [], ac: [], interval: 0, scans: 0, parts: null, isJfif: false, adobe: null });
  }

  read() {
    for (let at = 2; ; ) {
      while (this.view.getUint8(at) !== 0xff || [0, 0xff].includes(this.view.getUint8(at + 1))) at += 1;
      const marker = this.bytes[at + 1];
      if (marker === 0xd9) return this.finished();
      if (marker >= 0xd0 && marker <= 0xd8) at += 2;
      else {
        const end = at + 2 + this.view.getUint16(at + 2);
        at = this.segment(marker, at + 4, end) ?? end;
        if (this.scans && !this.isKept) return this; // what comes after it is not needed
      }
    }
  }

  finished() {
    if (!this.scans) throw new Unusual("no scan");
    this.parts.forEach((part) => this.transformed(part));
    return this;
  }

  // Takes in a segment; gives where to go on where that is not its end.
  segment(marker, from, to) {
    if (to > this.bytes.length) throw new PictureError("damaged");
    if (marker === 0xdb) this.quantisation(from, to);
    else if (marker === 0xc4) this.huffman(from, to);
    else if (marker === 0xdd) this.interval = this.view.getUint16(from);
    else if (marker === 0xda) return this.scan(from, to);
    else if (marker in FRAMES) this.start(from, FRAMES[marker]);
    else if (marker >= 0xc0 && marker <= 0xcf) throw new Unusual("another kind of JPEG");
    else if (marker === 0xe0) this.isJfif ||= this.text(from, 5) === "JFIF\0";
    else if (marker === 0xee && this.text(from, 5) === "Adobe") this.adobe = this.bytes[from + 11];
  }

  text(from, length) {
    return String.fromCharCode(...this.bytes.subarray(from, from + length));
  }

  quantisation(from, to) {
    for (let at = from; at < to; ) {
      const isWide = this.bytes[at] >> 4, table = (this.steps[this.bytes[at] & 15] = new Int32Array(64));
      for (let place = 0; place < 64; place += 1) table[ZIGZAG[place]] = isWide ? this.view.getUint16(at + 1 + 2 * place) : this.bytes[at + 1 + place];
      at += 1 + (isWide ? 128 : 64);
    }
  }

  huffman(from, to) {
    for (let at = from; at < to; ) {
      const counts = this.bytes.subarray(at + 1, at + 17), all = counts.reduce((sum, count) => sum + count, 0);
      const tables = this.bytes[at] >> 4 ? this.ac : this.dc;
      tables[this.bytes[at] & 15] = codes(counts, this.bytes.slice(at + 17, at + 17 + all));
      at += 17 + all;
    }
  }

  start(from, isProgressive) {
    const [height, width, count] = [this.view.getUint16(from + 1), this.view.getUint16(from + 3), this.bytes[from + 5]];
    if (this.parts || this.bytes[from] !== 8 || !height || !width || ![1, 3, 4].includes(count)) throw new Unusual("another kind of JPEG");
    if (width * height > this.mostPixels) throw new PictureError("too_many_pixels");
    const parts = Array.from({ length: count }, (_none, place) => {
      const [id, sampling, table] = this.bytes.subarray(from + 6 + 3 * place, from + 9 + 3 * place);
      return { id, across: sampling >> 4, down: sampling & 15, table };
    });
    const across = Math.max(...parts.map((part) => part.across)), down = Math.max(...parts.map((part) => part.down));
    const least = 8 / factorOf(width, height, this.side);
    Object.assign(this, { isProgressive, parts, across, down, least, fullWidth: width, fullHeight: height });
    Object.assign(this, { width: Math.ceil((width * least) / 8), height: Math.ceil((height * least) / 8) });
    Object.assign(this, { columns: Math.ceil(width / (8 * across)), rows: Math.ceil(height / (8 * down)) });
    parts.forEach((part) => this.measure(part));
  }

  // Colours that have fewer samples are made as much less smaller, so that they need no stretching.
  measure(part) {
    const { across, down, least } = this;
    if (!part.across || !part.down || across % part.across || down % part.down) throw new Unusual("odd sampling");
    part.size = least;
    while (part.size < 8 && (across * least) % (part.across * part.size * 2) === 0 && (down * least) % (part.down * part.size * 2) === 0) part.size *= 2;
    part.wide = Math.ceil((this.fullWidth * part.across * part.size) / (across * 8));
    part.high = Math.ceil((this.fullHeight * part.down * part.size) / (down * 8));
    [part.columns, part.rows] = [Math.ceil((this.fullWidth * part.across) / (across * 8)), Math.ceil((this.fullHeight * part.down) / (down * 8))];
    part.allColumns = this.columns * part.across; // with those that fill up the last unit
    part.stride = part.allColumns * part.size;
    part.samples = new Uint8ClampedArray(part.stride * this.rows * part.down * part.size);
  }

  scan(from, to) {
    if (!this.parts) throw new Unusual("no frame");
    this.scans += 1;
    if (this.scans > MOST_SCANS || (this.scans > 1 && this.scans * this.fullWidth * this.fullHeight > MOST_PASSES)) throw new PictureError("too_complex");
    const parts = Array.from({ length: this.bytes[from] }, (_none, place) => {
      const [id, tables] = this.bytes.subarray(from + 1 + 2 * place, from + 3 + 2 * place);
      const part = this.parts.find((one) => one.id === id);
      if (!part) throw new Unusual("no such colour");
      return Object.assign(part, { dc: this.dc[tables >> 4], ac: this.ac[tables & 15] });
    });
    const [first, last, bits] = this.bytes.subarray(to - 3, to);
    const about = { isProgressive: this.isProgressive, from: first, to: last, high: bits >> 4, low: bits & 15, empty: 0 };
    if (this.scans === 1) this.keep(this.isProgressive || parts.length < this.parts.length);
    return this.blocks(parts, about, new Bits(this.bytes, to));
  }

  // Whether coefficients are kept until the last scan; else a block is done with when it is read.
  keep(isKept) {
    this.isKept = isKept;
    this.block = new Int16Array(64);
    const sizes = this.parts.map((part) => 64 * part.allColumns * this.rows * part.down);
    if (!isKept) return this.parts.forEach((part) => (part.steps = this.stepsOf(part)));
    if (2 * sizes.reduce((sum, size) => sum + size) > MOST_HELD) throw new PictureError("too_complex");
    this.parts.forEach((part, place) => (part.coefficients = new Int16Array(sizes[place])));
  }

  stepsOf({ table }) {
    if (!this.steps[table]) throw new Unusual("no steps");
    return this.steps[table];
  }

  blocks(parts, about, bits) {
    const read = reader(about), [only] = parts.length === 1 ? parts : [];
    const [columns, rows] = only ? [only.columns, only.rows] : [this.columns, this.rows];
    const restart = () => (parts.forEach((part) => (part.before = 0)), (about.empty = 0));
    if (parts.some((part) => (!about.from && !about.high && !part.dc) || (about.to && !part.ac))) throw new Unusual("no table");
    restart();
    for (let unit = 0; unit < columns * rows; unit += 1) {
      if (this.interval && unit && unit % this.interval === 0) (bits.restart(), restart());
      const column = unit % columns, row = (unit - column) / columns;
      if (only) this.one(read, bits, only, about, column, row);
      else parts.forEach((part) => this.unit(read, bits, part, about, column, row));
    }
    bits.end();
    return bits.at;
  }

  unit(read, bits, part, about, column, row) {
    for (let down = 0; down < part.down; down += 1) {
      for (let across = 0; across < part.across; across += 1) this.one(read, bits, part, about, column * part.across + across, row * part.down + down);
    }
  }

  one(read, bits, part, about, column, row) {
    if (this.isKept) return read(bits, part, part.coefficients, 64 * (row * part.allColumns + column), about);
    this.block.fill(0);
    read(bits, part, this.block, 0, about);
    transform(this.block, 0, part.steps, part.size, part.samples, part.size * (row * part.stride + column), part.stride);
  }

  transformed(part) {
    const steps = this.stepsOf(part);
    for (let row = 0; row < part.rows; row += 1) {
      for (let column = 0; column < part.columns; column += 1) {
        transform(part.coefficients, 64 * (row * part.allColumns + column), steps, part.size, part.samples, part.size * (row * part.stride + column), part.stride);
      }
    }
    part.coefficients = null;
  }
}
