// The cards: where each belongs, and what becomes of it when its task has changed, whoever has changed it.
// Whoever hears of a change says `djirgo:changed` with the ids; the cards are then fetched and put in their places.

import { mergeNode } from "./merge.js";
import { ask } from "./send.js";

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

// One that is being dragged, or waits for the answer to where it was put. What becomes of it is seen when it is let go.
const isInHand = (card) => Boolean(card?.matches(".is-lifted, .is-waiting"));

// A card as it is now, instead of the one that is there, unless that is newer.
export function place(card) {
  const old = document.getElementById(card.id);
  if (isInHand(old)) return awaited.add(card.dataset.task);
  if (old && Number(old.dataset.version) > Number(card.dataset.version)) return undefined;
  const column = columnOf(card.dataset.status);
  const stays = old?.dataset.place === card.dataset.place && old.closest(".column") === column;
  const hadFocus = old?.contains(document.activeElement);
  const shown = old ?? card;
  if (old) mergeNode(old, card);
  if (stays) return undefined;
  shown.remove();
  if (column) {
    put(shown, listOf(column));
    shown.classList.add("is-new");
    column.hidden = false;
  }
  if (hadFocus) shown.querySelector("a").focus();
  return undefined;
}

export function placeAll(html, ids = []) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const cards = [...holder.content.querySelectorAll(".card")];
  const found = new Set(cards.map((card) => card.dataset.task));
  for (const card of cards) place(card);
  for (const id of ids) if (!found.has(String(id))) takeAway(String(id));
  if (cards.length) document.querySelector(".welcome")?.remove();
  count(JSON.parse(holder.content.querySelector("data")?.value ?? "{}"));
  document.dispatchEvent(new Event("djirgo:placed"));
}

function takeAway(id) {
  const card = document.getElementById(`card-${id}`);
  if (isInHand(card)) awaited.add(id);
  else card?.remove();
}

// Where all cards of a column are there they are counted; else the server knows.
function count(known) {
  for (const column of board.querySelectorAll(".column")) {
    const isWhole = !listOf(column).querySelector(".more");
    const number = isWhole ? cardsOf(column).length : known[column.dataset.status];
    if (number !== undefined) column.querySelector("[data-count]").textContent = number;
  }
}

const MOST_AT_ONCE = 50;
const TRY_AGAIN_MS = 3000;
const COUNT_MS = 1500;
// The ids of what has changed and is not shown yet.
const awaited = new Set();
let isAsking = false;
let counting = 0;

// One question at a time, so that an older answer never comes last; what cannot be asked now is asked for again.
async function refresh() {
  if (isAsking) return;
  isAsking = true;
  for (let ids = next(); ids.length; ids = next()) {
    const html = await about(ids);
    if (typeof html === "string") placeAll(html, ids);
    if (html !== null) continue;
    ids.forEach((id) => awaited.add(id));
    setTimeout(refresh, TRY_AGAIN_MS);
    break;
  }
  isAsking = false;
  countLater();
}

const about = (ids) => ask(`${board.dataset.cards}&ids=${ids.join(",")}`);

function next() {
  const ids = [...awaited].filter((id) => !isInHand(document.getElementById(`card-${id}`))).slice(0, MOST_AT_ONCE);
  ids.forEach((id) => awaited.delete(id));
  return ids;
}

// The server's own numbers follow a change, and are asked for once more when it has become quiet.
function countLater() {
  clearTimeout(counting);
  if (!board.querySelector(".more")) return;
  counting = setTimeout(async () => {
    const html = await about([]);
    if (html) placeAll(html);
  }, COUNT_MS);
}

export function showAgain(ids) {
  ids.forEach((id) => awaited.add(String(id)));
  return refresh();
}

if (board) {
  document.addEventListener("djirgo:changed", ({ detail }) => showAgain(detail.ids));
  document.addEventListener("djirgo:let-go", () => awaited.size && refresh());
}
