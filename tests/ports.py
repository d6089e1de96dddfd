"""Free ports for the tests' servers: all below those that the system gives to whoever connects or
asks for any port (32768 and more on Linux), so that a server which is started again has its own."""

import contextlib
import itertools
import os
import random
import socket

#: Each process of a run has ports of its own and gives each in turn: a server may be down for a
#: moment while other tests look for ports.
_PROCESSES = 8
_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
#: At random: another run may look at the same time.
_turns = itertools.count(random.randrange(10_000))
#: How much higher a Cluster node's bus listens than the node.
_BUS = 10_000


def free_port() -> int:
    """A port of loopback that no process listened on a moment ago, and that browsers do not
    refuse: the highest that they do is 10080."""
    return _free(range(10_081, 20_000))


def free_node_port() -> int:
    """As `free_port`, for a node of a Redis Cluster: its bus has a port, too."""
    return _free(range(20_000, 32_760 - _BUS), _BUS)


def _free(ports: range, *above: int) -> int:
    own = ports[_PROCESS::_PROCESSES]
    for turn in itertools.islice(_turns, len(own)):
        port = own[turn % len(own)]
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for one in (port, *(port + more for more in above)):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", one))
            return port
    raise OSError(f"no free port from {ports[0]} to {ports[-1]}")
