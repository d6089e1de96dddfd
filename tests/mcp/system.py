"""A worker, an API and the command's own process, for agents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from progress_backend import tokens
from tests.ports import free_port
from tests.servers import Service, Worker

PROGRAM = str(Path(sys.executable).parent / "progress-backend")
SHOP = '''
import os, signal, time
from celery import Celery
from progress_backend import ProgressNotifier, install, progress_task
app = Celery("shop", broker="{url}", backend="{url}")
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
'''
SHORT = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}
(BOT, TOKEN), (EYES, READER) = tokens.new("bot", "start"), tokens.new("eyes", "read")


class System:
    """Worker and API of a shop in a folder; the agent's process is started by the test."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        (folder / "shop.py").write_text(SHOP.format(url=redis_url), encoding="utf-8")
        self.port, self.folder = free_port(), folder
        tokens.write_file(folder / "tokens", [TOKEN, READER])
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


def address(door: Service) -> str:
    """Of the process that serves HTTP."""
    match = door.wait_for_log(r"running on http://[^:]+:(\d+)")
    return f"http://127.0.0.1:{match[1]}/mcp"
