// Light or dark: what the system prefers, unless the reader has chosen.

const KEPT = "playground.theme";
const root = document.documentElement;
const prefersLight = matchMedia("(prefers-color-scheme: light)");

/** The theme that is shown now: "dark" or "light". */
export function theme() {
  return root.dataset.theme;
}

/** Show the other theme from now on. */
export function switchTheme() {
  localStorage.setItem(KEPT, theme() === "dark" ? "light" : "dark");
  show();
}

function show() {
  root.dataset.theme = localStorage.getItem(KEPT) ?? (prefersLight.matches ? "light" : "dark");
}

prefersLight.addEventListener("change", show);
show();
