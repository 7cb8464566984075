// What can be done by a key, by a button or from the palette, each under one name.

import { closeMenu } from "./menus.js";
import { close, isOpen } from "./panel.js";
import { turn } from "./theme.js";

const focus = (id) => {
  const field = document.getElementById(id);
  field?.scrollIntoView({ block: "nearest", inline: "nearest" });
  field?.focus();
  field?.select?.();
};
const press = (selector) => (document.querySelector(`#panel ${selector}`) ?? document.querySelector(`main ${selector}`))?.click();
const show = (id) => {
  const dialog = document.getElementById(id);
  if (!dialog.open) dialog.showModal();
};

export const commands = {
  new: () => focus("new-task"),
  next: () => press("#next-task") ?? document.getElementById("next-task")?.click(),
  mine: () => document.getElementById("mine")?.click(),
  search: () => focus("search"),
  theme: turn,
  keys: () => show("keys"),
  palette: () => document.dispatchEvent(new Event("djirgo:palette")),
  close: () => closeMenu() || (isOpen() && close()),
  edit: () => press("#edit-text"),
  "log-out": () => document.getElementById("log-out").requestSubmit(),
};

export const verb = (name) => press(`[data-verb="${name}"]`);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-command]");
  if (!button) return;
  button.closest("dialog")?.close();
  commands[button.dataset.command]();
});
