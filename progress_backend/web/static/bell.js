// A bell on a task: the browser notifies of its end, where a person has asked for that. Only that press asks
// the browser for permission. What is asked for stays until the tab is closed.
import { button } from "./dom.js";
import { BASE } from "./live.js";
import { current, keep, kept } from "./token.js";
import { errorOf, messageOf } from "./translated.js";

const KEPT = "progress-backend bells";
const MOST = 100;
const OPEN = ["created", "running", "paused"];
const CAN = "Notification" in window && window.isSecureContext;
const asked = new Map(); // task id -> what ends the watch
let words = null;

// Each bell that is on the page says whether it is asked for; one that has left needs no listener.
function changed() {
  keep(KEPT, JSON.stringify([...asked.keys()]));
  for (const button of document.querySelectorAll("button.bell")) drawPressed(button);
}

function drawPressed(button) {
  button.setAttribute("aria-pressed", String(asked.has(button.dataset.id)));
}

function say(text) {
  document.dispatchEvent(new CustomEvent("notice", { detail: text }));
}

function forget(id) {
  asked.get(id)?.();
  if (asked.delete(id)) changed();
}

async function watch(id) {
  let leave = null;
  asked.set(id, () => leave?.());
  changed();
  const { follow } = await import("./feed.js");
  if (!asked.has(id)) return;
  leave = follow(
    { base: BASE.href, kind: "task", id, token: current() },
    {
      received: (task) => {
        if (!OPEN.includes(task.status)) notify(id, task);
      },
      state: () => {},
      refused: () => forget(id),
    },
  );
  if (!asked.has(id)) leave(); // its end was known already
}

function notify(id, task) {
  forget(id);
  const name = [task.task_type, task.symbol].filter(Boolean).join(" ") || id;
  const text =
    task.status === "error"
      ? errorOf(task, words).trimEnd().split("\n").at(-1)
      : messageOf({ ...task, text: task.message, at: task.timestamp }, words);
  const title = `${words[task.status] ?? task.status}: ${name}`;
  try {
    if (Notification.permission !== "granted")
      throw new TypeError("taken back since it was asked for");
    const shown = new Notification(title, { body: text, tag: id });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Chrome on Android has the class, and refuses to make one
    say([title, text].filter(Boolean).join(" – "));
  }
}

async function press(id) {
  if (asked.has(id)) return forget(id);
  if ((await Notification.requestPermission()) !== "granted") return say(words.bellDenied);
  if (!asked.has(id) && asked.size < MOST) watch(id); // pressed again while the browser asked
}

// A button for a task; hidden where the browser cannot, and once the task has ended.
export function makeBell() {
  const made = button("bell", () => press(made.dataset.id));
  made.hidden = true;

  function show(task, name, inWords) {
    words = inWords;
    made.dataset.id = task.task_id;
    made.hidden = !CAN || !OPEN.includes(task.status);
    if (made.hidden) return;
    made.setAttribute("aria-label", words.bell(name));
    made.title = words.bellTitle;
    drawPressed(made);
  }

  return { element: made, show };
}

// What was asked for before the page was loaded again.
export function listenAgain(inWords) {
  words = inWords;
  const ids = JSON.parse(kept(KEPT) ?? "[]");
  if (CAN && Notification.permission === "granted") for (const id of ids) watch(id);
}
