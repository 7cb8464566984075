// The cards: where each belongs, and what becomes of it when its task has changed, whoever has changed it.
// Whoever hears of a change says `djirgo:changed` with the ids; the cards are then fetched and put in their places.

import { send } from "./send.js";

export const board = document.getElementById("board");

// What the board is narrowed to.
export const query = () => board.dataset.cards.split("?")[1];
export const columns = () => [...board.querySelectorAll(".column:not([hidden])")];
export const cardsOf = (column) => [...column.querySelectorAll(".card")];
export const columnOf = (status) => board.querySelector(`.column[data-status="${status}"]`);
const listOf = (column) => column.querySelector("[data-cards]");

// A place is a word that sorts as the column does. What belongs behind the last card that is loaded is not shown yet.
function follower(list, place) {
  return [...list.children].find((other) => other.matches(".card") && other.dataset.place > place) ?? null;
}

function put(card, list) {
  const next = follower(list, card.dataset.place);
  const more = list.querySelector(".more");
  if (next || !more) list.insertBefore(card, next);
}

// A card as it is now, instead of the one that is there.
export function place(card) {
  const old = document.getElementById(card.id);
  const column = columnOf(card.dataset.status);
  const hadFocus = old?.contains(document.activeElement);
  const stays = old && old.dataset.place === card.dataset.place && old.closest(".column") === column;
  if (stays) {
    old.replaceWith(card);
  } else {
    old?.remove();
    if (column) {
      put(card, listOf(column));
      card.classList.add("is-new");
      column.hidden = false;
    }
  }
  if (hadFocus) card.querySelector("a").focus();
}

export function placeAll(html, ids = []) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const cards = [...holder.content.querySelectorAll(".card")];
  const found = new Set(cards.map((card) => card.dataset.task));
  for (const card of cards) place(card);
  for (const id of ids) if (!found.has(String(id))) document.getElementById(`card-${id}`)?.remove();
  count(JSON.parse(holder.content.querySelector("data")?.value ?? "{}"));
  document.dispatchEvent(new Event("djirgo:placed"));
}

// Where all cards of a column are there they are counted; else the server knows.
function count(known) {
  for (const column of board.querySelectorAll(".column")) {
    const isWhole = !listOf(column).querySelector(".more");
    const number = isWhole ? cardsOf(column).length : known[column.dataset.status];
    if (number !== undefined) column.querySelector("[data-count]").textContent = number;
  }
}

export async function refresh(ids) {
  if (!board || !ids.length) return;
  const html = await send(`${board.dataset.cards}&ids=${ids.join(",")}`);
  if (html !== null) placeAll(html, ids);
}

document.addEventListener("djirgo:changed", (event) => refresh(event.detail.ids));
