// What the list's page and a record's page share: tabs, menu (language, colours), keys.
import { byId } from "./dom.js";
import { words } from "./page_words.js";
import { keep, kept } from "./storage.js";

const TYPING = "input:not([type=checkbox]), select, textarea, [role=log], pre, ol";
const THEME = "progress-backend theme"; // light or dark; empty: the system's
const { dataset } = document.documentElement;
const { base = "", title } = document.body.dataset;
dataset.theme = kept("localStorage", THEME) ?? "";

// `keys`: functions by key, each returns whether it used the key. Returns a function that marks the tab of a view.
export function makeFrame(keys) {
  const other = words.code === "ja" ? "en" : "ja";
  if (title) words.title = title;
  document.documentElement.lang = words.code;
  for (const place of document.querySelectorAll("[data-text]"))
    place.textContent = words[place.dataset.text];
  for (const tab of byId("tabs").children) {
    const { view } = tab.dataset;
    tab.href = `${base}?${new URLSearchParams({ ...(view && { view }), lang: words.code })}`;
  }

  function showKeys() {
    byId("keys").showModal();
    return true;
  }

  function press(event) {
    const { key, target } = event;
    const other = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    const typing =
      key === "Escape" ? target.type === "search" && target.value : target.closest?.(TYPING);
    const open = document.querySelector("dialog[open], :popover-open");
    if (other || typing || event.defaultPrevented || open) return;
    if ((key === "?" ? showKeys : keys[key])?.()) event.preventDefault();
  }

  addEventListener("keydown", press);
  byId("show-keys").onclick = showKeys;
  Object.assign(byId("language"), { textContent: words.other, lang: other });
  byId("language").onclick = () => {
    const url = new URL(location);
    url.searchParams.set("lang", other);
    history.replaceState(null, "", url);
    location.reload();
  };
  byId("theme").value = dataset.theme;
  byId("theme").onchange = () => {
    dataset.theme = byId("theme").value;
    keep("localStorage", THEME, dataset.theme);
  };
  return (view) => {
    for (const tab of byId("tabs").children)
      tab.ariaCurrent = tab.dataset.view === view ? "page" : null;
  };
}
