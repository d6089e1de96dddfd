// The WebSocket that reports changes of tasks, and the state of this connection. When it opens, and when it reports
// missed messages, the list is read again.
import { stayConnected } from "./live.js";
import { moment } from "./moment.js";
import { connectedAnew } from "./rows.js";

// `reader` reads the list; received(message) is called for each change of a task, changed() when the state changes.
export function makeListening({ reader, received, changed }) {
  let connection = null;
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
    connection?.stop();
    socket = "opening";
    connection = stayConnected(`internal/ws/tasks${query.size ? `?${query}` : ""}`, {
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

  // "connecting", "live", "stale", or "away": the API does not respond.
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
    look: (now) => connection?.look(now),
    silent: () => sinceMessage?.() ?? null,
  };
}
