// Dragging a card with a mouse, a pen or a finger. A finger has to rest for a moment first, so that it can also scroll.

import { board } from "./board.js";
import { move } from "./move.js";

const FAR_ENOUGH = 5;
const REST = 260;
const EDGE = 56;

let drag = null;

function begin(event) {
  const card = event.target.closest(".card");
  if (!card || !event.isPrimary || event.button !== 0 || drag) return;
  drag = { card, id: event.pointerId, x: event.clientX, y: event.clientY, isTouch: event.pointerType === "touch" };
  if (drag.isTouch) drag.rest = setTimeout(lift, REST);
}

function lift() {
  const { card, x, y } = drag;
  const box = card.getBoundingClientRect();
  drag.ghost = card.cloneNode(true);
  drag.ghost.removeAttribute("id");
  drag.ghost.classList.add("ghost");
  drag.ghost.style.width = `${box.width}px`;
  drag.ghost.inert = true;
  drag.offset = { x: x - box.left, y: y - box.top };
  document.body.append(drag.ghost);
  card.classList.add("is-lifted");
  document.documentElement.classList.add("is-dragging");
  board.classList.add("is-free");
  if (drag.isTouch) navigator.vibrate?.(8);
  follow();
}

function follow() {
  const { ghost, x, y, offset } = drag;
  ghost.style.translate = `${x - offset.x}px ${y - offset.y}px`;
  const column = document.elementFromPoint(x, y)?.closest(".column") ?? null;
  if (column !== drag.column) {
    drag.column?.classList.remove("is-target");
    column?.classList.add("is-target");
    drag.column = column;
  }
  scrollAtTheEdge();
}

function scrollAtTheEdge() {
  const box = board.getBoundingClientRect();
  if (drag.x > box.right - EDGE) board.scrollBy({ left: 14 });
  else if (drag.x < box.left + EDGE) board.scrollBy({ left: -14 });
  else return;
  clearTimeout(drag.scroll);
  drag.scroll = setTimeout(() => drag?.ghost && follow(), 16);
}

function go(event) {
  if (!drag || event.pointerId !== drag.id) return;
  const distance = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
  if (!drag.ghost) {
    if (distance < FAR_ENOUGH) return;
    if (drag.isTouch) return stop();
    lift();
  }
  drag.x = event.clientX;
  drag.y = event.clientY;
  follow();
}

function drop(event) {
  if (!drag || event.pointerId !== drag.id) return;
  const { card, column, ghost } = drag;
  stop();
  if (!ghost) return;
  // The click that ends a drag opens nothing.
  addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true, signal: AbortSignal.timeout(50) });
  if (column) move(card, column);
}

function stop() {
  if (!drag) return;
  clearTimeout(drag.rest);
  clearTimeout(drag.scroll);
  drag.ghost?.remove();
  drag.column?.classList.remove("is-target");
  drag.card.classList.remove("is-lifted");
  document.documentElement.classList.remove("is-dragging");
  board.classList.remove("is-free");
  drag = null;
  document.dispatchEvent(new Event("djirgo:let-go"));
}

if (board) {
  board.addEventListener("pointerdown", begin);
  addEventListener("pointermove", go);
  addEventListener("pointerup", drop);
  addEventListener("pointercancel", stop);
  addEventListener("keydown", (event) => event.key === "Escape" && stop());
  // The link of a card would be dragged as a link; a finger that drags does not scroll.
  board.addEventListener("dragstart", (event) => event.preventDefault());
  board.addEventListener("touchmove", (event) => drag?.ghost && event.preventDefault(), { passive: false });
  board.addEventListener("contextmenu", (event) => drag?.isTouch && event.preventDefault());
}
