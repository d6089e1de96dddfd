// Rows do not move while the pointer or the keyboard focus is on them, or while the confirmation dialog is open: a
// button shows the number of new rows, until a press of it or until rows may move again.
import { say } from "./dom.js";
import { words } from "./page_words.js";
import { isHeading } from "./section.js";

const TAP_MS = 500; // a tap's click event comes after its pointerleave

// draw() is called when rows may move again.
export function makeHold(place, button, draw) {
  const dialog = document.getElementById("sure");
  let inside = false;
  let timer = null;
  let heldKeys = [];
  let waiting = 0;
  let released = true;
  const holds = () => inside || dialog.open || place.querySelector(":focus-visible") !== null;

  function pointerLeft() {
    inside = false;
    draw();
  }

  place.addEventListener("pointerenter", () => {
    clearTimeout(timer);
    inside = true;
  });
  place.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType === "mouse") pointerLeft();
    else timer = setTimeout(pointerLeft, TAP_MS);
  });
  place.addEventListener("focusout", () => setTimeout(draw)); // by then the next element has the focus
  dialog.addEventListener("close", () => setTimeout(draw));

  // Receives the keys of the rows as read, and returns the keys to show, in order.
  function order(read) {
    if (released || !heldKeys.length || !holds()) {
      heldKeys = read;
      released = false;
    }
    const there = new Set(heldKeys);
    waiting = read.filter((key) => !there.has(key) && !isHeading(key)).length;
    return heldKeys;
  }

  // The rows of another list (filter, page) are not new rows of this one: they are shown at once.
  function release() {
    released = true;
  }

  function show() {
    button.hidden = waiting === 0;
    say(button, words.news(waiting));
  }

  button.onclick = () => {
    release();
    draw();
    place.querySelector("tbody tr:not([hidden])")?.focus(); // the hidden button cannot keep the focus
  };
  return { order, release, show, keys: () => (!released && holds() ? heldKeys : []) };
}
