// Light, dark, or as the system has it: at once, and remembered by a cookie that the server reads.

const root = document.documentElement;

export function choose(theme) {
  root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  for (const button of document.querySelectorAll("[data-theme-form] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

export function turn() {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const shown = root.dataset.theme === "auto" ? (isDark ? "dark" : "light") : root.dataset.theme;
  choose(shown === "dark" ? "light" : "dark");
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-theme-form]") && event.submitter) {
    event.preventDefault();
    choose(event.submitter.value);
  }
});
