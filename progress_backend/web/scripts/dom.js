export const byId = (id) => document.getElementById(id);

// Creates elements: `its` is the class, or properties. A text is set as text, never as HTML.
export function element(name, its = "", ...children) {
  const made = document.createElement(name);
  Object.assign(made, typeof its === "string" ? its && { className: its } : its);
  made.append(...children);
  return made;
}

export const button = (className, onclick, text = "") =>
  element("button", { className, type: "button", onclick }, text);

// Loads a style sheet beside the script, for a view that is made on demand. Resolves even if the load fails.
export function styled(name) {
  const href = new URL(name, import.meta.url).href;
  return new Promise((loaded) => {
    const its = { rel: "stylesheet", href, onload: loaded, onerror: loaded };
    document.head.append(element("link", its));
  });
}

// Setting the same text again would clear a selection, redraw an open menu, and make a screen reader repeat the text.
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

export function sayOrHide(place, text) {
  say(place, text);
  place.hidden = !text;
}

// For a text that CSS may truncate: the title has the whole text.
export function sayCut(place, text, whole = text) {
  say(place, text);
  if (place.title !== whole) place.title = whole;
}

// By the arrow key of a keydown event: the visible one of `all` before or after the one with the focus.
export function nextTo({ key, target }, all) {
  const some = [...all].filter((one) => one.checkVisibility());
  return some[some.indexOf(target) + { ArrowRight: 1, ArrowLeft: -1 }[key]];
}

const drawn = new WeakMap(); // element -> the key of its children

// Replaces the children if `key` is another one: new elements would take the focus and the user's selection.
export function redraw(place, key, children) {
  const now = JSON.stringify(key);
  if (drawn.get(place) === now) return;
  drawn.set(place, now);
  place.replaceChildren(...children());
}

// Shows warnings, each a pair of its text and its title.
export function showWarnings(place, warnings) {
  redraw(place, warnings, () => warnings.map(([text, title]) => element("small", { title }, text)));
}
