// A task over the board, with the task's own address: opened by its links, closed by Escape, and Back goes back.

const panel = document.getElementById("panel");
const home = location.pathname + location.search;
const title = document.title;
let cameFrom = null;

export const isOpen = () => Boolean(panel) && !panel.hidden;

export async function open(address, { remember = true } = {}) {
  if (!panel) return location.assign(address);
  if (!isOpen()) cameFrom = document.activeElement;
  await htmx.ajax("GET", address, { target: panel, swap: "innerHTML" });
  if (!panel.querySelector("[data-open-task]")) return undefined;
  if (remember) history.pushState({ panel: address }, "", address);
  panel.hidden = false;
  panel.scrollTop = 0;
  mark();
  panel.querySelector("#task-title").focus({ preventScroll: true });
  return undefined;
}

export function close({ remember = true } = {}) {
  if (!isOpen()) return;
  const id = shown();
  panel.hidden = true;
  panel.replaceChildren();
  document.title = title;
  mark();
  if (remember) history.pushState({ panel: null }, "", home);
  const card = document.querySelector(`#card-${id} a`);
  (card ?? cameFrom)?.focus?.();
}

const shown = () => panel.querySelector("[data-open-task]")?.dataset.openTask;

function mark() {
  document.querySelector(".card.is-open")?.classList.remove("is-open");
  const id = shown();
  if (!id) return;
  document.getElementById(`card-${id}`)?.classList.add("is-open");
  document.title = `${panel.querySelector("#task-title").textContent} · Djirgo`;
}

function isOrdinary(click) {
  return click.button === 0 && !click.metaKey && !click.ctrlKey && !click.shiftKey && !click.altKey;
}

if (panel) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-panel]");
    if (!link || !isOrdinary(event) || event.defaultPrevented) return;
    event.preventDefault();
    link.closest("dialog")?.close();
    open(link.getAttribute("href"));
  });
  addEventListener("popstate", () => {
    if (location.pathname.startsWith("/tasks/")) open(location.pathname, { remember: false });
    else if (location.pathname + location.search === home) close({ remember: false });
    else location.reload();
  });
  document.addEventListener("djirgo:open", (event) => open(event.detail.address));
  document.addEventListener("djirgo:close", () => close());
  document.addEventListener("djirgo:placed", mark);
} else {
  document.addEventListener("djirgo:open", (event) => location.assign(event.detail.address));
  document.addEventListener("djirgo:close", () => location.assign("/"));
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest("[data-send-by-ctrl-enter], .text-form");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

document.addEventListener("htmx:afterSwap", (event) => {
  event.detail.target.closest?.("#panel, main")?.querySelector("textarea[autofocus]")?.focus();
});
