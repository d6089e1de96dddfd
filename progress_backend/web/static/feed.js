// The updates of one task or workflow for all elements that show it: by the page's one WebSocket; where
// none opens, as an event stream; where that fails, too, by reads. A line that is silent for too long,
// or takes too long to open, is given up for a new one.
import { watchOnLine } from "./line.js";
import { moment } from "./moment.js";

const FIRST_MS = 500, LONGEST_MS = 8_000, LASTING_MS = 5_000, LOOK_MS = 1_000, READ_MS = 2_000;
const SILENT_MS = 15_000, OPENING_MS = 10_000;
// So many lines that never opened, and the next way is taken.
const TRIES = 2;
const LOST = 1006, ENDED = 1000;
const REFUSALS = { 401: 4401, 403: 4403, 404: 4404, 422: 4422, 429: 4429 };

const feeds = new Map();

// `kind` is "task" or "workflow"; `listener` has heard(record), state(name) and refused(code). What
// is known already is told at once. Returns what ends it.
export function follow({ base, kind, id, token }, listener) {
  const key = JSON.stringify([base, kind, id, token]);
  if (!feeds.has(key)) {
    // One that has ended may have a successor by the time its last listener leaves.
    const feed = makeFeed({ base, kind, id, token }, () => feeds.get(key) === feed && feeds.delete(key));
    feeds.set(key, feed);
  }
  return feeds.get(key).join(listener);
}

function makeFeed(about, over) {
  const listeners = new Set(), ways = [bySocket, byStream, byReads];
  let way = 0, failures = 0, pause = FIRST_MS, line = null, timer = null;
  let opened = false, age = null, lasts = null, record = null, state = "connecting", code = null;
  const looking = setInterval(look, LOOK_MS);
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);

  function tell(now) {
    state = now;
    for (const listener of listeners) listener.state(state);
  }

  function connect() {
    clearTimeout(timer);
    timer = null;
    opened = false;
    age = moment();
    lasts = moment();
    const mine = line = ways[way](about, {
      opened: () => mine === line && alive(),
      heard: (said) => mine === line && heard(said),
      closed: (why) => mine === line && closed(why),
    });
  }

  function alive() {
    opened = true;
    failures = 0;
    age = moment();
  }

  function heard(said) {
    alive();
    if (said.type === "stale") return tell("stale");
    if (said.type !== "heartbeat" && said.type !== "reload") {
      if (record && said.created_at === record.created_at && said.revision < record.revision) return;
      record = said;
      for (const listener of listeners) listener.heard(record);
    }
    if (state !== "live") tell("live");
    if (record?.final) leave();
  }

  function closed(why) {
    line = null;
    if (why === ENDED && record) return leave();
    if (why >= 4400 && why <= 4499) {
      leave();
      code = why;
      for (const listener of listeners) listener.refused(code);
      return;
    }
    if (!opened && ++failures >= TRIES && way < ways.length - 1) [way, failures] = [way + 1, 0];
    if (opened && lasts() > LASTING_MS) pause = FIRST_MS;
    timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_MS);
    if (state === "live") tell("stale");
  }

  function look() {
    if (line && age() > (opened ? SILENT_MS : OPENING_MS)) {
      const dead = line;
      closed(LOST);
      (dead.drop ?? dead.close).call(dead);
    }
  }

  function hurry() {
    if (timer !== null && !document.hidden) connect();
  }

  // Nothing more is to be heard.
  function leave() {
    clearTimeout(timer);
    clearInterval(looking);
    removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
    timer = null;
    line?.close();
    line = null;
    over();
  }

  connect();
  return {
    join(listener) {
      listeners.add(listener);
      listener.state(state);
      if (record) listener.heard(record);
      if (code) listener.refused(code);
      return () => listeners.delete(listener) && !listeners.size && leave();
    },
  };
}

const path = ({ base, kind, id }, end) => new URL(`internal/${kind}/${encodeURIComponent(id)}/${end}`, base);

function bySocket({ base, kind, id, token }, listener) {
  return watchOnLine(base, { [`${kind}_id`]: id, ...(token && { token }) }, listener);
}

function byStream(about, { opened, heard, closed }) {
  const url = path(about, "events");
  url.searchParams.set("heartbeat", 10);
  if (about.token) url.searchParams.set("token", about.token); // an EventSource can send no header
  const source = new EventSource(url);
  source.onopen = opened;
  for (const name of ["message", "heartbeat", "stale"]) {
    source.addEventListener(name, (event) => heard(JSON.parse(event.data)));
  }
  source.onerror = () => {
    source.close();
    closed(LOST);
  };
  return source;
}

function byReads(about, { heard, closed }) {
  const stop = new AbortController();
  let timer = null;
  async function read() {
    try {
      const headers = about.token ? { Authorization: `Bearer ${about.token}` } : {};
      const answer = await fetch(path(about, "status"), { headers, cache: "no-cache", signal: stop.signal });
      if (!answer.ok) return closed(REFUSALS[answer.status] ?? LOST);
      heard(await answer.json());
      timer = setTimeout(read, READ_MS);
    } catch {
      if (!stop.signal.aborted) closed(LOST);
    }
  }
  read();
  return { close() { stop.abort(); clearTimeout(timer); } };
}
