// The photos that were searched with, small, by the address of what was found: in the memory of this window alone, so that going back shows them again.

const KEY = "similar-photos", KEPT = 12, LONGEST = 480;

const look = (address) => new URLSearchParams(address.slice(address.indexOf("?"))).get("look")?.slice(-24);

async function small(photo) {
  const picture = await createImageBitmap(photo);
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas.toDataURL("image/jpeg", 0.8).split(",")[1];
}

function all() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

export async function remember(address, photo) {
  try {
    const others = all().filter(([key]) => key !== look(address));
    sessionStorage.setItem(KEY, JSON.stringify([...others, [look(address), await small(photo)]].slice(-KEPT)));
  } catch {
    // No room, or no storage in this window: the page then shows what was found, and not the photo.
  }
}

// The photo as a Blob, or nothing.
export function recall(address) {
  const text = all().find(([key]) => key && key === look(address))?.[1];
  return text && new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/jpeg" });
}
