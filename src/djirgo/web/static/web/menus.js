// Menus are <details>: one is open at a time, and a click elsewhere or Escape closes it. Filters apply as they are chosen.

const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-autosubmit]");
  if (form) form.requestSubmit();
});

// An address says only what is asked for.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-autosubmit]")) return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});

export function closeMenu() {
  const [menu] = open();
  if (!menu) return false;
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}
