"""A worker, an API and the command's own process, for agents."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from progress_backend.credentials import tokens
from tests.ports import free_port
from tests.servers import Service, Worker

PROGRAM = str(Path(sys.executable).parent / "progress-backend")
SHOP = '''
import os, signal, time
from celery import Celery
from progress_backend import ProgressNotifier, install, progress_task
app = Celery("shop", broker="{broker}", backend="{broker}")
install(app)

@app.task(bind=True, name="shop.fetch")
@progress_task(start=True)
def fetch(self, seconds: float):
    """Fetch rows."""
    time.sleep(seconds)

@app.task(bind=True, name="slow_compute")
@progress_task(start=True)
def slow_compute(self, seconds: float, label: str = ""):
    progress, end = ProgressNotifier(self), time.monotonic() + seconds
    while time.monotonic() < end:
        progress.advance(1)
        time.sleep(0.05)
    return {{"label": label}}

@app.task(bind=True, name="failing_job")
@progress_task(start=True)
def failing_job(self):
    raise ValueError("no")

@app.task(bind=True, name="protocol_error_job")
@progress_task(start=True)
def protocol_error_job(self):
    os.kill(os.getpid(), signal.SIGKILL)

@progress_task(start=True)
def sum_up(): ...

app.task(name="shop.sum")(sum_up)
app.task(name="shop/sum")(sum_up)
'''
SHORT = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}
(BOT, TOKEN), (EYES, READER) = tokens.new("bot", "start"), tokens.new("eyes", "read")
(OPS, WRITER), (ANN, OWNER) = tokens.new("ops", "write"), tokens.new("ann", "write", owner="ann")


class System:
    """Worker and API of a shop in a folder; the agent's process is started by the test."""

    def __init__(self, folder: Path, redis_url: str, broker: str = "") -> None:
        text = SHOP.format(broker=broker or redis_url)
        (folder / "shop.py").write_text(text, encoding="utf-8")
        self.port, self.folder = free_port(), folder
        tokens.write_file(folder / "tokens", [TOKEN, READER, WRITER, OWNER])
        env = {**SHORT, "PROGRESS_REDIS_URL": redis_url, "PROGRESS_LOCALE": "en"}
        self.worker = Worker("shop", log=folder / "worker.log", env=env, cwd=folder)
        serve = [PROGRAM, "serve", "-A", "shop", "--start", "--port", str(self.port)]
        env = {**env, "PROGRESS_TOKENS_FILE": str(folder / "tokens")}
        self.api = Service(serve, log=folder / "api.log", env=env, cwd=folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def args(self) -> list[str]:
        return ["mcp", "--url", self.url]

    def over_stdio(self, mode: Any = "auto") -> Client:
        env = {"PROGRESS_TOKEN": BOT}
        return Client(StdioServerParameters(command=PROGRAM, args=self.args, env=env), mode=mode)


class Stdio:
    """The command as an agent starts it, line by line: each line of its stdout is JSON."""

    def __init__(self, *args: str, token: str = BOT) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "mcp", *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PROGRESS_TOKEN": token},
        )
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}}
        hello["clientInfo"] = {"name": "x", "version": "1"}
        self.hello = self.ask("initialize", hello)
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def write(self, message: Any) -> None:
        self.process.stdin.write(
            f"{message if isinstance(message, str) else json.dumps(message)}\n"
        )
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        return dict(json.loads(self.process.stdout.readline()))

    def ask(self, method: str, params: Any, number: int = 0) -> dict[str, Any]:
        self.write({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while (answer := self.read()).get("id") != number:
            pass
        return answer

    def call(self, name: str, number: int = 1, **given: Any) -> dict[str, Any]:
        return self.ask("tools/call", {"name": name, "arguments": given}, number)

    def end(self) -> None:
        rest, _ = self.process.communicate(timeout=60)
        assert (rest, self.process.returncode) == ("", 0)


def address(door: Service) -> str:
    """Of the process that serves HTTP."""
    match = door.wait_for_log(r"running on http://[^:]+:(\d+)")
    return f"http://127.0.0.1:{match[1]}/mcp"
