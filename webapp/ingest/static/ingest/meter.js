// How much, how fast, how long yet, in words of the page's language.

const SAMPLE_MS = 1000;
const KEEP = 0.7; // of the speed so far, so that the time left does not jump about
const LANGUAGE = document.documentElement.lang;

const unit = (name, value, digits = 0, display = "short") =>
  new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: name, unitDisplay: display, maximumFractionDigits: digits }).format(value);

const size = (bytes) => unit("megabyte", bytes / 1e6, bytes < 1e8 ? 1 : 0);

function duration(seconds) {
  if (seconds < 60) return unit("second", Math.max(5, Math.ceil(seconds / 5) * 5), 0, "long");
  if (seconds < 5400) return unit("minute", Math.round(seconds / 60), 0, "long");
  return unit("hour", seconds / 3600, 1, "long");
}

export class Meter {
  constructor(total, left) {
    Object.assign(this, { total, left, speed: 0 });
    this.rest();
  }

  // After a pause the time that went by is no slowness.
  rest() {
    this.since = null;
  }

  read(bytes) {
    const now = performance.now();
    this.since ??= { now, bytes };
    const spent = now - this.since.now;
    if (spent >= SAMPLE_MS) {
      const speed = (1000 * (bytes - this.since.bytes)) / spent;
      this.speed = this.speed ? KEEP * this.speed + (1 - KEEP) * speed : speed;
      this.since = { now, bytes };
    }
    const parts = [`${size(bytes)} / ${size(this.total)}`];
    if (this.speed > 0) parts.push(unit("megabyte-per-second", this.speed / 1e6, 1), this.left.replace("{time}", duration((this.total - bytes) / this.speed)));
    return parts.join(" ・ ");
  }
}
