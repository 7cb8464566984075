// One key for what is done all day. A key means nothing while somebody writes.

import { board, cardsOf, columnOf, columns } from "./board.js";
import { commands, verb } from "./commands.js";
import { move } from "./move.js";
import { isOpen } from "./panel.js";

const SINGLE = {
  n: commands.new, t: commands.next, m: commands.mine, "/": commands.search, "?": commands.keys, e: commands.edit,
  s: () => go("start", "In_Progress"), d: () => go("complete", "Completed"), p: () => verb("pause") ?? verb("resume"),
};

const focused = () => document.activeElement?.closest(".card");

// The verb of the open task; else that of the card in focus, by putting it where the verb leads.
function go(name, status) {
  if (isOpen() || !board) return verb(name);
  const card = focused();
  return card && move(card, columnOf(status), { aloud: true });
}

// A key is the letter that stands on it, and that of the Latin alphabet while somebody writes in another one.
const isLetter = /^Key[A-Z]$/;
const isOfAnother = /^[^\x00-\x7f]$/;
const keyOf = ({ key, code }) => (isOfAnother.test(key) && isLetter.test(code) ? code.at(-1).toLowerCase() : key);

const isWriting = (target) => target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]");

function beside(card, by) {
  const all = columns();
  return all[all.indexOf(card.closest(".column")) + by];
}

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], k: [0, -1], j: [0, 1] };

function walk([across, down]) {
  const card = focused();
  if (!card) return focusCard(columns().map((column) => cardsOf(column)[0]).find(Boolean));
  const all = cardsOf(card.closest(".column"));
  if (down) return focusCard(all[all.indexOf(card) + down]);
  for (let column = beside(card, across); column; column = columns()[columns().indexOf(column) + across]) {
    const others = cardsOf(column);
    if (others.length) return focusCard(others[Math.min(all.indexOf(card), others.length - 1)]);
  }
  return undefined;
}

function focusCard(card) {
  card?.querySelector("a").focus();
  card?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function carry(by) {
  const card = focused();
  const column = card && beside(card, by);
  if (column) move(card, column, { aloud: true });
}

document.addEventListener("keydown", (event) => {
  const key = keyOf(event);
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "k") {
    event.preventDefault();
    return commands.palette();
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (key === "Escape" && !event.target.closest("dialog")) {
    if (isWriting(event.target) && !event.target.closest("textarea")) event.target.blur();
    return event.target.closest("textarea") ? undefined : commands.close();
  }
  if (isWriting(event.target)) return undefined;
  const isArrow = key.startsWith("Arrow");
  if (isArrow && event.shiftKey && focused()) {
    event.preventDefault();
    return carry({ ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0);
  }
  if (key in STEPS && board && !event.shiftKey && (!isArrow || focused())) {
    event.preventDefault();
    return walk(STEPS[key]);
  }
  const command = SINGLE[key];
  if (!command) return undefined;
  event.preventDefault();
  return command();
});
