// A WebSocket that comes back: growing, jittered pauses, forgotten once a connection has lasted.
// A line can be dead without anybody saying so: what has been silent for too long, or takes too
// long to open, is given up for a new one.
import { moment } from "./moment.js";
import { current, headers, protocols, refused } from "./token.js";

const FIRST_MS = 500, LONGEST_MS = 8_000, LASTING_MS = 5_000;
const HEARTBEAT_S = 10, SILENT_MS = 15_000, OPENING_MS = 10_000, ANSWER_MS = 10_000;
// No token that is known; not allowed; asked for in a way that nothing answers.
const NO_TOKEN = 4401, NEVER = [NO_TOKEN, 4403, 4422];
// A page below the root says where that is.
const BASE = new URL(document.body.dataset.base ?? "", document.baseURI);

// What was answered, its body included; null if that did not come in time, or `stop` was aborted.
export async function answered(url, options = {}, stop = new AbortController()) {
  const late = setTimeout(() => stop.abort(), ANSWER_MS), early = await readEarly(url), sent = early ? "" : current();
  try {
    const response = early?.[0] ?? await fetch(new URL(url, BASE), {
      ...options, headers: { ...options.headers, ...headers() }, signal: stop.signal,
    });
    if (response.status === 401) refused(sent);
    const body = early?.[1] ?? await response.json().catch((error) => {
      if (stop.signal.aborted) throw error;
      return null; // an answer of somebody on the way
    });
    const at = Date.parse(response.headers.get("Date")); // the service's clock
    const again = Number(response.headers.get("Retry-After")) || 0; // seconds
    return { ok: response.ok && body !== null, status: response.status, body, at, again };
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

// What the page has asked for before its script was there: the response and its body, once; null where
// it asked for nothing, or was not answered.
function readEarly(url) {
  const { firstRead } = window;
  if (firstRead?.url !== url) return null;
  delete window.firstRead;
  return firstRead.answer;
}

export function stayConnected(path, { opened, heard, lost }) {
  const url = socketUrl(path);
  let pause = FIRST_MS, socket = null, timer = null, age = null;

  function connect() {
    clearTimeout(timer);
    timer = null;
    age = moment();
    const lasts = moment(), sent = current();
    socket = new WebSocket(url, protocols());
    socket.onopen = () => { age = moment(); opened(); };
    socket.onmessage = (event) => { age = moment(); heard(JSON.parse(event.data)); };
    socket.onclose = (event) => {
      leave();
      if (event?.code === NO_TOKEN) refused(sent);
      if (NEVER.includes(event?.code)) { // it comes back with another token or question, not by itself
        lost();
        return;
      }
      if (lasts() > LASTING_MS) pause = FIRST_MS;
      timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_MS);
      lost();
    };
  }

  function leave() {
    const left = socket;
    socket = null;
    left.onopen = left.onmessage = left.onclose = null; // what still arrives is wanted by nobody
    left.close();
  }

  connect();
  return {
    stop() {
      clearTimeout(timer);
      if (socket) leave();
    },
    // To be called each second, and with `now` when there is reason to believe in the line again.
    look(now = false) {
      if (socket === null) {
        if (now) connect();
      } else if (age() > (socket.readyState === WebSocket.OPEN ? SILENT_MS : OPENING_MS)) {
        socket.onclose();
      }
    },
  };
}

function socketUrl(path) {
  const url = new URL(path, BASE);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("heartbeat", HEARTBEAT_S);
  return url.href;
}
