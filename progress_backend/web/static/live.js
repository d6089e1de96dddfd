// A WebSocket that comes back: growing, jittered pauses, forgotten once a connection has lasted.
const FIRST_MS = 500, LONGEST_MS = 15_000, LASTING_MS = 5_000;

export function stayConnected(url, { opened, heard, lost }) {
  let pause = FIRST_MS, socket = null, timer = null, stopped = false;

  function connect() {
    const began = Date.now();
    socket = new WebSocket(url);
    socket.onopen = opened;
    socket.onmessage = (event) => heard(JSON.parse(event.data));
    socket.onclose = () => {
      if (stopped) return;
      lost();
      if (Date.now() - began > LASTING_MS) pause = FIRST_MS;
      timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_MS);
    };
  }

  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    socket.onopen = socket.onmessage = null; // what still arrives was asked for by nobody
    socket.close();
  };
}

export function socketUrl(path) {
  const url = new URL(path, document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
