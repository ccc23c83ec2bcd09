// How a picture looks in the grid, and what it is called.

export const words = JSON.parse(document.getElementById("review-words").textContent);
export const labels = JSON.parse(document.getElementById("review-labels").textContent);
const byId = new Map(labels.map((label) => [label.id, label]));
const { thumb, picture: big } = document.querySelector("[data-review]").dataset;
const NOBODY = "00000000-0000-0000-0000-000000000000";

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
export const plural = ([one, many], n) => fill(n === 1 ? one : many, { n });
export const labelOf = (picture) => byId.get(picture.label) ?? { name: "", hue: 1 };
export const likeOf = (picture) => byId.get(picture.like);
export const thumbOf = (picture) => thumb.replace(NOBODY, picture.id);
export const bigOf = (picture) => big.replace(NOBODY, picture.id);

// Why it stands out: in a few words (0), or in sentences (1).
export function why(picture, length = 0) {
  if (picture.gone) return words.gone;
  const aside = picture.status === "set_aside" ? [(words.reasons[picture.reason] ?? words.reasons.by_hand)[length]] : [];
  const flags = picture.flags.map((flag) => words.flags[flag][length]);
  const like = likeOf(picture) ? [fill(words.like, { name: likeOf(picture).name })] : [];
  const all = [...aside, ...like, ...flags];
  if (!all.length && picture.group && !picture.decided) all.push(words.alike);
  return all.join(length ? " " : " ・ ");
}

export function spoken(picture, index, all) {
  return [labelOf(picture).name, why(picture), fill(words.place, { n: index + 1, all })].filter(Boolean).join(", ");
}

// Writes only what is new: a text that is written again is laid out again.
export function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function paintPicture(cell, picture) {
  const label = labelOf(picture);
  set(cell.querySelector(".dot"), "data-hue", label.hue);
  write(cell.querySelector("[data-name]"), label.name);
  write(cell.querySelector("[data-why]"), why(picture));
}

export function paintDoubt(cell, picture) {
  const label = labelOf(picture);
  const like = likeOf(picture);
  const decided = picture.gone || picture.status === "set_aside" ? why(picture) : fill(picture.decided === "right" ? words.right : words.fixed, label);
  write(cell.querySelector("[data-question]"), like && !picture.gone ? fill(words.question, { like: like.name, name: label.name }) : decided);
  cell.querySelector(".row").hidden = !like || Boolean(picture.gone);
  if (!like) return;
  write(cell.querySelector("[data-like]"), like.name);
  write(cell.querySelector('[data-act="dismiss"]'), fill(words.is_right, label));
}
