// The command palette: type, choose with the arrows, Enter. What is found comes from the server.

import "./commands.js";

const palette = document.getElementById("palette");
const field = palette.querySelector("input");
const results = document.getElementById("palette-results");

const lines = () => [...results.querySelectorAll("[role=option]")];
const chosen = () => results.querySelector("[aria-selected=true]");

function choose(line) {
  chosen()?.setAttribute("aria-selected", "false");
  if (!line) return field.removeAttribute("aria-activedescendant");
  line.setAttribute("aria-selected", "true");
  line.scrollIntoView({ block: "nearest" });
  return field.setAttribute("aria-activedescendant", line.id);
}

function step(by) {
  const all = lines();
  if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

document.addEventListener("djirgo:palette", () => {
  if (palette.open) return palette.close();
  field.value = "";
  palette.showModal();
  return htmx.trigger(field, "open");
});
results.addEventListener("htmx:afterSwap", () => choose(lines()[0]));
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") step(1);
  else if (event.key === "ArrowUp") step(-1);
  else if (event.key === "Enter") chosen()?.click();
  else if (event.key === "Escape") palette.close();
  else return;
  event.preventDefault();
});
palette.addEventListener("click", (event) => event.target === palette && palette.close());
