// A line that comes back: growing, jittered pauses, forgotten once a line has lasted. A line can be dead
// without a word of it: one that is silent for too long, or takes too long to open, is given up for a new
// one.
import { moment } from "./moment.js";

const FIRST_MS = 500;
const LONGEST_MS = 8_000;
const LASTING_MS = 5_000;
const SILENT_MS = 15_000;
const OPENING_MS = 10_000;
export const HEARTBEAT_S = 10;
export const LOST = 1006;

// `open` opens a line: it is given opened(), received(message) and closed(code) to call, later, and returns
// what closes it, or drops it. `closed` is called with the code and whether the line was open; it returns
// whether another one is to be opened.
export function reconnecting(open, { opened = () => {}, received, closed }) {
  let line = null;
  let beside = null; // a line of another way that is tried
  let timer = null;
  let failures = 0;
  let isOpen = false;
  let age = null;
  let lasts = null;

  function begin(by, replaces) {
    const mine = by({
      opened() {
        if (mine !== line) return;
        alive();
        opened();
      },
      received(message) {
        if (mine === beside && "revision" in message) goOver(replaces);
        if (mine !== line) return;
        alive();
        received(message);
      },
      closed(code) {
        if (mine === line) end(code);
        else if (mine === beside) beside = null;
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
    line = begin(open);
  }

  function end(code) {
    line = null;
    if (isOpen && lasts() > LASTING_MS) failures = 0;
    if (!closed(code, isOpen)) return;
    const pause = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
    failures += 1;
    timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
  }

  function goOver(replaces) {
    clearTimeout(timer);
    timer = null;
    line?.close();
    [line, beside, failures, lasts] = [beside, null, 0, moment()];
    replaces();
  }

  connect();
  return {
    // To be called each second, and with `now` when there is reason to believe in the line again.
    look(now = false) {
      const dead = line;
      if (line === null) {
        if (now) connect();
      } else if (age() > (isOpen ? SILENT_MS : OPENING_MS)) {
        end(LOST);
        (dead.drop ?? dead.close).call(dead);
      }
    },
    // Tries another way, which takes the line's place, and says so, once a record came by it.
    tryBeside(by, replaces) {
      beside?.drop();
      beside = begin(by, replaces);
    },
    // The next pause is short again.
    restart() {
      failures = 0;
    },
    stop() {
      clearTimeout(timer);
      line?.close();
      beside?.close();
      line = beside = timer = null;
    },
  };
}
