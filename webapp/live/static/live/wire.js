// The line to the server: frames go, answers come, and it is opened again by itself.

const PAUSES = [500, 1000, 2000, 4000, 8000];
const SILENCE_MS = 15_000; // without an answer to anything: the line is dead, though nobody has said so
const MOST_UNDER_WAY = 4;
const ENDS = { 4401: "ended", 4404: "gone", 4429: "many", 1011: "broken" };

export class Wire {
  // on.answer(message, facts of the frame), on.state("opening" | "on" | "again"), on.ended(word)
  constructor(address, on) {
    Object.assign(this, { address, on, socket: null, wanted: false, tries: 0, allowed: 1 });
  }

  open() {
    this.wanted = true;
    this.tries = 0;
    this.connect();
  }

  connect() {
    if (!this.wanted || this.socket) return;
    const socket = (this.socket = new WebSocket(this.address));
    Object.assign(this, { sent: new Map(), number: 0, room: [] });
    socket.addEventListener("open", () => this.socket === socket && ((this.tries = 0), this.on.state("on")));
    socket.addEventListener("message", (event) => this.socket === socket && this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.socket === socket && this.lost(event.code));
    if (!this.tries) this.on.state("opening");
  }

  close() {
    this.wanted = false;
    clearTimeout(this.timer);
    this.rest();
    const { socket } = this;
    this.socket = null;
    this.makeRoom();
    socket?.close(1000);
  }

  lost(code) {
    this.rest();
    this.socket = null;
    this.makeRoom();
    if (ENDS[code]) {
      this.wanted = false;
      return this.on.ended(ENDS[code]);
    }
    if (!this.wanted) return null;
    this.on.state("again", code === 1013 ? "full" : "lost");
    const pause = PAUSES[Math.min(this.tries, PAUSES.length - 1)];
    this.tries += 1;
    this.timer = setTimeout(() => this.connect(), pause * (0.75 + Math.random() / 2)); // not all at the same moment
    return null;
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  // Resolves when one more frame may go: as soon as an answer comes. Over a slow line some are under way at once.
  async mayGo() {
    while (this.isOpen && this.sent.size >= this.allowed) await new Promise((done) => this.room.push(done));
    return this.isOpen;
  }

  send(bytes, facts) {
    if (!this.isOpen) return;
    this.number += 1;
    this.sent.set(this.number, { ...facts, at: performance.now() });
    this.socket.send(bytes);
    this.watchdog ??= setTimeout(() => ((this.watchdog = null), this.socket?.close()), SILENCE_MS);
  }

  hear(message) {
    this.rest();
    const facts = this.sent.get(message.seq);
    this.sent.delete(message.seq);
    this.makeRoom();
    if (facts) this.on.answer(message, { ...facts, took: performance.now() - facts.at });
  }

  // The watchdog sleeps until the next frame goes.
  rest() {
    clearTimeout(this.watchdog);
    this.watchdog = null;
  }

  makeRoom() {
    this.room?.splice(0).forEach((done) => done());
  }

  // How many frames may be under way: as many as fit into the time that the line takes, fewer when some were dropped.
  suit(networkMs, everyMs, dropped) {
    this.allowed = dropped ? Math.max(1, this.allowed - 1) : Math.min(MOST_UNDER_WAY, 1 + Math.floor(networkMs / everyMs));
  }
}
