// From a picture file to upright RGB pixels, as `trainer.pixels.decode` makes them.

import { PictureError } from "./errors.js";
import { decodeJpeg, factorOf } from "./jpeg.js";
import { orientation, turned } from "./upright.js";

const MOST_PIXELS = 40_000_000;
const LARGE = 4_000_000; // pixels from which on a picture that is no JPEG is made smaller
const STRIP = 2_000_000; // pixels that are taken out of a canvas at once: some browsers have none of 40 megapixels

const isJpeg = (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8;

// {data: uint8 [height, width, 3], width, height} of a file, no smaller than `side` by being read at 1/2, 1/4 or 1/8.
export async function pixels(file, side) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { turn, neutral } = orientation(bytes);
  const picture = (isJpeg(bytes) && decodeJpeg(bytes, side, MOST_PIXELS)) || (await byBrowser(neutral, side, isJpeg(bytes)));
  return turned(picture, turn);
}

// What a frame of a video shows.
export const framePixels = (frame) => read(frame, 1);

async function byBrowser(bytes, side, isJpeg) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: "none" });
  } catch {
    throw new PictureError("not_a_picture");
  }
  const { width, height } = bitmap;
  if (width * height > MOST_PIXELS) throw new PictureError("too_many_pixels");
  const smaller = isJpeg || width * height > LARGE;
  return read(bitmap, smaller ? factorOf(width, height, side) : 1);
}

// The pixels of a bitmap on white, each the mean of factor x factor of them.
function read(bitmap, factor) {
  const width = Math.ceil(bitmap.width / factor), height = Math.ceil(bitmap.height / factor);
  const picture = { data: new Uint8Array(width * height * 3), width, height };
  const rows = Math.max(1, Math.floor(STRIP / bitmap.width / factor)); // of the outcome
  const canvas = new OffscreenCanvas(bitmap.width, Math.min(rows * factor, bitmap.height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < height; top += rows) {
    const high = Math.min(rows * factor, bitmap.height - top * factor);
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, high);
    context.drawImage(bitmap, 0, -top * factor);
    shrink(context.getImageData(0, 0, bitmap.width, high), factor, picture.data.subarray(top * width * 3), width);
  }
  bitmap.close();
  return picture;
}

function shrink({ data, width, height }, factor, into, columns) {
  for (let row = 0, to = 0; row * factor < height; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const right = Math.min((column + 1) * factor, width), bottom = Math.min((row + 1) * factor, height);
      let red = 0, green = 0, blue = 0, count = 0;
      for (let y = row * factor; y < bottom; y += 1) {
        for (let at = 4 * (y * width + column * factor), end = 4 * (y * width + right); at < end; at += 4, count += 1) {
          red += data[at];
          green += data[at + 1];
          blue += data[at + 2];
        }
      }
      into[to++] = (red + count / 2) / count;
      into[to++] = (green + count / 2) / count;
      into[to++] = (blue + count / 2) / count;
    }
  }
}
