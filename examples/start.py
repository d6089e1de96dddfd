"""Starts an example with all that it needs: .venv/bin/python examples/start.py NAME. Ctrl-C
ends it.

The store is an embedded server (extra `embedded`), or the Redis that REDIS_URL names.
"""

import argparse
import contextlib
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from progress_backend.embedded import EmbeddedServer

HERE = Path(__file__).resolve().parent
UVICORN = ["-m", "uvicorn", "main:app", "--log-level", "warning", "--port"]
#: How each example's site is started, in its folder; its port is the last word.
SITES = {
    "fastapi": UVICORN,
    "download": UVICORN,
    "react": UVICORN,
    "htmx": UVICORN,
    "flask": ["-m", "flask", "--app", "shop", "run", "--port"],
    "django": ["shop.py", "runserver", "--noreload"],
    "page": ["-m", "http.server", "--bind", "127.0.0.1"],
    "notebook": [],
}
#: Those beside which the API is a process of its own.
WITH_API = ("django", "page")
#: Those with jobs of their own: the module in their folder.
JOBS = {"download": "jobs"}


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until a port answers, a minute at most."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


def refuse_taken(option: str, port: int) -> None:
    """Ends the process if another program listens on the port."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SystemExit(f"port {port} is in use: give another one with {option}")


def main() -> None:
    """Starts store, worker, API and site, and waits for Ctrl-C."""
    parser = argparse.ArgumentParser(description="Start an example; Ctrl-C ends it.")
    parser.add_argument("name", choices=SITES)
    parser.add_argument("--port", type=int, default=8000, help="of the example's page")
    parser.add_argument("--api-port", type=int, default=8004, help="of the API, where it is alone")
    asked = parser.parse_args()
    refuse_taken("--port", asked.port)
    if asked.name in WITH_API:
        refuse_taken("--api-port", asked.api_port)
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    site = f"http://127.0.0.1:{asked.port}"
    with contextlib.ExitStack() as stack:
        os.environ.setdefault("PROGRESS_LOCALE", "en")
        if "REDIS_URL" not in os.environ:
            os.environ["REDIS_URL"] = stack.enter_context(EmbeddedServer()).url
        os.environ["API_URL"] = f"http://127.0.0.1:{asked.api_port}"
        os.environ["PROGRESS_ALLOWED_ORIGINS"] = site
        paths = filter(None, (str(HERE), os.environ.get("PYTHONPATH")))
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)

        def start(args: list[str], folder: Path = HERE) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([sys.executable, *args], cwd=folder)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        jobs, folder = JOBS.get(asked.name, "tasks"), HERE / asked.name
        worker = ["-m", "celery", "-q", "-A", jobs, "worker", "--concurrency", "2", "-l", "WARNING"]
        start(worker, folder if asked.name in JOBS else HERE)
        if asked.name in WITH_API:
            serve = [
                "-c",
                "from progress_backend.cli import main; main()",
                "serve",
                "-A",
                "tasks",
                "--port",
            ]
            wait_for(asked.api_port, start([*serve, str(asked.api_port)]))
        if asked.name == "notebook":
            print(f"REDIS_URL={os.environ['REDIS_URL']} .venv/bin/jupyter lab {folder}/watch.ipynb")
        else:
            process = start([*SITES[asked.name], str(asked.port)], folder)
            wait_for(asked.port, process)
            query = ""
            if asked.name == "page":
                task = importlib.import_module("tasks").export.delay("page", 200)
                query = f"?task={task.id}&api={os.environ['API_URL']}"
            print(f"{site}/{query}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
