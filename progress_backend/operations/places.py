"""Places of waiting tasks: how many of their type start before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..record.model import TaskStatus
from ..record.shown import QueuedTask
from .call import Call, Layout, Requests, merged
from .keys import Keys
from .scripts import script


def before(tasks: Sequence[QueuedTask]) -> Call[list[int | None]]:
    """For each waiting task, how many of its type were created before it and wait too, without
    those that may not start yet (planned ones, and ones with an `eta`); None for a task that no
    longer waits.

    In the task's partition its position is exact; in the others its creation time is compared.
    """

    def ask(keys: Keys, layout: Layout) -> Requests[list[int | None]]:
        types = {task.task_type: 0 for task in tasks}
        types = {name: place for place, name in enumerate(types, 1)}
        names = [
            name
            for t in types
            for name in (keys.index(TaskStatus.CREATED, t), keys.not_startable_yet(t))
        ]
        about = list[Any]()
        for task in tasks:
            own = layout.of_task(task.task_id) is keys
            place, task_id = types[task.task_type], task.task_id if own else ""
            about += (place, task_id, b"%d" % task.created_us)
        return Requests([script("before", {}, {}, names, about)] if names else [], parse)

    def parse(replies: list[Any]) -> list[int | None]:
        return [None if count < 0 else count for count in (replies[0] if replies else ())]

    def sums(replies: list[list[int | None]]) -> list[int | None]:
        each = zip(*replies, strict=True)
        return [None if None in counts else sum(map(int, counts)) for counts in each]

    return Call(lambda layout: merged([ask(keys, layout) for keys in layout.keys], sums))
