// A button that copies a text to the clipboard and then shows "Copied" for DONE_MS.
import { button, element, say } from "./dom.js";

const DONE_MS = 2_000;

// textOf() returns the text to copy; `name` is the key of the button's label in `words`.
export function makeCopy(className, textOf, name = "copy") {
  let words = null;
  let timer = null;
  const made = button(className, async () => {
    if (!(await isCopied(textOf()))) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      draw();
    }, DONE_MS);
    draw();
  });

  function draw() {
    say(made, timer ? words.copied : words[name]);
    made.toggleAttribute("data-done", timer !== null);
  }

  function show(now) {
    words = now;
    draw();
  }

  return { element: made, say: show };
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
