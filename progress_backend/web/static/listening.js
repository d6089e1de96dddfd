// The socket whose messages say what changed, and what is known of the line and of the store. When the socket
// opens, and when it says that something was missed, the list is read: what was missed is never believed.
import { stayConnected } from "./live.js";
import { moment } from "./moment.js";
import { connectedAnew } from "./rows.js";

// `reader` reads the list; `received` takes a message on a task; `changed` draws.
export function makeListening({ reader, received, changed }) {
  let live = null;
  let socket = "opening";
  let stale = false;
  let sinceMessage = null;

  function receivedNow() {
    sinceMessage = moment();
  }

  function receive(message) {
    if (message.type === "stale") {
      stale = true;
      changed();
      reader.soon();
      return;
    }
    if (message.type === "reload") {
      connectedAnew();
      reader.soon();
      return;
    }
    receivedNow();
    if (message.type === "heartbeat") {
      if (stale) reader.soon();
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
        reader.soon();
        changed();
      },
      received: receive,
      lost: () => {
        socket = "lost";
        reader.lineLost();
        changed();
      },
    });
  }

  // connecting, live, stale, or away: the service does not answer.
  function state() {
    if (reader.outcome === "unanswered" || reader.outcome === "before") return "away";
    if (reader.outcome === "none") return "connecting";
    const read = reader.outcome === "ok";
    if (read && socket === "open" && !stale) return "live";
    return read && socket === "opening" ? "connecting" : "stale";
  }

  return {
    connect,
    state,
    receivedNow,
    look: (now) => live?.look(now),
    silent: () => sinceMessage?.() ?? null,
  };
}
