// What the page asks the API for, and the socket that it keeps open.
import { HEARTBEAT_S, reconnecting } from "./reconnecting.js";
import { current, headers, protocols, refused } from "./token.js";

const ANSWER_MS = 10_000;
// No token that is known; not allowed; asked for in a way that nothing answers.
const NO_TOKEN = 4401;
const NEVER = [NO_TOKEN, 4403, 4422];
// A page below the root says where that is.
export const BASE = new URL(document.body.dataset.base || ".", document.baseURI);

// What was answered, its body included; null if that did not come in time, or `stop` was aborted.
export async function answered(url, options = {}, stop = new AbortController()) {
  const late = setTimeout(() => stop.abort(), ANSWER_MS);
  const early = await readEarly(url);
  const sent = early ? "" : current();
  try {
    const response =
      early?.[0] ??
      (await fetch(new URL(url, BASE), {
        ...options,
        headers: { ...options.headers, ...headers() },
        signal: stop.signal,
      }));
    if (response.status === 401) refused(sent);
    const body =
      early?.[1] ??
      (await response.json().catch((error) => {
        if (stop.signal.aborted) throw error;
        return null; // an answer of somebody on the way
      }));
    const at = Date.parse(response.headers.get("Date")); // the service's clock
    return { ok: response.ok && body !== null, status: response.status, body, at };
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

// A socket of the service that comes back; with another token or question where it was refused.
export function stayConnected(path, { opened, received, lost }) {
  const url = new URL(path, BASE);
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("heartbeat", HEARTBEAT_S);

  function open(events) {
    const sent = current();
    const socket = new WebSocket(url, protocols());
    socket.onopen = events.opened;
    socket.onmessage = ({ data }) => events.received(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (code === NO_TOKEN) refused(sent);
      events.closed(code);
    };
    return socket;
  }

  function closed(code) {
    lost();
    return !NEVER.includes(code);
  }

  return reconnecting(open, { opened, received, closed });
}
