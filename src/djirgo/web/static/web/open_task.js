// The task that is open, as a panel or as a page, follows what others do to it. Who is writing there is not disturbed:
// they are told that it has changed, and see it when they want to.

import { gather } from "./gather.js";
import { merge } from "./merge.js";
import { AS_A_PART, ask } from "./send.js";
import { isWrittenIn } from "./writing.js";

const OFTEN_MS = 500;
const TRY_AGAIN_MS = 3000;
const holder = document.querySelector(".task-holder");

const article = () => holder?.querySelector("[data-open-task]");
const noticeThere = () => holder?.querySelector(".changed-notice");

// Whether it is not shown yet. What is said about a task leaves its version as it is.
function isNews({ type, data: { task, comment } }, { dataset }) {
  if (!task) return false;
  if (String(task.id) !== dataset.openTask) return Boolean(holder.querySelector(`.links a[href="/tasks/${task.id}/"]`));
  if (!comment) return ["task.deleted", "project.task_left"].includes(type) || task.version > Number(dataset.version);
  const there = document.getElementById(`comment-${comment.id}`);
  if (type === "comment.edited") return there?.dataset.edited !== comment.edited_at;
  return type === "comment.added" ? !there : type === "comment.deleted" && Boolean(there);
}

// Of two answers the older may come last: what is shown is never older than it was.
function isOlder(html) {
  const [, task, version] = html.match(/data-open-task="(\d+)" data-version="(\d+)"/) ?? [];
  const there = article();
  return Boolean(there) && there.dataset.openTask === task && Number(version) < Number(there.dataset.version);
}

// As a panel or as a page.
const asShown = () => (holder.closest("main") ? { ...AS_A_PART, "X-Djirgo-Page": "true" } : AS_A_PART);

function notify(kind) {
  noticeThere()?.remove();
  holder.prepend(document.getElementById(`${kind}-template`).content.cloneNode(true));
}

async function follow() {
  if (!article()) return;
  if (isWrittenIn(holder)) notify("changed");
  else await show();
}

async function show({ isAskedFor = false } = {}) {
  const { openTask } = article().dataset;
  const part = holder.querySelector(".text-form") ? "text/" : "";
  const html = await ask(`/tasks/${openTask}/${part}`, { as: asShown() });
  if (article()?.dataset.openTask !== openTask) return;
  if (html === null) setTimeout(() => change("again"), TRY_AGAIN_MS);
  else if (html === "") notify("gone");
  else if (isWrittenIn(holder) && !isAskedFor) notify("changed");
  else if (html && !isOlder(html)) put(html);
}

function put(html) {
  merge(holder, html);
  document.dispatchEvent(new Event("djirgo:placed"));
}

const change = gather(follow, { often: OFTEN_MS });

if (holder) {
  document.addEventListener("djirgo:event", ({ detail }) => {
    const there = article();
    if (there && isNews(detail, there)) change(detail.id);
  });
  // What was done by dragging shows in the open panel as well.
  document.addEventListener("djirgo:moved", ({ detail }) => article()?.dataset.openTask === detail.id && change("moved"));
  document.addEventListener("click", (event) => event.target.closest("[data-show-changed]") && show({ isAskedFor: true }));
  document.addEventListener("focusout", () => setTimeout(() => {
    if (noticeThere()?.matches(".is-shown-later") && !isWrittenIn(holder)) change("let go");
  }));
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.shouldSwap && detail.target.matches(".task-holder") && isOlder(detail.serverResponse)) detail.shouldSwap = false;
});
