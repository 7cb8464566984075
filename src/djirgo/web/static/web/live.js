// What others do appears while one looks on, and so does the loss of the line.

import { listen } from "../live/stream.js";
import { board, showAgain } from "./board.js";
import { gather } from "./gather.js";

const OFTEN_MS = 500;
const line = document.getElementById("line");
const change = gather(showAgain, { often: OFTEN_MS });

// The cards that an event changes: that of its task, unless it is as new already, and those that wait for it.
function cardsAbout({ type, data: { task, project } }) {
  const hasLeft = type === "project.task_left";
  if (!task || !(hasLeft || type.startsWith("task."))) return [];
  const card = document.getElementById(`card-${task.id}`);
  const isHere = card || String(task.project ?? project) === board.dataset.project;
  const isShown = card && type !== "task.deleted" && Number(card.dataset.version) >= task.version;
  const waiting = [...board.querySelectorAll(`[data-waits~="${task.id}"]`)].map((other) => other.dataset.task);
  return isHere && !isShown ? [String(task.id), ...waiting] : waiting;
}

function show(state) {
  line.dataset.state = state;
  for (const words of line.children) words.hidden = words.dataset.when !== state;
}

if (board) document.addEventListener("djirgo:event", ({ detail }) => change(...cardsAbout(detail)));
if (line) listen({ after: Number(line.dataset.after), onState: show });
