// One WebSocket for all that a page's elements follow at one API: each watch has a name of ours, by
// which it is answered.
import { HEARTBEAT_S, LOST } from "./reconnecting.js";

const MOST = 250;
const IDLE_MS = 1_000;
const lines = new Map(); // an API's address -> the line that has room
let count = 0;

// `asked` names a task_id or workflow_id, and a token. What is returned ends this watch, or drops the
// line for all of them.
export function watchOnLine(base, asked, listener) {
  if (!lines.has(base)) lines.set(base, makeLine(base));
  return lines.get(base)(asked, listener);
}

function makeLine(base) {
  const url = new URL("internal/ws/watch", base);
  const watches = new Map();
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("heartbeat", HEARTBEAT_S);
  let socket = null;

  const isOpen = () => socket?.readyState === 1;
  const send = (message) => isOpen() && socket.send(JSON.stringify(message));
  const ask = ([name, { asked }]) => send({ watch: name, ...asked });

  function forget() {
    if (lines.get(base) === add) lines.delete(base);
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
    setTimeout(() => watches.size || lost(), IDLE_MS); // another may be asked for at once
  }

  function add(asked, listener) {
    const name = String(++count);
    const watch = { asked, listener };
    watches.set(name, watch);
    if (watches.size >= MOST) forget();
    ask([name, watch]);
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
        ask(entry);
        entry[1].listener.opened();
      }
    };
    socket.onmessage = receive;
    // A line never ends by itself: each watch gets its end.
    socket.onclose = ({ code, reason }) => {
      if (reason?.includes("PROGRESS_ALLOWED_ORIGINS"))
        console.warn(`<task-progress>: ${url.host}: ${reason}`);
      lost(code === 1000 ? LOST : code);
    };
  } catch {
    // a policy
    queueMicrotask(lost);
  }
  return add;
}
