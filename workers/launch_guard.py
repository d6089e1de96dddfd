"""Ends a process group as soon as the process that holds this one's stdin is gone, by kill -9 too.

The launcher starts it as the leader of the group that its children join, and never writes to it:
the end of its input *is* the launcher's end. Only the standard library, so that it starts at once.
"""

from __future__ import annotations

import os
import signal
import sys
import time

#: Seconds between SIGTERM and SIGKILL.
GRACE_S = 3.0
_POLL_S = 0.05


def main() -> None:
    """Waits for the end of the input; then a process outside of the group ends the group."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    group = os.getpgrp()
    if os.fork():
        os._exit(0)  # the leader goes first: what is left in the group is what must still end
    os.setsid()
    end(group, GRACE_S)


def end(group: int, grace_s: float) -> None:
    """SIGTERM to all of the group, SIGKILL to those that are still there after the grace."""
    deadline = time.monotonic() + grace_s
    try:
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(_POLL_S)
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # none left; macOS says EPERM when only zombies are


if __name__ == "__main__":
    main()
