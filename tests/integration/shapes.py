"""Tasks as teams write them, with every way to say how far they are."""

from __future__ import annotations

from typing import Any

from celery import Celery

from progress_backend import ProgressNotifier, progress_task
from tests.integration.gate import Gate


def add(app: Celery) -> None:
    """Registers them with the app."""
    for name, function in {
        "fetch": fetch,
        "says_all": says_all,
        "own_states": own_states,
        "ends_by_hand": ends_by_hand,
        "nests": nests,
        "calls": calls,
        "counts": counts,
    }.items():
        app.task(bind=True, name=name, shared=False)(function)


def broken(rows: int) -> str:
    raise LookupError(f"no owner of {rows} rows")


@progress_task(
    task_type="fetch_data",
    symbol=lambda symbol: symbol.upper(),
    total_items=lambda rows, pages: rows * pages,
    metadata=lambda **given: {"owner": broken(1)} if given["pages"] > 9 else dict(given),
)
def fetch(self: Any, symbol: str, rows: int = 10, *, pages: int = 2) -> Any:
    return {"records_saved": rows * pages}


@progress_task
def says_all(self: Any) -> Any:
    """Everything the notifier can say, each seen before the next."""
    gate, task_id, notifier = Gate(), self.request.id, ProgressNotifier(self)
    notifier.update(150, 252, "half way", {"page": 3})
    gate.wait(task_id, "phase")
    notifier.update(151, phase="saving")
    gate.wait(task_id, "go")
    notifier.complete({"records_saved": 252}, "all of it")
    return {"success_rate": 100}


@progress_task
def own_states(self: Any) -> Any:
    """As jobs do it that never heard of us."""
    gate, task_id = Gate(), self.request.id
    self.update_state(state="PROGRESS", meta={"current": 3, "total": 8, "status": "third"})
    gate.wait(task_id, "more")
    self.update_state(state="LOADING", meta={"current": 5, "total": 8, "page": 2})
    gate.wait(task_id, "go")
    return "done"


@progress_task
def ends_by_hand(self: Any, state: str, meta: Any) -> Any:
    """Sets a final state itself, then keeps Celery from another one."""
    from celery.exceptions import Ignore

    self.update_state(state=state, meta=meta)
    raise Ignore


@progress_task
def nests(self: Any) -> Any:
    """Runs another task in its own process, and calls itself as a function."""
    notifier = ProgressNotifier(self)
    notifier.update(1, 3)
    inner = self.app.tasks["fetch"].apply(("inner",))
    notifier.update(2, 3)
    return {"inner": inner.id, "inner_state": inner.state}


@progress_task
def calls(self: Any) -> Any:
    """Sends another task."""
    return {"child": self.app.tasks["fetch"].delay("child").id}


@progress_task
def counts(self: Any, fails_at: int = 0) -> Any:
    gate, task_id = Gate(), self.request.id
    for number in ProgressNotifier(self).track(range(8)):
        if number == 4:
            gate.wait(task_id, "go")
        if number == fails_at and fails_at:
            raise ValueError(f"row {number}\nis broken")
    return None
