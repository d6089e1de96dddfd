"""10,000 sockets that connect, each until its first message, beside Node's ws; with tokens too."""

import hashlib
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psutil

from progress_backend.embedded import EmbeddedServer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.servers import Service
from tests.waiting import eventually

from .cloned_records import running
from .crowd import crowd
from .processor import Spent
from .rounds import Rounds
from .row import Row

OURS, PEER, BARE = "progress-backend", "Node's ws", "bare uvicorn"
_TOKEN = "pb_" + 40 * "t"
_LINE = f"page read sha256:{hashlib.sha256(_TOKEN.encode()).hexdigest()}"
_SERVE = """
import sys
from progress_backend.settings import Settings
from progress_backend.web.server.serve import serve
limits = {"max_sockets": 0, "max_client_sockets": 0}
serve(Settings(redis_url=sys.argv[1], tokens=tuple(sys.argv[2:]), **limits), port=0)
"""
#: What any service under uvicorn takes: it accepts, and sends a message as long as ours.
_BARE = """
import sys, uvicorn
from progress_backend.web.server.serve import OPTIONS, bound

async def app(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": '{"text":"' + 700 * "x" + '"}'})
    while (await receive())["type"] != "websocket.disconnect":
        pass

listening = bound("127.0.0.1", 0)
print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
config = uvicorn.Config(app, **OPTIONS, ws="websockets-sansio", lifespan="off")
uvicorn.Server(config).run(sockets=[listening])
"""
#: It has one task, and a message as long as ours of it.
_NODE = """
const { WebSocketServer } = require("ws");
const [path, token] = process.argv.slice(1), open = new Set();
const tasks = new Map([[path, JSON.stringify({ text: "x".repeat(700) })]]);
const server = new WebSocketServer(
  { host: "127.0.0.1", port: 0, backlog: 2048, perMessageDeflate: false,
    verifyClient: ({ req }) => !token || req.headers.authorization === `Bearer ${token}` },
  () => console.log(`http://127.0.0.1:${server.address().port}`));
server.on("connection", (socket, request) => {
  open.add(socket);
  socket.on("close", () => open.delete(socket));
  socket.send(tasks.get(request.url));
});
"""


class _Served(NamedTuple):
    service: Service
    port: int
    path: str
    token: str


def measure(quick: bool) -> list[Row]:
    """Two rows: without tokens, and with one that each socket sends."""
    sockets, rounds = (200, 2) if quick else (10_000, 4)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subprocess.run(["npm", "install", "--silent", "ws@8"], cwd=folder, check=True)
        redis = stack.enter_context(EmbeddedServer())
        store = stack.enter_context(Store(Settings(redis_url=redis.url)))
        path = f"/internal/ws/task/{running(store, 1)[0]}"
        sides: dict[str, _Served] = {}
        for token in ("", _TOKEN):
            lines = [_LINE] if token else []
            for name, command in (
                (OURS, [sys.executable, "-c", _SERVE, redis.url, *lines]),
                (PEER, ["node", "-e", _NODE, path, token]),
                (BARE, [sys.executable, "-c", _BARE]),
            ):
                env = {"NODE_PATH": str(folder / "node_modules")}
                service = Service(command, log=folder / f"{name}{bool(token)}.log", env=env).start()
                stack.callback(service.stop)
                port = int(service.wait_for_log(r"http://127\.0\.0\.1:(\d+)")[1])
                sides[name + token] = _Served(service, port, path, token)
        spent = Spent(lambda name: (sides[name].service.pid,))
        rates = Rounds.of({name: _round(spent, sides, name, sockets) for name in sides}, rounds)
    return [
        Row(
            what=f"{sockets:,} sockets connect, {'each with a token' if token else 'no tokens'}",
            unit="s",
            figures={name: rates.medians()[name + token] for name in (OURS, PEER, BARE)},
            peer=PEER,
            ratio=spent.ratio(OURS + token, PEER + token),
            target=2.5,
            notes=(
                "figures: wall time; ratio: processor time of the serving process",
                f"bare uvicorn's is {spent.ratio(BARE + token, PEER + token):.2f}× of {PEER}",
            ),
        )
        for token in ("", _TOKEN)
    ]


def _round(spent: Spent, sides: dict[str, _Served], name: str, sockets: int) -> Callable[[], float]:
    service, port, path, token = sides[name]

    def a_round() -> float:
        with ExitStack() as stack:

            def connect() -> float:
                return stack.enter_context(crowd(port, path, sockets, token))

            took_s = spent.during(name, connect)
        process = psutil.Process(service.pid)
        eventually(lambda: process.num_fds() < 100, 60)  # none counts in another round
        return took_s

    return a_round
