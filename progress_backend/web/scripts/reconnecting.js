// A connection that reconnects, after pauses that grow until a connection has lasted. A broken connection may never
// get a close event, so one that is silent for too long, or takes too long to open, is replaced.
import { moment } from "./moment.js";

const FIRST_MS = 500;
const LONGEST_MS = 8_000;
const LASTING_MS = 5_000;
const SILENT_MS = 15_000;
const OPENING_MS = 10_000;
export const HEARTBEAT_S = 10;
export const LOST = 1006; // the close code of a connection that broke

// open(events) opens a connection and returns its close() and perhaps drop(), for a dead connection. Later it calls
// events.opened(), events.received(message) and events.closed(code). The callback closed(code, wasOpen) returns
// whether to reconnect.
export function reconnecting(open, { opened = () => {}, received, closed }) {
  let connection = null;
  let second = null; // a second connection, tried while the first one is used
  let timer = null;
  let failures = 0;
  let isOpen = false;
  let age = null;
  let lasts = null;

  function begin(openOne, replaced) {
    const mine = openOne({
      opened() {
        if (mine !== connection) return;
        alive();
        opened();
      },
      received(message) {
        if (mine === second && "revision" in message) switchOver(replaced);
        if (mine !== connection) return;
        alive();
        received(message);
      },
      closed(code) {
        if (mine === connection) end(code);
        else if (mine === second) second = null;
      },
    });
    return mine;
  }

  function alive() {
    isOpen = true;
    age = moment();
  }

  function connect() {
    clearTimeout(timer);
    timer = null;
    isOpen = false;
    age = moment();
    lasts = moment();
    connection = begin(open);
  }

  function end(code) {
    connection = null;
    if (isOpen && lasts() > LASTING_MS) failures = 0;
    if (!closed(code, isOpen)) return;
    const pause = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
    failures += 1;
    timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
  }

  function switchOver(replaced) {
    clearTimeout(timer);
    timer = null;
    connection?.close();
    [connection, second, failures, lasts] = [second, null, 0, moment()];
    replaced();
  }

  connect();
  return {
    // Call it each second; with `now`, e.g. when the network is back, it reconnects without a pause.
    look(now = false) {
      const dead = connection;
      if (connection === null) {
        if (now) connect();
      } else if (age() > (isOpen ? SILENT_MS : OPENING_MS)) {
        end(LOST);
        (dead.drop ?? dead.close).call(dead);
      }
    },
    // Opens a second connection. When it receives a record, it replaces the first one, and replaced() is called.
    tryBeside(openOne, replaced) {
      second?.drop();
      second = begin(openOne, replaced);
    },
    // Makes the next pause short.
    restart() {
      failures = 0;
    },
    stop() {
      clearTimeout(timer);
      connection?.close();
      second?.close();
      connection = second = timer = null;
    },
  };
}
