// The peer: Redis's messages to WebSocket clients by Node's ws, as bare_relay.py does it.
// node ws_relay.cjs REDIS_URL, NODE_PATH names the folder with the package ws.
const net = require("node:net");
const { WebSocket, WebSocketServer } = require("ws");

const watchers = new Map();
const server = new WebSocketServer(
  { host: "127.0.0.1", port: 0, backlog: 2048, perMessageDeflate: false },
  () => console.log(`listening on ${server.address().port}`),
);
server.on("connection", (socket, request) => {
  const name = `bare:${request.url.slice(1)}`;
  if (!watchers.has(name)) watchers.set(name, new Set());
  watchers.get(name).add(socket);
  socket.on("close", () => watchers.get(name).delete(socket));
  socket.send("{}");
});

// RESP2: *4 $8 pmessage $6 bare:* $n channel $m payload
let unread = Buffer.alloc(0);
function take() {
  let at = 0;
  function line() {
    const end = unread.indexOf("\r\n", at);
    if (end < 0) return null;
    const text = unread.toString("latin1", at, end);
    at = end + 2;
    return text;
  }
  const head = line();
  if (head === null) return null;
  const parts = [];
  for (let i = 0; i < Number(head.slice(1)); i++) {
    const size = line();
    if (size === null) return null;
    if (size[0] === ":") continue; // the number in the answer to PSUBSCRIBE
    const length = Number(size.slice(1));
    if (unread.length < at + length + 2) return null;
    parts.push(unread.subarray(at, at + length));
    at += length + 2;
  }
  unread = unread.subarray(at);
  return parts;
}

const redis = net.connect(new URL(process.argv[2]).port, "127.0.0.1");
redis.write("PSUBSCRIBE bare:*\r\n");
redis.on("data", (data) => {
  unread = unread.length ? Buffer.concat([unread, data]) : data;
  for (let parts = take(); parts; parts = take()) {
    if (parts[0].toString() !== "pmessage") continue;
    const text = parts[3].toString();
    for (const socket of watchers.get(parts[2].toString()) ?? []) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    }
  }
});
