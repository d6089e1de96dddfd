// A button that copies a text to the clipboard and then shows "Copied" for DONE_MS.
import { button, element } from "./dom.js";
import { words } from "./page_words.js";

const DONE_MS = 2_000;

// textOf() returns the text to copy; `label` is the button's.
export function makeCopy(className, textOf, label = words.copy) {
  let timer = null;
  const made = button(className, press, label);

  async function press() {
    if (!(await isCopied(textOf()))) return;
    clearTimeout(timer);
    timer = setTimeout(draw, DONE_MS, label, false);
    draw(words.copied, true);
  }

  function draw(text, done) {
    made.textContent = text;
    made.toggleAttribute("data-done", done);
  }

  return made;
}

// A page without TLS has no navigator.clipboard: there the text of a selected field is copied.
async function isCopied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const field = element("textarea");
    field.value = text;
    document.body.append(field);
    field.focus({ preventScroll: true });
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus({ preventScroll: true });
    return done;
  }
}
