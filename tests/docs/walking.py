"""Follows a document as a reader would: writes its files, starts its servers, runs its commands."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import redis

from tests.docs.reading import Block, make_targets
from tests.ports import free_port
from tests.servers import ROOT, Service
from tests.waiting import eventually

#: Address of the documents' Redis, port of their API, and of the reader's own site; a walk has its
#: own.
REDIS: Final = "127.0.0.1:6379"
API_PORT: Final = "8004"
SITE_PORT, FLASK_PORT = "8000", "5000"
#: Where the programs of this environment are.
PROGRAMS: Final = Path(sys.executable).parent

#: What is started and goes on: what it is (one of each at a time, as there is one port), its
#: command, what that is given besides, and what it says when it works.
_SERVICES: Final = (
    ("worker", r"celery .*\bworker\b", "--loglevel INFO --concurrency 1", r" ready\.$"),
    ("beat", r"celery .*\bbeat\b", "--loglevel INFO --schedule {folder}/beat", r"beat: Starting"),
    ("api", r"progress-backend serve", "--port {port}", r"^progress-backend: http"),
    ("site", r"uvicorn ", "--port {site}", r"Uvicorn running on"),
    ("flask", r"flask .*\brun\b", "--port {flask}", r"Running on http"),
    ("site", r"python -m django runserver", "{site} --noreload", r"Starting .*development server"),
    ("store", r"python store\.py", "", r"^redis://127\.0\.0\.1:\d+/0$"),
)
#: What goes on until Ctrl-C, and says something before it.
_UNTIL_CTRL_C: Final = re.compile(r"(celery .* progress|progress-backend) (watch|demo)\b")
_ASSIGNED = re.compile(r"(\w+)=\$\((.*)\)")
StartService = Callable[..., Service]


class Walk:
    """One reader's folder; `answers` are the HTTP answers, `printed` what commands printed."""

    def __init__(
        self,
        folder: Path,
        redis_url: str,
        start_service: StartService,
        programs: Path = PROGRAMS,
        paths: tuple[Path, ...] = (ROOT,),
    ) -> None:
        """`programs`: what the reader has installed; `paths`: where their Python looks besides."""
        self.folder = folder
        self._programs, self._paths = programs, paths
        self.port, self.site_port, self.flask_port = (free_port() for _ in range(3))
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            timeout=60,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=2),  # the server closes them after five seconds
        )
        self.redis = urlsplit(redis_url).netloc
        self.variables: dict[str, str] = {}
        self.answers: list[httpx.Response] = []
        self.printed: list[str] = []
        self._start_service = start_service
        self._started: list[Service] = []
        #: The newest of each kind of service: it has the port, or takes all the tasks.
        self._of_kind: dict[str, Service] = {}

    def end(self) -> None:
        """Ends what was started at once: no other part needs its jobs any more."""
        self.http.close()
        for service in self._started:
            service.kill()

    def follow(self, blocks: list[Block]) -> None:
        """Does what the blocks say, in order."""
        for block in blocks:
            if block.language in ("python", "django"):
                self.write(block)
            elif block.language == "sh":
                self.run(block)

    def write(self, block: Block) -> None:
        """Writes a named block to its file."""
        assert block.file is not None, f"{block}: its first line must name its file"
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = block.text.replace(REDIS, self.redis)
        # Of a server of the reader's own: the port may be in use here.
        path.write_text(text.replace("port=6379", "port=0"), encoding="utf-8")

    def run(self, block: Block) -> None:
        """Runs a shell block line by line; servers that follow each other start together."""
        waiting: list[tuple[Service, str]] = []
        for number, written in enumerate(block.text.splitlines(), 1):
            line = written.partition("  #")[0].strip()
            service = next((s for s in _SERVICES if re.match(s[1], line)), None)
            if service is not None:
                kind, _, options, ready = service
                if kind in self._of_kind:
                    self._of_kind[kind].kill()
                more = options.format(
                    port=self.port, site=self.site_port, flask=self.flask_port, folder=self.folder
                )
                self._of_kind[kind] = self.start(f"{line} {more}")
                waiting.append((self._of_kind[kind], ready))
                continue
            _wait(waiting)
            self._command(line, f"{block.document}:{block.line + number}")
        _wait(waiting)

    def start(self, line: str, ready: str | None = None) -> Service:
        """Starts what goes on; returns at once, or when its log says that it works."""
        service = self._start_service(
            shlex.split(line),
            cwd=self.folder,
            env=self.environment(),
            ready=None if ready is None else f"(?m){ready}",
        )
        self._started.append(service)
        return service

    def command(self, line: str) -> httpx.Response:
        """What a curl line is answered."""
        self._command(line, line)
        return self.answers[-1]

    def assign(self, line: str) -> None:
        """Runs a line such as `ID=$(…)`."""
        self._command(line, line)

    def python(self, file: str) -> str:
        """Runs one of the files; what it printed."""
        return self._capture(["python", file], file)

    def record(self, task_id: str) -> dict[str, Any]:
        """A record as it is stored."""
        with redis.Redis.from_url(f"redis://{self.redis}/0") as client:
            document: bytes = client.get(f"task:{task_id}") or b"{}"
        record: dict[str, Any] = json.loads(document)
        return record

    def environment(self) -> dict[str, str]:
        """What the reader's shell has."""
        path = os.pathsep.join([str(self._programs), os.environ["PATH"]])
        paths = os.pathsep.join(map(str, self._paths))
        return {"PATH": path, "PYTHONPATH": paths, **self.variables}

    def _command(self, line: str, where: str) -> None:
        line = Template(line).safe_substitute(self.variables).replace(REDIS, self.redis)
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.variables[name] = value
        elif line.startswith("make"):
            self._make(line, where)
        elif line.startswith("curl"):
            self.answers.append(self._curl(line))
        elif _UNTIL_CTRL_C.match(line):
            self._interrupted(line, where)
        elif assigned := _ASSIGNED.fullmatch(line):
            name, command = assigned.groups()
            self.variables[name] = self._printed_by(command, where).strip()
        elif line and not line.startswith("pip "):  # these are of the environment
            self.printed.append(self._capture(shlex.split(line), where))

    def _printed_by(self, command: str, where: str) -> str:
        """What a command prints; of curl, through the pipe behind it."""
        if not command.startswith("curl"):
            return self._capture(shlex.split(command), where)
        asked, _, pipe = command.partition(" | ")
        self.answers.append(self._curl(asked))
        return self._capture(shlex.split(pipe), where, self.answers[-1].text)

    def _interrupted(self, line: str, where: str) -> None:
        """Starts what goes on, and sends Ctrl-C once it has printed something."""
        service = self.start(line, r"\d%" if line.endswith("demo") else r"\S")
        service.signal(signal.SIGINT)
        eventually(lambda: not service.alive, what=f"{where} ends at Ctrl-C")
        assert service.wait() == 0, f"{where}: {service.log}"
        self.printed.append(service.log)

    def _capture(self, args: list[str], where: str, given: str | None = None) -> str:
        done = subprocess.run(
            args,
            input=given,
            cwd=self.folder,
            env={**os.environ, **self.environment()},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{where}: {shlex.join(args)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _make(self, line: str, where: str) -> None:
        """Whether there is such a target: the Makefile has tests of its own."""
        named = [word for word in shlex.split(line, comments=True)[1:] if "=" not in word]
        assert set(named) <= make_targets(), where

    def _curl(self, line: str) -> httpx.Response:
        """What curl would ask; the machine need not have it."""
        words = iter(shlex.split(line)[1:])
        method, url, headers, body = "GET", "", {}, None
        for word in words:
            if word == "-X":
                method = next(words)
            elif word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "-d":
                body = next(words).encode()
            elif not word.startswith("-"):
                url = word.replace(f":{API_PORT}", f":{self.port}")
                url = url.replace(f":{SITE_PORT}", f":{self.site_port}")
                url = url.replace(f":{FLASK_PORT}", f":{self.flask_port}")
        return self.http.request(method, url, headers=headers, content=body)


def _wait(started: list[tuple[Service, str]]) -> None:
    """Until all of them work."""
    while started:
        service, ready = started.pop(0)
        service.wait_for_log(f"(?m){ready}")
