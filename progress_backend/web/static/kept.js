// What a tab or a browser keeps; nothing where it lets a page keep nothing, which is a page all the same.
export function kept(place, name) {
  try {
    return globalThis[place].getItem(name);
  } catch {
    return null;
  }
}

export function keep(place, name, text) {
  try {
    globalThis[place].setItem(name, text);
  } catch {
    // It is known until the page is left.
  }
}
