// The updates of one task or workflow for all elements that show it: by the page's one WebSocket; where
// none opens, as an event stream; where that fails, too, by reads, until a socket opens again. A line
// that is silent for too long, or takes too long to open, is given up for a new one.
import { watchOnLine } from "./line.js";
import { moment } from "./moment.js";

const FIRST_MS = 500, LONGEST_MS = 8_000, LASTING_MS = 5_000, LOOK_MS = 1_000, READ_MS = 2_000;
const SILENT_MS = 15_000, OPENING_MS = 10_000;
// So many lines that never opened, or opened and said nothing, and the next way is taken; so long on
// another way, and the socket is tried once more.
const TRIES = 2, BACK_MS = 30_000;
// A browser has six connections to a server without HTTP/2: streams may not hold all of them.
const MOST_STREAMS = 2;
const LOST = 1006, ENDED = 1000;
const REFUSALS = { 401: 4401, 403: 4403, 404: 4404, 422: 4422 }; // a 429 is of somebody on the way

const feeds = new Map();
let streams = 0;

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
  let opened = false, spoke = false, age = null, lasts = null, record = null, state = "connecting", code = null;
  let trial = null, tried = null; // a socket that may take the place of another way, and how long ago
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
    opened = spoke = false;
    age = moment();
    lasts = moment();
    line = begin(way);
  }

  function begin(by) {
    const mine = ways[by](about, {
      opened: () => mine === line && alive(),
      heard: (said) => {
        if (mine === trial && "revision" in said) change();
        if (mine === line) heard(said);
      },
      closed: (why) => {
        if (mine === line) closed(why);
        else if (mine === trial) trial = null;
      },
    });
    return mine;
  }

  // The socket that was tried has spoken: it is the line now.
  function change() {
    clearTimeout(timer);
    timer = null;
    line?.close();
    [line, trial, way, pause, lasts] = [trial, null, 0, FIRST_MS, moment()];
  }

  function alive() {
    opened = true;
    age = moment();
  }

  // Each read, and each new line, tells as well what is known already.
  function isNews(said) {
    if (record?.created_at !== said.created_at) return true;
    return said.revision >= record.revision && JSON.stringify(said) !== JSON.stringify(record);
  }

  function heard(said) {
    alive();
    spoke = true;
    failures = 0;
    if (said.type === "stale") return tell("stale");
    if (said.type !== "heartbeat" && said.type !== "reload" && isNews(said)) {
      record = said;
      for (const listener of listeners) listener.heard(record);
    }
    if (state !== "live") tell("live");
    if (record?.final) leave();
  }

  function closed(why) {
    line = null;
    // Where time alone has made the end final, no update says so.
    if (why === ENDED && record) return record.final ? leave() : heard({ ...record, final: true });
    if (why >= 4400 && why <= 4499) {
      leave();
      code = why;
      for (const listener of listeners) listener.refused(code);
      return;
    }
    const deaf = !opened || (!spoke && why === LOST);
    if (deaf && ++failures >= TRIES && way < ways.length - 1) [way, failures, tried, pause] = [way + 1, 0, moment(), FIRST_MS];
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
    if (way && tried() > BACK_MS) {
      trial?.drop();
      tried = moment();
      trial = begin(0);
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
    trial?.close();
    line = trial = null;
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

function byStream(about, listener) {
  if (streams >= MOST_STREAMS) return byReads(about, listener);
  const { opened, heard, closed } = listener;
  const url = path(about, "events");
  url.searchParams.set("heartbeat", 10);
  if (about.token) url.searchParams.set("token", about.token); // an EventSource can send no header
  const source = new EventSource(url);
  source.onopen = opened;
  for (const name of ["message", "heartbeat", "stale"]) {
    source.addEventListener(name, (event) => heard(JSON.parse(event.data)));
  }
  let open = true;
  streams += 1;
  const close = () => {
    if (open) streams -= 1;
    open = false;
    source.close();
  };
  source.onerror = () => {
    close();
    closed(LOST);
  };
  return { close };
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
