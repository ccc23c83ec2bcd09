// How long answers took, in parts: the newest for the chart, more of them for the figures.

const KEPT = 200;
const NEWEST_S = 3; // of which the answers a second are counted
export const PARTS = ["network", "queue", "decode", "infer"];

export function quantile(values, share) {
  if (!values.length) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

export class Times {
  constructor() {
    this.clear();
  }

  clear() {
    Object.assign(this, { rows: [], moments: [], dropped: 0 });
  }

  // where: "server" or "here". parts: {network, queue, decode, infer} in ms.
  add(where, parts) {
    const now = performance.now();
    this.rows.push({ where, ...parts, all: PARTS.reduce((sum, part) => sum + (parts[part] ?? 0), 0) });
    this.rows.splice(0, this.rows.length - KEPT);
    this.moments.push(now);
    this.moments = this.moments.filter((moment) => now - moment < NEWEST_S * 1000);
  }

  of(where, part, share) {
    return quantile(this.rows.filter((row) => row.where === where).map((row) => row[part]).filter((value) => value !== undefined), share);
  }

  get places() {
    return ["server", "here"].filter((where) => this.rows.some((row) => row.where === where));
  }

  get aSecond() {
    const first = this.moments[0];
    return this.moments.length < 2 ? NaN : ((this.moments.length - 1) * 1000) / Math.max(1, this.moments.at(-1) - first);
  }

  // The part of a server's answer that takes longest.
  get slowest() {
    return PARTS.reduce((worst, part) => (this.of("server", part, 0.5) > this.of("server", worst, 0.5) ? part : worst));
  }
}
