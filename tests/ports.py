"""Free ports for the tests' servers."""

from __future__ import annotations

import contextlib
import random
import socket

#: Below those that the system gives to whoever connects or asks for any port (32768 and more on
#: Linux): between two starts of a server nobody else is given its port.
_FROM, _TO = 10_000, 20_000
_TRIES = 100


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago, nor takes by chance."""
    for _ in range(_TRIES):
        # At random: tests in other processes look at the same time.
        port = random.randrange(_FROM, _TO)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"no free port from {_FROM} to {_TO}")
