// What is sent of a picture: a phone photo of many megabytes goes as large as it will be looked at, and what only the browser can read becomes a JPEG.

const SENT_AS_IT_IS = ["image/jpeg", "image/png"];
const SHRINK_OVER = 1_500_000, LONGEST = 1024, THUMB = 112;

async function drawn(file, longest) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // what is transparent counts as white, as it does on the server
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}

// A File to send; rejects where the browser sees no picture in it.
export async function ready(file) {
  const name = file.name || "picture.jpg";
  const fits = SENT_AS_IT_IS.includes(file.type) && file.size <= SHRINK_OVER;
  return new File([fits ? file : await drawn(file, LONGEST)], name, { type: fits ? file.type : "image/jpeg" });
}

// The address of a small copy, for a table of many.
export const thumb = async (file) => URL.createObjectURL(await drawn(file, THUMB));
