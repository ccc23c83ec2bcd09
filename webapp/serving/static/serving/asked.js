// Pictures that were asked about on this page. They are in the memory of the browser alone, and whoever has an answer finds here what it is about:
//   askedOf(element)  {number, name, picture: File, url, answer: element, facts} of the answer that an element is part of
//   allAsked()        all of them, the oldest first
// When an answer comes onto the board, the event "asked" with that as its detail bubbles from it.

const ASKED = new Map();
let last = 0;

export function remember({ name, picture, answer }) {
  const entry = { number: (last += 1), name, picture, url: URL.createObjectURL(picture), answer, facts: JSON.parse(answer.dataset.facts) };
  answer.dataset.asked = entry.number;
  ASKED.set(entry.number, entry);
  return entry;
}

export function forget(entry) {
  ASKED.delete(entry.number);
  URL.revokeObjectURL(entry.url);
}

export const askedOf = (element) => ASKED.get(Number(element.closest("[data-asked]")?.dataset.asked));
export const allAsked = () => [...ASKED.values()];
