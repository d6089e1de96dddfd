"""Real servers and worker processes for the tests; each ends with the test, whatever happens."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psutil
import redis

from progress_backend.embedded import EmbeddedServer, die_with_parent
from tests.ports import free_port
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent
#: Modules that this Python cannot import: Django 6 needs 3.12.
NOT_HERE = frozenset() if find_spec("django.tasks") else {"progress_backend.django.backend"}
LOG_TAIL = 8000
#: Longest wait for a process that is started: on a busy machine ten may start at once.
START_S = 120.0


class Server(EmbeddedServer):
    """A Redis or Valkey server that a test may hurt; a restart keeps its port."""

    def __init__(
        self, *, data_dir: Path | None = None, appendonly: bool = False, **options: Any
    ) -> None:
        """As the embedded server's, but that no other process takes its port while it is down.
        `data_dir` has its snapshot and, with `appendonly`, each write."""
        super().__init__(**{"port": free_port(), **options})
        self._data_dir, self._appendonly = data_dir, appendonly

    def _options(self, port: int) -> list[str]:
        options = super()._options(port)
        if self._data_dir is None:
            return options
        self._data_dir.mkdir(parents=True, exist_ok=True)
        kept = ["--dir", str(self._data_dir), "--appendonly", "yes" if self._appendonly else "no"]
        return [*options[: options.index("--dir")], *kept, "--save", "3600 1"]

    def kill(self) -> None:
        """As kill -9: nothing is saved, connections break."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def pause(self) -> None:
        """Stop answering without closing a connection (SIGSTOP), as a hung machine does."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.resume()  # a paused process can't take its end signal
        super().stop()


@contextlib.contextmanager
def user_without(url: str, key: str) -> Iterator[str]:
    """The URL of a Redis user with a right to every key but this one."""
    # What is longer or shorter, or differs from it at a place.
    others = [f"~{key[:place]}[^{one}]*" for place, one in enumerate(key)]
    others += (f"~{key[:length]}" for length in range(1, len(key)))
    with redis.Redis.from_url(url) as raw:
        rule = ("reset", "on", ">x", "&*", "+@all", f"~{key}?*", *others)
        raw.execute_command("ACL", "SETUSER", "without", *rule)
        yield url.replace("://", "://without:x@")
        raw.execute_command("ACL", "DELUSER", "without")


def debian_redis() -> str | None:
    """The path of the system's Redis server: PROGRESS_TEST_REDIS_SERVER, else found by name."""
    named = os.environ.get("PROGRESS_TEST_REDIS_SERVER")
    return shutil.which(named or "redis-server", path=None if named else "/usr/bin")


def ran(
    args: Sequence[str | Path],
    *,
    cwd: Path | None = ROOT,
    env: Mapping[str, str] | None = None,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """A program that was run to its end, with what it wrote."""
    given = {"cwd": cwd, "env": env, "stdin": subprocess.DEVNULL, "timeout": timeout}
    return subprocess.run(args, capture_output=True, text=True, **given)


class Service:
    """A process of the system (worker, beat, API, Flower …), its log in a file.

    It leads a process group of its own, which ``stop`` and ``kill`` end as a whole, and gets
    SIGTERM when the test run itself dies.
    """

    def __init__(
        self,
        args: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:
        """``env`` comes on top of the test run's environment; ``log`` is appended to."""
        self.args = [str(arg) for arg in args]
        self._log = log
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": path, **(env or {})}
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._start_of_log = 0

    def start(self, *, ready: str | None = None, timeout: float = START_S) -> Self:
        """Start it and wait until its log matches ``ready``, a regular expression."""
        self._start_of_log = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.args,
                cwd=self._cwd,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - the child only calls prctl
            )
        if ready is not None:
            self.wait_for_log(ready, timeout)
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it has written since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._start_of_log)
            return log.read().decode(errors="replace")

    def wait_for_log(self, pattern: str, timeout: float = START_S) -> re.Match[str]:
        """The first match of the pattern in the log; fails at once if the process ends first."""

        def found() -> re.Match[str] | None:
            ended = not self.alive  # before the log is read: it is whole then
            match = re.search(pattern, self.log)
            if match is None and ended:
                raise RuntimeError(f"{self} ended before {pattern!r}:\n{self.log[-LOG_TAIL:]}")
            return match

        match = eventually(found, timeout, what=f"{pattern!r} in the log of {self}")
        assert match is not None
        return match

    def children(self) -> list[psutil.Process]:
        """Its descendants, such as a prefork worker's pool processes."""
        return psutil.Process(self.pid).children(recursive=True)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, not to its children."""
        os.kill(self.pid, number)

    def wait(self, timeout: float = 60.0) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        assert self._process is not None, "not started"
        return self._process.wait(timeout)

    def stop(self, timeout: float = 15.0) -> int | None:
        """Ask it to end (SIGTERM), then end its whole group; None if it never started."""
        if self._process is None:
            return None
        if self.alive:
            self._to_group(signal.SIGCONT)  # a paused process can't take its end signal
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(timeout)
        return self.kill()

    def kill(self) -> int:
        """As kill -9 of the whole group: worker and pool processes at once."""
        self._to_group(signal.SIGKILL)
        return self.wait()

    def __str__(self) -> str:
        return " ".join(self.args[:6])

    def _to_group(self, number: signal.Signals) -> None:
        # The group outlives its leader while a child is left, so this also ends orphans.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Worker(Service):
    """A real ``celery -A APP worker``."""

    def __init__(
        self,
        app: str,
        *,
        log: Path,
        name: str = "worker",
        pool: str = "prefork",
        concurrency: int = 1,
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:
        """``app`` is what -A takes; ``name`` becomes the node name ``NAME@tests``."""
        self.nodename = f"{name}@tests"
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-n", self.nodename]
        command += ["--pool", pool, "--concurrency", str(concurrency), "--loglevel", "INFO"]
        # Celery kills a pool's child that a busy machine does not start within four seconds.
        args = [*args, "worker.proc_alive_timeout=60"]
        super().__init__([*command, *args], log=log, env=env, cwd=cwd)

    def start(self, *, ready: str | None = None, timeout: float = START_S) -> Self:
        """Start it and return when it says that it is ready for tasks."""
        return super().start(ready=ready or rf"{re.escape(self.nodename)} ready\.", timeout=timeout)
