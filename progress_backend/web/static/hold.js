// Rows do not move away under a pointer, nor while the keyboard is among them: what is new waits behind
// a button until neither is there, or until somebody presses that.
export function makeHold(place, button, draw) {
  let over = false, kept = [], waiting = 0, open = true;
  const holds = () => over || place.querySelector(":focus-visible") !== null;

  // The rows' keys to show, in their order, where these were read.
  function order(read) {
    if (open || !kept.length || !holds()) {
      kept = read;
      open = false;
    }
    const there = new Set(kept);
    waiting = read.filter((key) => !there.has(key)).length;
    return kept;
  }

  // Another list than before is no news of this one.
  function release() {
    open = true;
  }

  function show(words) {
    button.hidden = waiting === 0;
    button.textContent = words.news(waiting);
  }

  place.addEventListener("pointerenter", () => { over = true; });
  place.addEventListener("pointerleave", () => { over = false; draw(); });
  place.addEventListener("focusout", () => setTimeout(draw)); // once the focus is where it goes
  button.onclick = () => {
    release();
    draw();
    place.querySelector("tbody tr")?.focus(); // the button is gone
  };
  return { order, release, show, keys: () => (holds() ? kept : []) };
}
