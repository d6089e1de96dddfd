"""Tables of the documents that are printed from the code: keys, settings, how a record ends, the
transitions, and the figures for Prometheus."""

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

from msgspec.structs import replace
from prometheus_client import Metric

from progress_backend.operations import counts as counts_ops
from progress_backend.operations import webhooks
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.act import Act
from progress_backend.record.model import (
    KINDS,
    LOST,
    STATUSES,
    UPSTREAM,
    Member,
    Task,
    TaskStatus,
    Worker,
)
from progress_backend.record.outcomes import Outcomes
from progress_backend.record.transition import (
    ABSENT,
    SAME,
    SUSPECTED,
    TABLE,
    row_of,
    transition,
)
from progress_backend.settings import Settings
from progress_backend.web.metrics import Figures, StoreCounts
from progress_backend.web.request_counts import Measured
from tests.integration import matrix

#: Members that name no key.
_NO_KEYS: Final = {"index", "indexes", "task_id_of", "every_channel"}
_SPANS: Final = {86_400.0: "24 h", 3_600.0: "1 h"}


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def failures() -> str:
    """What becomes of a record, one row a case that the tests run on real workers."""
    return "\n".join(matrix.markdown())


def keys() -> str:
    """The keys in Redis, from operations/keys.py."""
    made, rows = Keys(), list[tuple[str, str]]()
    for name, member in vars(Keys).items():
        function = member.fget if isinstance(member, property) else member
        # A dataclass's fields stand here as descriptors; only what has a docstring names a key.
        if name.startswith("_") or name in _NO_KEYS or not inspect.isfunction(function):
            continue
        places = [f"{{{name}}}" for name in list(inspect.signature(function).parameters)[1:]]
        rows.append((f"`{function(made, *places)}`", inspect.getdoc(function) or ""))
    index = made.index(status="{status}", task_type="{type}", symbol="{symbol}")
    rows.insert(2, (f"`{index}`, and each part of it", inspect.getdoc(Keys.index) or ""))
    return markdown(("Key or channel", "What it is"), rows)


def settings() -> str:
    """The settings, from the fields, defaults and comments of settings.py."""
    comments = field_comments(Settings)
    rows = []
    for field in fields(Settings):
        meaning = comments[field.name]
        if field.name.endswith("_s"):
            meaning = f"{meaning} Seconds."
        shown = _shown(field.name, field.default)
        rows.append((f"`PROGRESS_{field.name.upper()}`", shown, meaning.replace('"', "`")))
    return markdown(("Variable", "Default", "Meaning"), rows)


def field_comments(cls: Any) -> dict[str, str]:
    """The `#:` lines above each field of a dataclass."""
    source = inspect.getsource(cls)
    found = re.findall(r"((?:^    #: .*\n)+)    (\w+):", source, re.MULTILINE)
    return {name: " ".join(re.findall(r"#: (.*)", lines)) for lines, name in found}


def _shown(name: str, default: object) -> str:
    if default is None:
        return "see below" if name == "redis_url" else "—"
    if default in ("", ()):
        return "—"
    if isinstance(default, bool):
        return f"`{int(default)}`"
    if name.endswith("_s") and (span := _SPANS.get(float(str(default)))):
        return f"`{default}` ({span})"
    if isinstance(default, float):
        return f"`{default:g}`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default}`"


_NOW: Final = datetime(2024, 1, 15, tzinfo=UTC)
_IDENTITY: Final = ev.Identity(task_type="fetch_data")
_WORKER: Final = Worker("lease", "celery@host")

#: One event of each kind; they speak for the run that owns the record.
_EVENTS: Final[dict[type[ev.Event], ev.Event]] = {
    type(event): event
    for event in (
        ev.Created(identity=_IDENTITY),
        ev.Planned(identity=_IDENTITY),
        ev.Started(identity=_IDENTITY, redelivered=True),
        ev.Progressed(attempt=1),
        ev.Paused(attempt=1),
        ev.Resumed(attempt=1),
        ev.Acknowledged(attempt=1),
        ev.Retried(attempt=1),
        ev.Requeued(attempt=1),
        ev.Completed(attempt=1),
        ev.Failed(attempt=1, error_message=""),
        ev.Cancelled(attempt=1),
        ev.Ignored(attempt=1),
        ev.Lost(lease="lease", error_message="", revision=1),
        ev.RunRegained(attempt=1),
        ev.Expired(revision=1),
        ev.NeverPublished(error_message="", cause=UPSTREAM),
        ev.Repeated(task_id="new"),
        ev.WorkflowRequested(workflow_id="w", act=Act.made("cancel", 1, None, None)),
    )
}


def outcomes(row: str, event: type[ev.Event]) -> tuple[str, ...]:
    """The rows that the event leads to from this one, none if it is refused; asked of the code."""
    if event not in TABLE[row]:
        return ()
    said = _EVENTS[event]
    if row == ABSENT and event is ev.Failed:
        said = ev.Failed(identity=_IDENTITY, error_message="")  # it could not be published
    known = _tasks(row)
    if event is ev.Expired:  # no worker has it
        known = [None if task is None else replace(task, worker=None) for task in known]
    if event is ev.Completed and row in (TaskStatus.ERROR, TaskStatus.CANCELLED):
        # By an older run of its message.
        known = [None if task is None else replace(task, attempt=2) for task in known]
    if event is ev.NeverPublished:  # its message has not left; or its run was replaced
        about = {"member": Member(("w",), planned=True), "attempt_started_at": _NOW}
        known = [None if task is None else replace(task, **about) for task in known]
    if event is ev.WorkflowRequested:  # by its workflow
        known = [None if task is None else replace(task, member=Member(("w",))) for task in known]
    after = [transition(task, said, _NOW, task_id="t") for task in known]
    return tuple(dict.fromkeys(row_of(task) for task in after))


def _tasks(row: str) -> list[Task | None]:
    """Records of the row: one that has begun and, where there is such a thing, one that hasn't."""
    if row == ABSENT:
        return [None]
    status = TaskStatus.ERROR if row == SUSPECTED else row
    begun = Task(
        task_id="t",
        task_type="fetch_data",
        status=status,
        created_at=_NOW,
        started_at=None if status == TaskStatus.CREATED else _NOW,
        attempt=0 if status == TaskStatus.CREATED else 1,
        worker=_WORKER,
        error_cause=LOST if row == SUSPECTED else None,
        # The broker may deliver its message again; no request for it is recorded.
        again_until=_NOW if status == TaskStatus.ERROR else None,
        control={"by": "celery", "reason": ev.STORED} if status == TaskStatus.CANCELLED else None,
        revision=1,
    )
    waiting = replace(begun, started_at=None, attempt=0)
    return [begun, waiting] if row == TaskStatus.PAUSED else [begun]


def transitions() -> str:
    """One row a status, one column an event."""
    rows = []
    for row in TABLE:
        cells = []
        for event in _EVENTS:
            ends = outcomes(row, event)
            unchanged = ends and TABLE[row][event].to == SAME and ends == (row,)
            cells.append("=" if unchanged else " / ".join(ends) or "–")
        rows.append((f"**{row}**", *cells))
    return markdown(("status \\ event", *(event.__name__ for event in _EVENTS)), rows)


#: How a kind of figure ends its name in what is asked for.
_ENDS: Final = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("_sum", "_count"),
}


def metrics() -> Iterator[Metric]:
    """All figures of a process that has answered one request, over a store with each status."""
    measured = Measured()
    measured.request("GET", "/internal/tasks", 200, 0.001)
    counts = SimpleNamespace(delivered=0, dropped=0)
    receivers = {"task": 0, "all_tasks": 0}
    watches = SimpleNamespace(counts=counts, receivers=receivers, watched=0)
    api: Any = SimpleNamespace(
        listener=SimpleNamespace(connected=True, watches=watches), measured=measured
    )
    counted = StoreCounts(
        tasks=dict.fromkeys(STATUSES, 0),
        warnings={(kind, "other"): 0 for kind in KINDS},
        dropped=dict.fromkeys(counts_ops.DROPPED, 0),
        outcomes={"fetch_data": Outcomes(Counter(), Counter({False: 0}))},
        slots={"workers": 0, "busy": 0, "idle": 0},
        oldest_wait_ms=None,
        webhooks={"ops": webhooks.TargetCounts()},
        evicts=False,
    )
    yield from Figures(api, counted).collect()


def names() -> dict[str, set[str]]:
    """The name of each series, and the labels that it has."""
    return {
        metric.name + end: {label for sample in metric.samples for label in sample.labels}
        for metric in metrics()
        for end in _ENDS.get(metric.type, ("",))
    }


def figures() -> str:
    """One row a figure of ours; those of the process are as Prometheus's own client names them."""
    rows = []
    for metric in metrics():
        if not metric.name.startswith("progress_"):
            continue
        name = metric.name + ("_total" if metric.type == "counter" else "")
        labels = sorted({label for sample in metric.samples for label in sample.labels} - {"le"})
        shown = f"`{name}{{{', '.join(labels)}}}`" if labels else f"`{name}`"
        rows.append((shown, metric.type, metric.documentation))
    return markdown(("Figure", "Kind", "What it is"), rows)
