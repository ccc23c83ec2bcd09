// Whether the server can be reached, and waiting until it can.

const ASK_MS = 2000;

export const pause = (ms, stop) =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    const now = () => (clearTimeout(timer), done());
    addEventListener("online", now, { once: true });
    stop.addEventListener("abort", now, { once: true });
  });

async function reached(stop) {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: stop })).ok;
  } catch {
    return false;
  }
}

// Resolves when the server answers again, or when nobody waits for it any more.
export async function back(stop) {
  do await pause(ASK_MS, stop);
  while (!stop.aborted && !(await reached(stop)));
}
