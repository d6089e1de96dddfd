"""A RabbitMQ server of the tests' own: no service of the machine, all of it in one folder."""

import os
import socket
from pathlib import Path
from typing import Self

from tests.ports import free_port
from tests.servers import LOG_TAIL, Service
from tests.waiting import eventually

#: Debian's wrapper under /usr/sbin wants to be its own user; the script behind it runs as any user.
SCRIPTS = Path("/usr/lib/rabbitmq/bin")
EPMD = Path("/usr/bin/epmd")
CONF = """
listeners.tcp.1 = 127.0.0.1:{port}
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 1MB
"""
#: It looks each second, not each minute, for deliveries that are not acknowledged in time.
ARGUMENTS = "-kernel inet_dist_use_interface {127,0,0,1} -rabbit channel_tick_interval 1000"


def installed() -> bool:
    return (SCRIPTS / "rabbitmq-server").exists() and EPMD.exists()


class RabbitMQ:
    """One node on loopback; a restart keeps its port and its queues."""

    def __init__(self, folder: Path) -> None:
        self.port, names, own = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        (folder / "rabbitmq.conf").write_text(CONF.format(port=self.port))
        (folder / "enabled_plugins").write_text("[].")
        env = {
            "HOME": str(folder),  # its cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(names),
            "RABBITMQ_NODENAME": "rabbit@localhost",
            "RABBITMQ_DIST_PORT": str(own),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ARGUMENTS,
            "ERL_CRASH_DUMP": str(folder / "crash"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
        }
        # One of its own, that ends with it: it would start one that outlives it.
        names_args = [EPMD, "-address", "127.0.0.1", "-port", str(names)]
        self._names = Service(names_args, log=folder / "epmd.log")
        self._node = Service([SCRIPTS / "rabbitmq-server"], log=folder / "node.log", env=env)
        self._names_port = names

    def start(self) -> Self:
        if not self._names.alive:
            self._names.start()
            eventually(self._names_are_known, what="epmd listens")
        self._node.start(ready="Server startup complete")
        return self

    def kill(self) -> None:
        """As kill -9: its connections break."""
        self._node.kill()

    def stop(self) -> None:
        self._node.stop()
        self._names.kill()

    @property
    def log(self) -> str:
        return self._node.log[-LOG_TAIL:]

    def _names_are_known(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._names_port)) == os.EX_OK
