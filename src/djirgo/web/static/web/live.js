// What others do appears on the board while one looks at it; and so does the loss of the line.

import { listen } from "../live/stream.js";
import { board } from "./board.js";

const GATHER_MS = 100;
const MOST_AT_ONCE = 50;
const line = document.getElementById("line");
const changed = new Set();

function isOurs(task) {
  return String(task.project) === board.dataset.project || document.getElementById(`card-${task.id}`);
}

function tell() {
  const ids = [...changed].slice(0, MOST_AT_ONCE);
  for (const id of ids) changed.delete(id);
  document.dispatchEvent(new CustomEvent("djirgo:changed", { detail: { ids } }));
  if (changed.size) setTimeout(tell, GATHER_MS);
}

// After a long absence events come in bursts: what they are about is gathered, and asked for once.
document.addEventListener("djirgo:event", ({ detail }) => {
  const task = detail.data.task;
  if (!task || !isOurs(task)) return;
  if (!changed.size) setTimeout(tell, GATHER_MS);
  changed.add(task.id);
});

function show(state) {
  line.textContent = line.dataset[state] ?? "";
  line.hidden = !line.textContent;
}

if (board) listen({ after: Number(board.dataset.after), onState: show });
