// One WebSocket per API, shared by all elements of a page. Each watch, of one task or workflow, has a name: the
// messages from the API contain it.
import { HEARTBEAT_S, LOST } from "./reconnecting.js";

const MOST_WATCHES = 250;
const IDLE_MS = 1_000;
const shared = new Map(); // an API's URL -> add() of the WebSocket that takes new watches
let count = 0;

// `target` is a task_id or workflow_id, and perhaps a token. Returns close(), which ends this watch, and drop(), which
// closes the WebSocket of all watches.
export function watchOnLine(base, target, listener) {
  if (!shared.has(base)) shared.set(base, openSocket(base));
  return shared.get(base)(target, listener);
}

function openSocket(base) {
  const url = new URL("internal/ws/watch", base);
  const watches = new Map();
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("heartbeat", HEARTBEAT_S);
  let socket = null;

  const isOpen = () => socket?.readyState === 1;
  const send = (message) => isOpen() && socket.send(JSON.stringify(message));
  const subscribe = ([name, { target }]) => send({ watch: name, ...target });

  function forget() {
    if (shared.get(base) === add) shared.delete(base);
  }

  function lost(code = LOST) {
    forget();
    if (socket) socket.onclose = socket.onmessage = null;
    socket?.close();
    const left = [...watches.values()];
    watches.clear();
    for (const { listener } of left) listener.closed(code);
  }

  function receive({ data }) {
    const message = JSON.parse(data);
    const one = watches.get(message.watch);
    if (message.type) for (const { listener } of [...watches.values()]) listener.received(message);
    else if (message.update) one?.listener.received(message.update);
    else if (one) {
      end(message.watch);
      one.listener.closed(message.code);
    }
  }

  function end(name) {
    watches.delete(name);
    setTimeout(() => watches.size || lost(), IDLE_MS); // another watch may begin at once
  }

  function add(target, listener) {
    const name = String(++count);
    const watch = { target, listener };
    watches.set(name, watch);
    if (watches.size >= MOST_WATCHES) forget();
    subscribe([name, watch]);
    if (isOpen()) queueMicrotask(listener.opened);
    return {
      close() {
        if (watches.has(name)) {
          send({ leave: name });
          end(name);
        }
      },
      drop: () => lost(),
    };
  }

  try {
    socket = new WebSocket(url);
    socket.onopen = () => {
      for (const entry of watches) {
        subscribe(entry);
        entry[1].listener.opened();
      }
    };
    socket.onmessage = receive;
    // Close code 1000 of the WebSocket itself does not mean that the watched records are final.
    socket.onclose = ({ code, reason }) => {
      if (reason?.includes("PROGRESS_ALLOWED_ORIGINS"))
        console.warn(`<task-progress>: ${url.host}: ${reason}`);
      lost(code === 1000 ? LOST : code);
    };
  } catch {
    // e.g. a Content-Security-Policy forbids it
    queueMicrotask(lost);
  }
  return add;
}
