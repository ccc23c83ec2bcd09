// Several pictures: a few questions at a time, a line of the table for each answer, and a file of them all.

import { forget, remember } from "./asked.js";
import { csv, save } from "./csv.js";
import { Refusal, ask } from "./question.js";
import { ready, thumb } from "./ready.js";
import { best, count, isUnknown, onTurn } from "./threshold.js";

const AT_ONCE = 3, LONGEST_WAIT = 60;
const pause = (seconds, signal) => new Promise((done) => {
  const timer = setTimeout(done, 1000 * seconds);
  signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
});

export class Several {
  constructor(root, board, words) {
    Object.assign(this, { board, words, form: root.querySelector("[data-try]"), labels: JSON.parse(root.dataset.labels), most: Number(root.dataset.most) });
    this.part = root.querySelector("[data-several]");
    this.find = (name) => this.part.querySelector(`[data-${name}]`);
    this.body = this.find("lines");
    this.lines = [];
    Object.assign(this, { stop: new AbortController(), isOn: false, ended: Promise.resolve() });
    this.find("halt").addEventListener("click", () => this.halt());
    this.find("resume").addEventListener("click", () => this.run());
    this.find("clear").addEventListener("click", () => this.clear());
    this.find("csv").addEventListener("click", () => save(csv(this.labels, this.lines.map((line) => this.cells(line))), "answers.csv"));
    onTurn(() => this.tell());
  }

  add(files) {
    const room = files.slice(0, this.most - this.lines.length);
    if (!this.lines.length) this.body.replaceChildren();
    room.forEach((file) => this.line(file));
    this.part.hidden = false;
    this.find("full").hidden = room.length === files.length;
    this.part.scrollIntoView({ block: "nearest" });
    this.run();
  }

  line(file) {
    const row = this.part.querySelector("[data-blank]").content.cloneNode(true).firstElementChild;
    const line = { row, file, state: "waiting", entry: null, problem: "", said: row.querySelector("[data-said]"), share: row.querySelector("[data-share]"), bar: row.querySelector("[data-share-bar]") };
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-open]").addEventListener("click", () => line.entry && this.board.show(line.entry));
    row.querySelector("[data-again]").addEventListener("click", () => {
      this.state(line, "waiting");
      row.querySelector("[data-open]").focus();
      this.run();
    });
    this.lines.push(line);
    this.body.append(row);
    this.state(line, "waiting");
  }

  // What comes while questions are under way joins them; a round begins when the one before has ended.
  run() {
    this.ended = this.ended.then(() => this.round());
  }

  get busy() {
    return this.isOn && !this.stop.signal.aborted;
  }

  async round() {
    if (!this.left().length) return;
    this.isOn = true;
    this.stop = new AbortController();
    this.find("lost").hidden = true;
    this.tell();
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.lane(this.stop.signal)));
    this.isOn = false;
    this.tell();
    if (!this.left().length) document.getElementById("says").textContent = this.find("progress").textContent;
  }

  left() {
    return this.lines.filter((line) => line.state === "waiting");
  }

  async lane(signal) {
    for (let line; !signal.aborted && (line = this.left()[0]); ) {
      this.state(line, "asking");
      try {
        await this.one(line, signal);
      } catch (error) {
        this.trouble(line, error);
      }
      this.tell();
    }
  }

  async one(line, signal) {
    const picture = await ready(line.file).catch(() => {
      throw new Refusal(this.words.odd);
    });
    const shown = line.row.querySelector("img");
    thumb(picture).then((url) => (shown.src = url), () => shown.remove());
    const answer = await this.patiently(() => ask(this.form, picture, signal), signal);
    line.entry = remember({ name: line.file.name, picture, answer });
    this.state(line, "answered");
  }

  // Who is told to come later comes later.
  async patiently(asking, signal) {
    try {
      return await asking();
    } catch (error) {
      if (!(error.wait > 0 && error.wait <= LONGEST_WAIT)) throw error;
      await pause(error.wait, signal);
      return asking();
    }
  }

  trouble(line, error) {
    if (error instanceof Refusal) {
      Object.assign(line, { problem: error.message, mayHelp: error.again });
      return this.state(line, "refused");
    }
    this.state(line, "waiting"); // stopped, or the connection is gone: its turn comes when somebody goes on
    if (error.name !== "AbortError") {
      this.find("lost").hidden = false;
      this.stop.abort();
    }
  }

  state(line, state) {
    line.state = state;
    line.row.dataset.state = state;
    line.row.querySelector("[data-again]").hidden = state !== "refused" || !line.mayHelp;
    line.row.querySelector("[data-open]").setAttribute("aria-disabled", String(state !== "answered"));
    this.say(line);
  }

  say({ state, entry, problem, said, share, bar }) {
    said.textContent = { waiting: this.words.waiting, asking: this.words.beingAsked, refused: problem, answered: "" }[state];
    share.textContent = "";
    bar.hidden = true;
    if (state !== "answered") return;
    const unknown = isUnknown(entry.facts);
    said.textContent = unknown ? this.words.none : best(entry.facts)[0];
    share.textContent = unknown ? "" : entry.answer.dataset.share;
    Object.assign(bar, { hidden: unknown, value: 100 * best(entry.facts)[1] });
  }

  tell() {
    const of = (state) => this.lines.filter((line) => line.state === state);
    const [answered, refused, left] = [of("answered"), of("refused"), this.left()];
    answered.forEach((line) => this.say(line));
    const done = answered.length + refused.length;
    Object.assign(this.find("bar"), { max: this.lines.length || 1, value: done });
    const words = refused.length ? this.words.progressWith : this.words.progress;
    this.find("progress").textContent = words.replace("{done}", done).replace("{all}", this.lines.length).replace("{refused}", refused.length);
    this.find("bar").hidden = !this.busy && !left.length;
    this.find("halt").hidden = !this.busy;
    this.find("resume").hidden = this.busy || !left.length;
    this.find("csv").hidden = this.busy || !done;
    this.find("clear").hidden = this.busy;
    this.sums(answered);
    count();
  }

  // How often each answer came, the most frequent first.
  sums(answered) {
    const counts = new Map();
    answered.forEach(({ said }) => counts.set(said.textContent, (counts.get(said.textContent) ?? 0) + 1));
    const chips = [...counts].sort((a, b) => b[1] - a[1]).map(([label, number]) => Object.assign(document.createElement("li"), { className: "badge num", textContent: `${label} ${number}` }));
    this.find("sums").replaceChildren(...chips);
  }

  cells({ state, file, entry, problem }) {
    if (!entry) return { name: file.name, answer: "", none: false, share: "", problem: state === "refused" ? problem : this.words.waiting, shares: new Map() };
    const none = isUnknown(entry.facts), [label, share] = best(entry.facts);
    return { name: file.name, answer: none ? "" : label, none, share: share.toFixed(4), problem: "", shares: new Map(entry.facts.shares.map(([name, value]) => [name, value.toFixed(4)])) };
  }

  halt() {
    this.stop.abort();
    this.tell();
    this.find("resume").focus();
  }

  clear() {
    this.lines.forEach(({ entry, row }) => {
      if (entry) forget(entry);
      const shown = row.querySelector("img");
      if (shown) URL.revokeObjectURL(shown.src);
    });
    this.lines = [];
    this.body.replaceChildren();
    this.part.hidden = true;
    this.form.querySelector("[data-file]").focus();
  }
}
