// Which pictures are chosen: by themselves, or as a range from where the choosing began.

export class Choice {
  constructor(pictures) {
    Object.assign(this, { pictures, chosen: new Set(), anchor: 0 });
  }

  has(id) {
    return this.chosen.has(id);
  }

  get size() {
    return this.chosen.size;
  }

  toggle(index) {
    const { id } = this.pictures.all[index];
    if (!this.chosen.delete(id)) this.chosen.add(id);
    this.anchor = index;
  }

  // From the anchor to here, and nothing else.
  range(index) {
    const [from, to] = [this.anchor, index].sort((a, b) => a - b);
    this.chosen = new Set(this.pictures.all.slice(from, to + 1).map((picture) => picture.id));
  }

  all() {
    this.chosen = new Set(this.pictures.all.map((picture) => picture.id));
  }

  clear(index = this.anchor) {
    this.chosen.clear();
    this.anchor = index;
  }

  // The chosen pictures in their order; where none are, the one that has the focus.
  targets(active) {
    const ids = this.size ? this.pictures.all.filter((picture) => this.has(picture.id)).map((picture) => picture.id) : [this.pictures.all[active]?.id];
    return ids.filter((id) => id && !this.pictures.get(id).gone);
  }
}
