// Elements, and texts that go into them as text, never as HTML.
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

// A style sheet beside these modules, for what is loaded later than the page.
export function styled(name) {
  const sheet = element("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL(name, import.meta.url).href;
  return new Promise((loaded) => {
    sheet.onload = sheet.onerror = loaded;
    document.head.append(sheet);
  });
}

// Only where it is another one: what is marked stays marked, an open menu as it is, and nothing is spoken twice.
export function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// A place without a text is not shown.
export function sayOrHide(place, text) {
  say(place, text);
  place.hidden = !text;
}

// A text that may be cut off where it is long; the whole of it is a title.
export function sayCut(place, text, whole = text) {
  say(place, text);
  if (place.title !== whole) place.title = whole;
}
