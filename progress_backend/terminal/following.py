"""Reads views again and again, and shows them until what is waited for has ended."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from .view import View

#: Seconds for which a store or an API that does not answer is asked again, and for which a record
#: that is gone may come back: a job writes its record again where the store has lost it.
AWAY_S: Final = 60.0


def follow(
    read: Callable[[], View],
    show: Callable[[View], object],
    interval: float,
    *,
    until_ended: bool,
    timeout: float = math.inf,
    wait: Callable[[float], object] = time.sleep,
) -> View:
    """Reads and shows the tasks until all have ended, `interval` seconds between two reads; the
    last view is returned and not shown.

    Raises:
        StoreUnavailable: nothing has answered for `AWAY_S`.
        TaskNotFound: what has not ended has had no record for as long.
        TimeoutError: after `timeout` seconds some have not ended.
    """
    begun = answered = time.monotonic()
    while True:
        view = read()
        if until_ended and view.ended:
            return view
        show(view)
        now = time.monotonic()
        if view.trouble is None:
            answered = now
        elif now - answered > AWAY_S:
            raise view.trouble
        left = begun + timeout - now
        if left <= 0:
            standing = ", ".join(f"{task.task_id} is {task.status}" for task in view.watched)
            raise TimeoutError(f"not ended after {timeout:g} s: {standing or view.trouble}")
        wait(min(interval, left))
