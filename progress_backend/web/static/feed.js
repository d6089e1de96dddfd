// The updates of one task or workflow for all elements that show it: by the page's one WebSocket; where
// none opens, by reads, until one opens again.
import { watchOnLine } from "./line.js";
import { moment } from "./moment.js";
import { LOST, reconnecting } from "./reconnecting.js";

const LOOK_MS = 1_000;
const READ_MS = 2_000;
// So many sockets that never opened, or opened without a message, and the record is read; so long, and the
// socket is tried once more.
const TRIES = 2;
const BACK_MS = 30_000;
const ENDED = 1000;
const REFUSALS = { 401: 4401, 403: 4403, 404: 4404, 422: 4422 }; // a 429 is of somebody on the way

const feeds = new Map();

// `kind` is "task" or "workflow"; `listener` has received(record), state(name) and refused(code). What
// is known already comes at once. Returns what ends it.
export function follow({ base, kind, id, token }, listener) {
  const key = JSON.stringify([base, kind, id, token]);
  if (!feeds.has(key)) {
    // One that has ended may have a successor by the time its last listener leaves.
    const feed = makeFeed(
      { base, kind, id, token },
      () => feeds.get(key) === feed && feeds.delete(key),
    );
    feeds.set(key, feed);
  }
  return feeds.get(key).join(listener);
}

function makeFeed(about, over) {
  const listeners = new Set();
  let failures = 0; // of sockets, without a message in between
  let tried = null; // how long ago the socket was tried, while the record is read
  let received = false; // whether this line had a message
  let record = null;
  let state = "connecting";
  let code = null;
  const line = reconnecting(open, { received: take, closed });
  const looking = setInterval(look, LOOK_MS);
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);

  function open(events) {
    received = false;
    return (tried ? byReads : bySocket)(about, events);
  }

  function become(now) {
    state = now;
    for (const listener of listeners) listener.state(state);
  }

  // Each read, and each new line, brings as well what is known already.
  function isNews(message) {
    if (record?.created_at !== message.created_at) return true;
    return (
      message.revision >= record.revision && JSON.stringify(message) !== JSON.stringify(record)
    );
  }

  function take(message) {
    received = true;
    failures = 0;
    if (message.type === "stale") return become("stale");
    if (message.type !== "heartbeat" && message.type !== "reload" && isNews(message)) {
      record = message;
      for (const listener of listeners) listener.received(record);
    }
    if (state !== "live") become("live");
    if (record?.final) leave();
  }

  // Whether there is more to come.
  function closed(why, wasOpen) {
    if (why === ENDED && record) {
      leave();
      return false;
    }
    if (why >= 4400 && why <= 4499) {
      leave();
      code = why;
      for (const listener of listeners) listener.refused(code);
      return false;
    }
    const none = !wasOpen || (!received && why === LOST);
    if (none) failures += 1;
    if (failures >= TRIES && !tried) {
      tried = moment();
      line.restart();
    }
    if (state === "live") become("stale");
    return true;
  }

  function look() {
    line.look();
    if (!tried || tried() <= BACK_MS) return;
    tried = moment();
    line.tryBeside(
      (events) => bySocket(about, events),
      () => {
        [tried, failures] = [null, 0];
      },
    );
  }

  function hurry() {
    if (!document.hidden) line.look(true);
  }

  // Nothing more is to come.
  function leave() {
    clearInterval(looking);
    removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
    line.stop();
    over();
  }

  return {
    join(listener) {
      listeners.add(listener);
      listener.state(state);
      if (record) listener.received(record);
      if (code) listener.refused(code);
      return () => listeners.delete(listener) && !listeners.size && leave();
    },
  };
}

const path = ({ base, kind, id }, end) =>
  new URL(`internal/${kind}/${encodeURIComponent(id)}/${end}`, base);

function bySocket({ base, kind, id, token }, listener) {
  return watchOnLine(base, { [`${kind}_id`]: id, ...(token && { token }) }, listener);
}

function byReads(about, { received, closed }) {
  const stop = new AbortController();
  let timer = null;
  async function read() {
    try {
      const headers = about.token ? { Authorization: `Bearer ${about.token}` } : {};
      const answer = await fetch(path(about, "status"), {
        headers,
        cache: "no-cache",
        signal: stop.signal,
      });
      if (!answer.ok) return closed(REFUSALS[answer.status] ?? LOST);
      received(await answer.json());
      timer = setTimeout(read, READ_MS);
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
