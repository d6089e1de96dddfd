// A button that copies a text, and says so for a moment.
import { button, element, say } from "./dom.js";

const DONE_MS = 2_000;

// `name` is that of its text among the words.
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

// A page that came without TLS has no clipboard: there a field's text is copied.
async function isCopied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const held = document.activeElement;
    const field = element("textarea");
    field.value = text;
    document.body.append(field);
    field.focus({ preventScroll: true });
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    held?.focus({ preventScroll: true });
    return done;
  }
}
