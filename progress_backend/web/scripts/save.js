// Saves a text as a file of the browser's downloads.
import { element } from "./dom.js";

// Long enough for a browser that begins the download later.
const KEPT_MS = 10_000;

export function saveAs(name, text, type = "text/plain") {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
