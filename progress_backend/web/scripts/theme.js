// The user's choice of light or dark colours, in localStorage; the default is the system's.
import { keep, kept } from "./storage.js";

const KEPT = "progress-backend theme";

export const theme = () => kept("localStorage", KEPT) ?? "";

export function setTheme(name) {
  document.documentElement.dataset.theme = name;
  keep("localStorage", KEPT, name);
}

document.documentElement.dataset.theme = theme();
