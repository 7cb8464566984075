// What happens, as it happens: every event that the reader may hear of, in order and once, also across a lost connection.
//
//   listen({ after: 123, onState: (state) => … });
//
// `after` is how far the page knows things; the server says it with the page. Each event is a `djirgo:event` on the
// document, its envelope the detail. The state is "live"; "polling" where the server has no room for another stream;
// "lost" while it cannot be reached; "ended" once the reader has to log in again, and then nothing more comes.
// A page that nobody looks at lets its stream go, for a browser has only a few connections to one server, and the server
// only so many seats. It catches up when it is looked at again.

const STREAM = "/api/events/stream/";
const FEED = "/api/events/";
const POLL_MS = 3000;
const RETRY_MS = [500, 1000, 2000, 5000, 10000];
// The server shows a sign of life every few seconds.
const SILENCE_MS = 15000;
const UNSEEN_MS = 3000;
// A stream that ends sooner than this is not opened again at once.
const SHORT_MS = 1000;
// Why a stream was let go that had nothing wrong with it.
const UNSEEN = Symbol("nobody looks");

// A page that is left may be come back to, by the browser's Back.
let isLeft = false;
addEventListener("pagehide", () => { isLeft = true; });
addEventListener("pageshow", () => { isLeft = false; });

export async function listen({ after, onState = () => {} }) {
  const reader = { place: after, state: "", failures: 0, room: 0, onState };
  while (reader.state !== "ended") {
    await beingLookedAt();
    try {
      await (performance.now() < reader.room ? poll(reader) : follow(reader));
      reader.failures = 0;
    } catch (problem) {
      if (problem === UNSEEN) continue;
      say(reader, "lost");
      await pause(RETRY_MS[Math.min(reader.failures++, RETRY_MS.length - 1)] * (0.75 + Math.random() / 2));
    }
  }
}

async function follow(reader) {
  const stop = new AbortController();
  const letGo = whenToLetGo(stop);
  const began = performance.now();
  try {
    const answer = await ask(reader, `${STREAM}?after=${reader.place}`, stop.signal);
    if (!answer) return;
    say(reader, "live");
    const body = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await body.read(); !part.done; part = await body.read()) {
      letGo.postpone();
      const frames = (text + part.value).split("\n\n");
      text = frames.pop();
      frames.forEach((frame) => tellFrame(reader, frame));
    }
    if (performance.now() - began < SHORT_MS) await pause(SHORT_MS);
  } finally {
    letGo.forget();
  }
}

async function poll(reader) {
  const answer = await ask(reader, `${FEED}?after=${reader.place}&page_size=200`, AbortSignal.timeout(SILENCE_MS));
  if (!answer) return;
  const page = await answer.json();
  say(reader, "polling");
  page.results.forEach((envelope) => tell(reader, envelope.sequence, envelope));
  if (!page.next) await pause(POLL_MS);
}

// The answer; nothing where there is no room, or no reader any more.
async function ask(reader, address, signal) {
  const answer = await fetch(address, { signal, cache: "no-store", credentials: "same-origin" });
  if (answer.ok) return answer;
  if (answer.status === 401 || answer.status === 403) say(reader, "ended");
  else if (answer.status === 503 && address.startsWith(STREAM)) {
    reader.room = performance.now() + 1000 * Number(answer.headers.get("Retry-After") ?? 30);
  } else throw new Error(`${answer.status} ${address}`);
  return null;
}

function tellFrame(reader, frame) {
  const lines = frame.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]);
  const { id, data } = Object.fromEntries(lines);
  tell(reader, Number(id), data && JSON.parse(data));
}

function tell(reader, place, envelope) {
  if (envelope && place > reader.place) document.dispatchEvent(new CustomEvent("djirgo:event", { detail: envelope }));
  reader.place = Math.max(reader.place, place);
}

function say(reader, state) {
  if (reader.state !== state) reader.onState((reader.state = state));
}

// A stream is let go when it has fallen silent, when the network has gone, and when nobody looks or the page is left.
function whenToLetGo(stop) {
  const over = new AbortController();
  const hear = (target, name, react) => target.addEventListener(name, react, { signal: over.signal });
  const letGo = () => stop.abort(UNSEEN);
  let silence = setTimeout(() => stop.abort(), SILENCE_MS);
  let unseen = 0;
  const look = () => {
    clearTimeout(unseen);
    if (document.hidden) unseen = setTimeout(letGo, UNSEEN_MS);
  };
  look();
  hear(window, "offline", () => stop.abort());
  hear(window, "pagehide", letGo);
  hear(document, "visibilitychange", look);
  return {
    postpone() {
      clearTimeout(silence);
      silence = setTimeout(() => stop.abort(), SILENCE_MS);
    },
    forget() {
      clearTimeout(silence);
      clearTimeout(unseen);
      over.abort();
      stop.abort();
    },
  };
}

async function beingLookedAt() {
  while (document.hidden || isLeft) {
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
      addEventListener("pageshow", resolve, { once: true });
    });
  }
}

// Not so long if the network comes back meanwhile.
const pause = (ms) => new Promise((resolve) => {
  setTimeout(resolve, ms);
  addEventListener("online", resolve, { once: true });
});
