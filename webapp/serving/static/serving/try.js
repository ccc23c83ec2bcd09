// The form that asks and the board that answers: one picture on the board at once, several in a table.

import { remember } from "./asked.js";
import { Board } from "./board.js";
import { Heat } from "./heat.js";
import { takeIn } from "./intake.js";
import { Refusal, ask, post } from "./question.js";
import { ready } from "./ready.js";
import { Several } from "./several.js";
import { Strip } from "./strip.js";
import { count } from "./threshold.js";

function bind(root) {
  const words = { ...root.querySelector("[data-words]").dataset };
  const form = root.querySelector("[data-try]");
  const board = new Board(root), strip = new Strip(root, board, words);
  const several = root.querySelector("[data-several]") && new Several(root, board, words); // not where one picture at a time is asked about
  new Heat(root, words);
  let latest = 0;

  // The newest question wins: what comes back later about an earlier one is not shown.
  async function question(prepare) {
    const mine = (latest += 1);
    board.think();
    try {
      const picture = await prepare();
      const preview = URL.createObjectURL(picture);
      if (mine === latest) board.picture(preview, picture.name);
      const answer = await ask(form, picture);
      URL.revokeObjectURL(preview);
      if (mine !== latest) return;
      const entry = remember({ name: picture.name, picture, answer });
      board.show(entry);
      strip.add(entry);
      count();
    } catch (error) {
      if (mine !== latest) return;
      error instanceof Refusal ? board.refuse(error) : board.tell(words.lost);
    }
  }

  const prepared = (file) => ready(file).catch(() => {
    throw new Refusal(words.odd);
  });

  takeIn(root, {
    files(files) {
      if (files.length > 1 && several) several.add(files);
      else if (files.length) question(() => prepared(files[0]));
    },
    address: (url) => question(async () => {
      const blob = await (await post(root.dataset.bring, form, { url })).blob();
      return prepared(new File([blob], nameOf(url), { type: blob.type }));
    }),
  });
}

function nameOf(url) {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/").pop()) || new URL(url).hostname;
  } catch {
    return url.slice(-120);
  }
}

document.querySelectorAll("[data-asking]").forEach(bind);
document.querySelectorAll("[data-with-page]").forEach((part) => (part.hidden = false));
