// The socket whose messages say what changed, and what is known of the line and of the store. When the socket
// opens, and when it says that something was missed, the list is read: what was missed is never believed.
import { stayConnected } from "./live.js";
import { moment } from "./moment.js";
import { connectedAnew } from "./rows.js";

// `readers` gives those that read the list; `received` takes a message on a task; `changed` draws.
export function makeListening({ readers, received, changed }) {
  let live = null;
  let socket = "opening";
  let stale = false;
  let sinceMessage = null;

  function readSoon() {
    for (const one of readers()) one.soon();
  }

  function receivedNow() {
    sinceMessage = moment();
  }

  function receive(message) {
    if (message.type === "stale") {
      stale = true;
      changed();
      readSoon();
      return;
    }
    if (message.type === "reload") {
      connectedAnew();
      readSoon();
      return;
    }
    receivedNow();
    if (message.type === "heartbeat") {
      if (stale) readSoon();
      stale = false;
      changed();
      return;
    }
    received(message);
  }

  function connect(query) {
    live?.stop();
    socket = "opening";
    live = stayConnected(`internal/ws/tasks${query.size ? `?${query}` : ""}`, {
      opened: () => {
        connectedAnew();
        socket = "open";
        stale = false;
        readSoon();
        changed();
      },
      received: receive,
      lost: () => {
        socket = "lost";
        for (const one of readers()) one.lineLost();
        changed();
      },
    });
  }

  // connecting, live, stale, or away: the service does not answer.
  function state() {
    const reads = readers().map(({ outcome }) => outcome);
    if (reads.some((read) => read === "unanswered" || read === "before")) return "away";
    if (reads.includes("none")) return "connecting";
    const read = reads.every((read) => read === "ok");
    if (read && socket === "open" && !stale) return "live";
    return read && socket === "opening" ? "connecting" : "stale";
  }

  return {
    connect,
    state,
    receivedNow,
    readSoon,
    look: (now) => live?.look(now),
    silent: () => sinceMessage?.() ?? null,
  };
}
