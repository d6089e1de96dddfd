// Rows do not move away under a pointer, nor while the keyboard is among them, nor while somebody is
// asked about one of them: what is new waits behind a button until none of that is so, or until
// somebody presses that.
import { say } from "./dom.js";

const TAP_MS = 500; // the event of a press comes after the finger has left

// `draw` is called once rows may move.
export function makeHold(place, button, draw) {
  const asking = document.getElementById("sure");
  let over = false;
  let timer = null;
  let kept = [];
  let waiting = 0;
  let open = true;
  const holds = () => over || asking.open || place.querySelector(":focus-visible") !== null;

  function left() {
    over = false;
    draw();
  }

  place.addEventListener("pointerenter", () => {
    clearTimeout(timer);
    over = true;
  });
  place.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType === "mouse") left();
    else timer = setTimeout(left, TAP_MS);
  });
  place.addEventListener("focusout", () => setTimeout(draw)); // once the focus is where it goes
  asking.addEventListener("close", () => setTimeout(draw));

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
    say(button, words.news(waiting));
  }

  button.onclick = () => {
    release();
    draw();
    place.querySelector("tbody tr:not([hidden])")?.focus(); // as the button is gone
  };
  return { order, release, show, keys: () => (!open && holds() ? kept : []) };
}
