// The pictures of the grid in their order, fetched in pieces by the word that each piece ends with.

const AHEAD = 20_000; // so many are fetched without being asked for; of more, when somebody comes near

export class Pictures {
  constructor(address, query, onMore) {
    Object.assign(this, { address, query, onMore, all: [], at: new Map(), next: "", isWhole: false, isBusy: false });
  }

  async more() {
    if (this.isBusy || this.isWhole) return;
    this.isBusy = true;
    try {
      const answer = await fetch(`${this.address}?${new URLSearchParams({ ...this.query, after: this.next })}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.take(await answer.json());
    } catch {
      setTimeout(() => this.more(), 3000);
      return;
    } finally {
      this.isBusy = false;
    }
    this.onMore();
    if (this.all.length < AHEAD) requestIdleCallback(() => this.more());
  }

  take({ pictures, next }) {
    for (const picture of pictures) {
      if (this.at.has(picture.id)) continue;
      this.at.set(picture.id, this.all.length);
      this.all.push(picture);
    }
    this.next = next;
    this.isWhole = !next;
  }

  // Somebody looks at the pictures up to here.
  seen(index) {
    if (this.all.length - index < 400) this.more();
  }

  get(id) {
    return this.all[this.at.get(id)];
  }

  remove(ids) {
    const gone = new Set(ids);
    this.all = this.all.filter((picture) => !gone.has(picture.id));
    this.at = new Map(this.all.map((picture, index) => [picture.id, index]));
  }

  forget() {
    Object.assign(this, { all: [], at: new Map(), next: "", isWhole: false });
  }
}
