"""What pytest-celery takes for containers, as processes of this machine: no engine is needed.

Its nodes ask no more of a container than these names.
"""

from __future__ import annotations

from typing import Any

import redis

from tests.servers import Server, Worker


class ServerProcess:
    """A broker or result backend; it keeps its port over a restart."""

    id = "tests"

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self.name = name

    @property
    def celeryconfig(self) -> dict[str, Any]:
        url = self._server.url
        return {"url": url, "host_url": url, "vhost": "0"}

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self._server.url)

    @property
    def status(self) -> str:
        return "running" if self.ready() else "exited"

    def ready(self) -> bool:
        try:
            with self.client as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def reload(self) -> None:
        """Nothing of a process is remembered here."""

    def kill(self, signal: str) -> None:
        assert signal == "SIGKILL", signal
        self._server.kill()

    def restart(self, timeout: int) -> None:
        self._server.start()

    def teardown(self) -> None:
        self._server.stop()


class WorkerProcess:
    """A worker; whoever started it ends it."""

    #: The plugin calls a worker NAME@ID.
    id = "tests"

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.name, _, host = worker.nodename.partition("@")
        assert host == self.id

    def worker_name(self) -> str:
        return self.name

    @property
    def status(self) -> str:
        return "running" if self.ready() else "exited"

    def ready(self) -> bool:
        return self._worker.alive

    def logs(self) -> str:
        return self._worker.log

    def reload(self) -> None:
        """Nothing of a process is remembered here."""

    def kill(self, signal: str) -> None:
        assert signal == "SIGKILL", signal
        self._worker.kill()
