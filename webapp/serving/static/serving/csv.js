// The table of answers as a CSV file, as webapp/serving/answer_table.py writes it.

const COLUMNS = ["file", "answer", "none_of_these", "confidence", "problem"];
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/; // no spreadsheet may take a cell for one
const harmless = (cell) => (FORMULA.test(cell) ? `'${cell}` : cell);
const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export function csv(labels, rows) {
  const line = ({ name, answer, none, share, problem, shares }) =>
    [name, answer, none ? "yes" : "", share, problem, ...labels.map((label) => shares.get(label) ?? "")].map(String);
  return "\ufeff" + [[...COLUMNS, ...labels], ...rows.map(line)].map((cells) => cells.map((cell) => quoted(harmless(cell))).join(",") + "\r\n").join("");
}

export function save(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
