// Reads and writes sessionStorage or localStorage (`storage`). A browser may deny access: the page works without.
export function kept(storage, name) {
  try {
    return globalThis[storage].getItem(name);
  } catch {
    return null;
  }
}

export function keep(storage, name, text) {
  try {
    globalThis[storage].setItem(name, text);
  } catch {
    // The value lasts until the page is closed.
  }
}
