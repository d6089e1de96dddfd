"""The servers that a storm goes over, and how they are hurt."""

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import redis
import redis.cluster

from progress_backend.embedded import EmbeddedServerError
from progress_backend.settings import Settings
from tests.chaos.app import LEASE_S
from tests.cluster.nodes import MASTERS, Node, healthy, started, stopped
from tests.servers import Server
from tests.waiting import eventually

Healing = Callable[[], object]
#: How long a cluster may take to agree again.
_AGREED_S = 60.0


class Broker(Server):
    """A server that keeps over a kill what it has acknowledged."""

    def _options(self, port: int) -> list[str]:
        # By the second, Redis replies before it writes to its file while an fsync runs, for two
        # seconds at most: a kill then takes a SUCCESS that Celery had stored.
        return [*super()._options(port), "--appendfsync", "no"]


class Ground(ABC):
    """A broker with Celery's results, and a store for the records. Used from the main thread."""

    #: Whether a worker that loses its broker kills what it runs.
    cancels = False

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(data_dir=folder / "broker", appendonly=True).start()

    @property
    @abstractmethod
    def store_url(self) -> str:
        """Where the records are."""

    @property
    def settings(self) -> Settings:
        """Of a reader of the store."""
        return Settings(redis_url=self.store_url, lease_s=LEASE_S)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A client that scans and reads the whole store."""
        with redis.Redis.from_url(self.store_url) as client:
            yield client

    def hurt(self, what: str, pick: float) -> tuple[str, Healing] | None:
        """Hurts a server; whom it met, and what makes up for it. None if it is down already."""
        if _is_well(self.broker):
            match what:
                case "pause broker" | "pause store":
                    self.broker.pause()
                    return "", self.broker.resume
                case "kill broker" | "kill store":
                    self.broker.kill()
                    return "", self.broker.start
        return None

    def calm(self) -> None:  # noqa: B027 - one server is calm as it answers
        """Waits until the servers work together again."""

    def stop(self) -> None:
        """Ends them."""
        self.broker.stop()


class Together(Ground):
    """Broker, results and records on one server."""

    @property
    def store_url(self) -> str:
        return self.broker.url


class Apart(Ground):
    """Records on a Redis Cluster."""

    cancels = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "nodes").mkdir()
        try:
            self._nodes = started(folder / "nodes", appendonly=True)
        except BaseException:
            self.broker.stop()
            raise

    @property
    def store_url(self) -> str:
        addresses = ",".join(f"127.0.0.1:{node.port}" for node in self._nodes[:MASTERS])
        return f"redis+cluster://{addresses}"

    @contextmanager
    def reading(self) -> Iterator[Any]:
        nodes = [redis.cluster.ClusterNode("127.0.0.1", node.port) for node in self._nodes]
        client = redis.cluster.RedisCluster(startup_nodes=nodes)
        try:
            yield client
        finally:
            client.close()

    def hurt(self, what: str, pick: float) -> tuple[str, Healing] | None:
        node = self._nodes[int(pick * len(self._nodes))]
        # One at a time: a cluster that has lost a master and its replica has lost records.
        if not all(map(_runs, self._nodes)) or not all(map(_agrees, self._nodes)):
            return super().hurt(what, pick)
        match what:
            case "kill node":
                node.kill()
                return str(node.port), node.launch
            case "pause node":
                os.kill(node.process.pid, signal.SIGSTOP)
                return str(node.port), lambda: os.kill(node.process.pid, signal.SIGCONT)
        return super().hurt(what, pick)

    def calm(self) -> None:
        eventually(lambda: all(map(_agrees, self._nodes)), _AGREED_S)

    def stop(self) -> None:
        super().stop()
        stopped(self._nodes)


GROUNDS: dict[str, type[Ground]] = {"together": Together, "apart": Apart}


def _is_well(server: Server) -> bool:
    """Up and answering: neither killed nor held up at the moment."""
    try:
        return bool(psutil.Process(server.pid).status() != psutil.STATUS_STOPPED)
    except (EmbeddedServerError, psutil.NoSuchProcess):
        return False


def _runs(node: Node) -> bool:
    """Whether its process is neither killed nor held up at the moment."""
    if not node.process.alive:
        return False
    return bool(psutil.Process(node.process.pid).status() != psutil.STATUS_STOPPED)


def _agrees(node: Node) -> bool:
    """Whether the node answers and sees a whole cluster."""
    try:
        return healthy(node)
    except redis.exceptions.RedisError:
        return False
