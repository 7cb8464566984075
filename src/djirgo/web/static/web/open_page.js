// The pages beside the board follow what happens as a whole: they are asked for again, and what is another by now changes.

import { gather } from "./gather.js";
import { mergeNode } from "./merge.js";
import { ask } from "./send.js";

const OFTEN_MS = 1000;
const TRY_AGAIN_MS = 3000;
const page = document.querySelector("[data-follows]");
// After one of these other tasks may wait no longer, or wait again.
const FREES = new Set(["task.completed", "task.cancelled", "task.reopened", "task.deleted"]);

const projectOf = ({ task, project }) => task?.project ?? project?.id ?? project;
const peopleOf = ({ task, changed, member }) => [task?.performer, changed?.performer?.from, member?.username];

// A page is about a project, or about somebody.
function isAbout({ type, data }) {
  const { follows } = page.dataset;
  if (page.hasAttribute("data-person")) return FREES.has(type) || peopleOf(data).includes(follows);
  return String(projectOf(data)) === follows;
}

async function refresh() {
  const html = await ask(location.pathname + location.search, { as: {} });
  if (html === null) setTimeout(() => change("again"), TRY_AGAIN_MS);
  const fresh = html && new DOMParser().parseFromString(html, "text/html").querySelector("[data-follows]");
  if (fresh) mergeNode(page, fresh);
}

const change = gather(refresh, { often: OFTEN_MS });

if (page) document.addEventListener("djirgo:event", ({ detail }) => isAbout(detail) && change(detail.id));
