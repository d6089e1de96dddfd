// The page's HTTP requests to the API, and its WebSocket.
import { HEARTBEAT_S, reconnecting } from "./reconnecting.js";
import { current, headers, protocols, refused } from "./token.js";

const ANSWER_MS = 10_000;
const NO_TOKEN = 4401;
// Close codes after which the same WebSocket would be refused again: unknown token, forbidden, invalid query.
const FINAL_CODES = [NO_TOKEN, 4403, 4422];
// A record's page is below the root, and has the path to it in data-base.
export const BASE = new URL(document.body.dataset.base || ".", document.baseURI);

// Requests `url` and returns {ok, status, body, at}; null if no response came in time, or if `stop` was aborted.
export async function answered(url, options = {}, stop = new AbortController()) {
  const timeout = setTimeout(() => stop.abort(), ANSWER_MS);
  const preloaded = await preloadedRead(url);
  const sent = preloaded ? "" : current();
  try {
    const response =
      preloaded?.[0] ??
      (await fetch(new URL(url, BASE), {
        ...options,
        headers: { ...options.headers, ...headers() },
        signal: stop.signal,
      }));
    if (response.status === 401) refused(sent);
    const body =
      preloaded?.[1] ??
      (await response.json().catch((error) => {
        if (stop.signal.aborted) throw error;
        return null; // not JSON: e.g. a proxy's error page
      }));
    const at = Date.parse(response.headers.get("Date")); // the API's clock
    return { ok: response.ok && body !== null, status: response.status, body, at };
  } catch {
    return null;
  } finally {
    clearTimeout(timeout);
  }
}

// The response and body of the request that an inline script sent before the modules were loaded; null if it sent
// none, or got no response. Its result is used once.
function preloadedRead(url) {
  const { firstRead } = window;
  if (firstRead?.url !== url) return null;
  delete window.firstRead;
  return firstRead.answer;
}

// A WebSocket that reconnects, unless the API refuses it. lost() is called after each close.
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
    return !FINAL_CODES.includes(code);
  }

  return reconnecting(open, { opened, received, closed });
}
