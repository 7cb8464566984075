// Moving a card into another column: at once here, and back again with the reason where the server refuses.

import { columnOf, placeAll, query } from "./board.js";
import { say } from "./messages.js";
import { send } from "./send.js";

const words = document.getElementById("words").dataset;

export async function move(card, column, { aloud = false } = {}) {
  const { task, status } = card.dataset;
  const wanted = column.dataset.status;
  if (wanted === status) return;
  const next = card.nextElementSibling;
  const list = card.parentElement;
  const hadFocus = card.contains(document.activeElement);
  column.querySelector("[data-cards]").prepend(card);
  card.classList.add("is-waiting");
  if (hadFocus) card.querySelector("a").focus();
  const html = await send(`/tasks/${task}/move/?${query()}`, { status: wanted });
  card.classList.remove("is-waiting");
  if (html === null) {
    list.insertBefore(card, next?.parentElement === list ? next : null);
    document.dispatchEvent(new Event("djirgo:let-go"));
    card.classList.add("is-refused");
    card.addEventListener("animationend", () => card.classList.remove("is-refused"), { once: true });
    if (hadFocus) card.querySelector("a").focus();
    return;
  }
  placeAll(html, [task]);
  document.dispatchEvent(new CustomEvent("djirgo:moved", { detail: { id: task } }));
  document.dispatchEvent(new Event("djirgo:let-go"));
  if (aloud) say(`${words.moved} “${columnOf(wanted).querySelector(".column-title").textContent}”`);
}
