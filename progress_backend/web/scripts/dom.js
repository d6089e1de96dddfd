export const byId = (id) => document.getElementById(id);

// Creates elements. A text is set as text, never as HTML.
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function button(className, press) {
  const made = element("button", className);
  made.type = "button";
  made.onclick = press;
  return made;
}

// Loads a style sheet beside the script, for a view that is made on demand. Resolves even if the load fails.
export function styled(name) {
  const sheet = element("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL(name, import.meta.url).href;
  return new Promise((loaded) => {
    sheet.onload = sheet.onerror = loaded;
    document.head.append(sheet);
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
  redraw(place, warnings, () =>
    warnings.map(([text, title]) => Object.assign(element("small", "", text), { title })),
  );
}
