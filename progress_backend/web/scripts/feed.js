// Follows one task or workflow for all elements that show it: by the page's shared WebSocket, or by polling while the
// WebSocket does not open.
import { watchOnLine } from "./shared_socket.js";
import { moment } from "./moment.js";
import { LOST, reconnecting } from "./reconnecting.js";
import { mayReturn, stillRuns } from "./unsettled.js";

const LOOK_MS = 1_000;
const POLL_MS = 2_000;
// After so many WebSockets that did not open or delivered no message, the feed polls, and tries the WebSocket again
// each RETRY_MS.
const TRIES = 2;
const RETRY_MS = 30_000;
const ENDED = 1000; // the close code after the final record
// A final record that may change is read again: of a run that has not carried out its cancel soon, then less often; of
// a lost one each 30 s. The second of the clock at which this happens is the same for all, so that they share a socket.
const SOON_MS = 2_000;
const AGAIN_MS = 30_000;
const REFUSALS = [401, 403, 404, 422]; // a 429 may be a proxy's: polling goes on

// The close code of a response by which the API refuses. A proxy may send a 404 of its own while the API restarts; the
// API's has a JSON body.
export const refusalOf = ({ headers, status }) =>
  headers.get("Content-Type")?.startsWith("application/json") &&
  REFUSALS.includes(status) &&
  4000 + status;

const feeds = new Map();

// `about` is {base, kind: "task" or "workflow", id, token}. `listener`: received(record) is called for each new record,
// state(name) with "connecting", "live" or "stale", refused(code) if the API refuses, and perhaps clock(time) with the
// API's time. Returns a function that stops the calls.
export function follow(about, listener) {
  const key = JSON.stringify(about);
  if (!feeds.has(key)) {
    // When the last listener leaves a feed that has ended, the key may already belong to a new feed.
    const feed = makeFeed(about, () => feeds.get(key) === feed && feeds.delete(key));
    feeds.set(key, feed);
  }
  return feeds.get(key).join(listener);
}

function makeFeed(about, onFinish) {
  const listeners = new Set();
  let failures = 0; // consecutive WebSockets without a message
  let tried = null; // while the feed polls: returns the time since the last WebSocket was tried
  let received = false; // whether this connection delivered a message
  let record = null;
  let state = "connecting";
  let code = null;
  let connection = connect();
  let again = null; // the timer of the next read of a final record
  let reads = 0;
  const looking = setInterval(look, LOOK_MS);
  addEventListener("online", lookNow);
  document.addEventListener("visibilitychange", lookNow);

  function open(events) {
    received = false;
    return (tried ? byPolling : bySocket)(about, events);
  }

  function connect() {
    return reconnecting(open, { received: take, closed });
  }

  // Ends the feed of a final record, or lets it rest until the next read.
  function settle() {
    if (!stillRuns(record) && !mayReturn(record)) return finish();
    const soon = stillRuns(record) ? SOON_MS * 2 ** reads : AGAIN_MS;
    connection.stop();
    clearTimeout(again);
    again = setTimeout(readAgain, soon < AGAIN_MS ? soon : AGAIN_MS - (Date.now() % AGAIN_MS));
  }

  function readAgain() {
    again = null;
    reads += 1;
    if (document.hidden) settle();
    else connection = connect();
  }

  function each(method, value) {
    for (const listener of listeners) listener[method]?.(value);
  }

  function become(now) {
    state = now;
    each("state", state);
  }

  // Each poll and each new connection delivers the newest record once more. Messages come in order: a lower revision is
  // that of a Redis that was restored from an older state.
  const isNews = (message) => JSON.stringify(message) !== JSON.stringify(record);

  function take(message) {
    received = true;
    failures = 0;
    if (message.type === "stale") return become("stale");
    if (message.type === "heartbeat") each("clock", message.timestamp);
    else if (message.type !== "reload" && isNews(message)) {
      record = message;
      each("received", record);
    }
    if (state !== "live") become("live");
    if (record?.final) settle();
  }

  // Returns whether to reconnect.
  function closed(why, wasOpen) {
    if (why === ENDED && record) {
      settle();
      return false;
    }
    if (why >= 4400 && why <= 4599) {
      finish();
      code = why;
      each("refused", code);
      return false;
    }
    const none = !wasOpen || (!received && why === LOST);
    if (none) failures += 1;
    if (failures >= TRIES && !tried) {
      tried = moment();
      connection.restart();
    }
    if (state === "live") become("stale");
    return true;
  }

  function look() {
    if (again) return;
    connection.look();
    if (!tried || tried() <= RETRY_MS) return;
    tried = moment();
    connection.tryBeside(
      (events) => bySocket(about, events),
      () => {
        [tried, failures] = [null, 0];
      },
    );
  }

  function lookNow() {
    if (!document.hidden && !again) connection.look(true);
  }

  function finish() {
    clearInterval(looking);
    clearTimeout(again);
    removeEventListener("online", lookNow);
    document.removeEventListener("visibilitychange", lookNow);
    connection.stop();
    onFinish();
  }

  return {
    join(listener) {
      listeners.add(listener);
      listener.state(state);
      if (record) listener.received(record);
      if (code) listener.refused(code);
      return () => listeners.delete(listener) && !listeners.size && finish();
    },
  };
}

// Fetches a path of the task's or workflow's.
export const request = ({ base, kind, id, token }, end, { headers, ...more }) =>
  fetch(new URL(`internal/${kind}/${encodeURIComponent(id)}/${end}`, base), {
    headers: { ...headers, ...(token && { Authorization: `Bearer ${token}` }) },
    ...more,
  });

function bySocket({ base, kind, id, token }, listener) {
  return watchOnLine(base, { [`${kind}_id`]: id, ...(token && { token }) }, listener);
}

function byPolling(about, { received, closed }) {
  const stop = new AbortController();
  let timer = null;
  async function read() {
    try {
      const answer = await request(about, "status", { cache: "no-cache", signal: stop.signal });
      if (!answer.ok) return closed(refusalOf(answer) || LOST);
      received(await answer.json());
      received({ type: "heartbeat", timestamp: answer.headers.get("Date") });
      timer = setTimeout(read, POLL_MS);
    } catch {
      if (!stop.signal.aborted) closed(LOST);
    }
  }
  read();
  return {
    close() {
      stop.abort();
      clearTimeout(timer);
    },
  };
}
