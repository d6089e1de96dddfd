// What the list's page and a record's page share: tabs, menu (language, colours), keys.
import { byId, say } from "./dom.js";
import { keep, kept } from "./storage.js";
import { language } from "./words.js";

const TYPING = "input:not([type=checkbox]), select, textarea, [role=log], pre, ol";
const THEME = "progress-backend theme"; // light or dark; empty: the system's
const { dataset } = document.documentElement;
const { base = "", title } = document.body.dataset;
dataset.theme = kept("localStorage", THEME) ?? "";

// `texts`: the page's, of each language. `keys`: functions by key, each returns whether it used the key. chosen(words)
// is called after the user chose the other language.
export function makeFrame(texts, keys, chosen) {
  if (title) for (const its of Object.values(texts)) its.title = title;
  const frame = { words: texts[language(new URLSearchParams(location.search).get("lang"))], draw };

  function draw(view) {
    const { words } = frame;
    document.documentElement.lang = words.code;
    for (const place of document.querySelectorAll("[data-text]"))
      say(place, words[place.dataset.text]);
    say(byId("language"), words.other);
    byId("language").lang = words.code === "ja" ? "en" : "ja";
    for (const tab of byId("tabs").children) {
      const its = tab.dataset.view;
      tab.href = `${base}?${new URLSearchParams({ ...(its && { view: its }), lang: words.code })}`;
      tab.ariaCurrent = its === view ? "page" : null;
    }
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
  byId("language").onclick = () => {
    frame.words = frame.words === texts.ja ? texts.en : texts.ja;
    chosen(frame.words);
  };
  byId("theme").value = dataset.theme;
  byId("theme").onchange = () => {
    dataset.theme = byId("theme").value;
    keep("localStorage", THEME, dataset.theme);
  };
  return frame;
}
