// A bell on a task: the browser tells its end, where a person has asked for that. Only that press asks
// the browser for permission. What is asked for stays until the tab is closed.
import { current } from "./token.js";

const KEPT = "progress-backend bells", MOST = 100;
const OPEN = ["created", "running", "paused"];
const CAN = "Notification" in window && window.isSecureContext;
const ICON = "M8 1.5a4 4 0 0 0-4 4c0 3.5-1.5 5-1.5 5h11S12 9 12 5.5a4 4 0 0 0-4-4ZM6.5 13a1.5 1.5 0 0 0 3 0";
const asked = new Map(); // task id -> what ends the watch
let words = null;

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify([...asked.keys()]));
  document.dispatchEvent(new CustomEvent("bells"));
}

function forget(id) {
  asked.get(id)?.();
  if (asked.delete(id)) keep();
}

async function watch(id) {
  let leave = null;
  asked.set(id, () => leave?.());
  keep();
  const { follow } = await import("./feed.js");
  if (!asked.has(id)) return;
  const base = new URL(document.body.dataset.base ?? "", document.baseURI).href;
  leave = follow({ base, kind: "task", id, token: current() }, {
    heard: (task) => { if (!OPEN.includes(task.status)) tell(id, task); },
    state: () => {},
    refused: () => forget(id),
  });
}

function tell(id, task) {
  forget(id);
  const name = [task.task_type, task.symbol].filter(Boolean).join(" ") || id;
  const said = task.status === "error" ? (task.error_message ?? "").trimEnd().split("\n").at(-1) : task.message;
  const told = new Notification(`${words[task.status] ?? task.status}: ${name}`, { body: said ?? "", tag: id });
  told.onclick = () => {
    window.focus();
    told.close();
  };
}

async function press(id, button) {
  if (asked.has(id)) return forget(id);
  if (await Notification.requestPermission() !== "granted") {
    button.dispatchEvent(new CustomEvent("told", { bubbles: true, detail: words.bellDenied }));
    return;
  }
  if (asked.size < MOST) watch(id);
}

// A button for a task; hidden where the browser cannot, and once the task has ended.
export function makeBell() {
  const button = document.createElement("button");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS(icon.namespaceURI, "path");
  let id = null;
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICON);
  icon.append(path);
  button.append(icon);
  button.type = "button";
  button.className = "bell";
  button.hidden = true;
  button.onclick = () => press(id, button);
  const pressed = () => button.setAttribute("aria-pressed", String(asked.has(id)));
  document.addEventListener("bells", () => button.isConnected && pressed());

  function show(task, name, inWords) {
    [id, words] = [task.task_id, inWords];
    button.hidden = !CAN || !OPEN.includes(task.status);
    if (button.hidden) return;
    button.setAttribute("aria-label", words.bell(name));
    button.title = words.bellTitle;
    pressed();
  }

  return { element: button, show };
}

// What was asked for before the page was loaded again.
export function listenAgain(inWords) {
  words = inWords;
  const ids = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  if (CAN && Notification.permission === "granted") for (const id of ids) watch(id);
}
