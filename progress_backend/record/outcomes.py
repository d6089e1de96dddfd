"""Figures by task type: ends, further runs, and how long tasks waited and ran; pure.

A sum's name is its kind, a label and the task type: `end|error:lost|fetch_data`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import inf
from typing import Final, NamedTuple

from .model import ENDED, LOST, UNREACHED, WORKER_LOST, Task, TaskStatus

END, CORRECTED, ATTEMPT, WAIT, RUN = "end", "corrected||", "attempt||", "wait", "run"
#: Upper bounds, in seconds, of the buckets of the waits and of the runs.
BOUNDS_S: Final = {
    WAIT: (0.1, 1.0, 10.0, 60.0, 300.0, 900.0, inf),
    RUN: (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, inf),
}
#: Most task types with figures of their own; further ones count together as this one.
MOST_TYPES: Final = 100
OTHERS: Final = "other"
#: The causes of errors; any other counts as the first.
CAUSES: Final = (
    *("exception", "time_limit", WORKER_LOST, LOST, "rejected", "not_published", "unknown_task"),
    *("internal_error", *UNREACHED, "reported"),
)
#: The ends that each type has from its first task on, so that a rate sees the first one, too.
_USUAL: Final = (("completed", ""), ("cancelled", ""), *(("error", one) for one in CAUSES[:4]))


class Sums(NamedTuple):
    """What the store has: sums by their names; and by "1" (started by a schedule) or "0" and the
    task type, the time (ms) of the last success."""

    fields: dict[str, int]
    successes: dict[str, int]


def end_of(task: Task) -> tuple[str, str] | None:
    """The status of an ended task, and its cause, a fixed word, "" without an error; None for an
    open task."""
    if task.status != TaskStatus.ERROR:
        return (task.status, "") if task.status in ENDED else None
    return task.status, task.error_cause if task.error_cause in CAUSES else CAUSES[0]


class Outcomes(NamedTuple):
    """The figures of a type: sums by their names without it; and by whether a schedule started the
    tasks, the time (ms) of the last success."""

    sums: Counter[str]
    successes: Counter[bool]

    @property
    def ends(self) -> dict[tuple[str, ...], int]:
        """Number of ends by status and cause."""
        found = {name: n for name, n in self.sums.items() if name.startswith(f"{END}|")}
        counted = {(*name.split("|")[1].split(":"),): n for name, n in found.items()}
        return {**dict.fromkeys(_USUAL, 0), **{e: n for e, n in counted.items() if len(e) == 2}}

    def buckets(self, kind: str) -> list[tuple[float, int]]:
        """Each bucket's bound in seconds, with the number of times up to it."""
        numbers = [self.sums[f"{kind}|{bound}|"] for bound in BOUNDS_S[kind]]
        return [(bound, sum(numbers[: i + 1])) for i, bound in enumerate(BOUNDS_S[kind])]

    def sum_s(self, kind: str) -> float:
        """All times of a kind, in seconds."""
        return self.sums[f"{kind}|sum|"] / 1e6

    def median_s(self, kind: str) -> float | None:
        """The median of the times in seconds, on a straight line between the bounds of its bucket;
        in the last one its lower bound. The mean if all are in one bucket. None without times."""
        low, before, half = 0.0, 0, self.buckets(kind)[-1][1] / 2
        for high, number in self.buckets(kind):
            if number == 2 * half > before == 0:
                return self.sum_s(kind) / number
            if number >= half > 0:
                part = (half - before) / (number - before)
                return low + (high - low) * part if high < inf else low
            low, before = high, number
        return None


def merged(several: list[Sums]) -> Sums:
    """The figures of several partitions."""
    fields, successes = Counter[str](), Counter[str]()
    for one in several:
        fields.update(one.fields)
        successes |= Counter(one.successes)  # the later one
    return Sums(fields, successes)


def types_of(sums: Sums) -> list[str]:
    """The types with figures of their own: on a cluster the first by name of all partitions'."""
    return sorted(its for name, its, _ in _split(sums.fields) if name == "type||")[:MOST_TYPES]


def by_type(sums: Sums) -> dict[str, Outcomes]:
    """The figures of each type, and of all further ones together as `OTHERS`."""
    own = types_of(sums)
    found = {task_type: Outcomes(Counter(), Counter()) for task_type in (*own, OTHERS)}
    for name, task_type, number in _split(sums.fields):
        found[task_type if task_type in own else OTHERS].sums[name] += number
    for member, at_ms in sums.successes.items():
        scheduled, _, task_type = member.partition("|")
        last = found[task_type if task_type in own else OTHERS].successes
        last[scheduled == "1"] = max(at_ms, last[scheduled == "1"])
    return {its: of for its, of in found.items() if its in own or of.sums or of.successes}


def _split(fields: dict[str, int]) -> Iterator[tuple[str, str, int]]:
    """Each sum's name without the type, the type, and the sum."""
    for name, number in fields.items():
        kind, *rest = name.split("|", 2)
        if len(rest) == 2:
            yield f"{kind}|{rest[0]}|", rest[1], number
