// The reader's choice of light or dark colours, kept in this browser; without one the system's.
const KEPT = "progress-backend theme";

export function theme() {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}

export function setTheme(name) {
  document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem(KEPT, name);
  } catch {
    // It is known until the page is left.
  }
}

setTheme(theme());
