// Which way up a picture was taken, as its EXIF says.

const ORIENTATION = 0x0112;
const XMP = /tiff:Orientation(?:="|>)([0-9])/;
const ascii = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to));

// {turn: 1 to 8, neutral: the same file saying that it lies upright}, so that no browser turns it a second time.
export function orientation(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const place = bytes[0] === 0xff ? ofJpeg(bytes, view) : ofPng(bytes, view);
    if (!place) return { turn: ofXmp(bytes, view), neutral: bytes };
    const neutral = bytes.slice();
    new DataView(neutral.buffer).setUint16(place.at, 1, place.isLittle);
    return { turn: place.value, neutral };
  } catch {
    return { turn: 1, neutral: bytes }; // notes that are damaged: it is taken as it lies
  }
}

// The parts of a JPEG before its pixels: [[marker, from, to]].
function* segments(bytes, view) {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; at += 2 + view.getUint16(at + 2)) {
    yield [bytes[at + 1], at + 4, at + 2 + view.getUint16(at + 2)];
  }
}

function ofJpeg(bytes, view) {
  for (const [marker, from] of segments(bytes, view)) {
    if (marker === 0xe1 && ascii(bytes, from, from + 6) === "Exif\0\0") return ofTiff(view, from + 6);
  }
  return null;
}

function ofPng(bytes, view) {
  if (view.getUint32(0) !== 0x89504e47) return null;
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (ascii(bytes, at + 4, at + 8) === "eXIf") return ofTiff(view, at + 8);
  }
  return null;
}

function ofTiff(view, start) {
  const isLittle = view.getUint16(start) === 0x4949;
  const first = start + view.getUint32(start + 4, isLittle);
  for (let entry = 0, all = view.getUint16(first, isLittle); entry < all; entry += 1) {
    const at = first + 2 + 12 * entry;
    if (view.getUint16(at, isLittle) === ORIENTATION) return { value: view.getUint16(at + 8, isLittle), at: at + 8, isLittle };
  }
  return null;
}

function ofXmp(bytes, view) {
  if (bytes[0] !== 0xff) return 1;
  for (const [marker, from, to] of segments(bytes, view)) {
    if (marker === 0xe1 && ascii(bytes, from, from + 28) === "http://ns.adobe.com/xap/1.0/") return Number(XMP.exec(new TextDecoder("latin1").decode(bytes.subarray(from, to)))?.[1] ?? 1);
  }
  return 1;
}

// For each turn where in the picture, w wide and h high, the pixel lies that comes to x, y.
const SOURCE = {
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _w, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _w, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

export function turned(picture, turn) {
  const source = SOURCE[turn];
  if (!source) return picture;
  const { data, width, height } = picture;
  const [wide, high] = turn > 4 ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1, to += 3) {
      const [column, row] = source(x, y, width, height), from = 3 * (row * width + column);
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
    }
  }
  return { data: out, width: wide, height: high };
}
