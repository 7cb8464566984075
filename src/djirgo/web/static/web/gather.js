// Events come in bursts. What they are about is gathered and asked for together: soon the first time, and then the more
// seldom the longer the server takes to answer, so that many open pages do not wear it down.

// Not all pages at the same moment.
const SOON_MS = 100;
const SPREAD_MS = 200;
const PATIENCE = 5;
const MOST_MS = 10000;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// `react` is given what was gathered, and answers when it is done with it.
export function gather(react, { often }) {
  const gathered = new Set();
  let isAtIt = false;

  async function work() {
    isAtIt = true;
    await pause(SOON_MS + Math.random() * SPREAD_MS);
    while (gathered.size) {
      const things = [...gathered];
      gathered.clear();
      const began = performance.now();
      await react(things);
      await pause(Math.max(often, Math.min(MOST_MS, PATIENCE * (performance.now() - began))));
    }
    isAtIt = false;
  }

  return (...things) => {
    things.forEach((thing) => gathered.add(thing));
    if (!isAtIt && things.length) work();
  };
}
