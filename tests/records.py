"""Real records in a real store, for the tests of what reads and steers them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from progress_backend.flows import task_log
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases, stacks
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.default_texts import Locale, text
from progress_backend.record.document import written
from progress_backend.record.log_line import LogLine
from progress_backend.record.model import Member, Task, Warnings, Worker, rendered
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.waiting import PATIENCE_S

#: The newest time that was recorded in each store.
_newest: dict[str | None, datetime] = {}


#: Whoever begins a record's run.
BEGUN = ev.Started(
    identity=ev.Identity(task_type="fetch_data"), worker=Worker("lease-1", "celery@tests")
)


class Records:
    """Makes and moves records in the store at a URL."""

    def __init__(
        self, url: str, lease_s: float = 30, locale: Locale = "ja", timezone: str = "UTC"
    ) -> None:
        self.settings = Settings(redis_url=url, lease_s=lease_s, locale=locale, timezone=timezone)

    def create(
        self,
        task_id: str,
        symbol: str | None = "7203.T",
        total: int | None = 252,
        owner: str | None = None,
    ) -> Task:
        identity = ev.Identity("fetch_data", total, symbol, owner=owner)
        return self.apply(task_id, ev.Created(identity=identity))

    def publish(self, task_id: str) -> Task:
        """Published by Celery, so that its message waits in the queue."""
        identity = ev.Identity("fetch_data", 252, "7203.T", root_id=task_id)
        return self.apply(task_id, ev.Created(identity=identity))

    def start(
        self,
        task_id: str,
        symbol: str | None = "7203.T",
        total: int | None = 252,
        owner: str | None = None,
    ) -> Task:
        """Created and started."""
        self.create(task_id, symbol, total, owner)
        return self.run(task_id)

    def member(
        self, task_id: str, *workflows: str, name: str | None = None, owner: str | None = None
    ) -> Task:
        """Created as a member of workflows: the outermost one, then its own canvas."""
        identity = ev.Identity("fetch_data", 252, member=Member(workflows), owner=owner)
        return self.apply(task_id, ev.Created(identity=identity, workflow_name=name))

    def planned(self, task_id: str, *workflows: str) -> Task:
        """Planned as a member of workflows: its message has not left."""
        identity = ev.Identity(task_type="merge", member=Member(workflows))
        return self.apply(task_id, ev.Planned(identity=identity))

    def workflow(
        self, workflow_id: str, name: str = "fetch ×3 → merge", why: str = "接続が切れました"
    ) -> None:
        """One member completed, one failed, one half through, one planned."""
        for task_id in ("done", "failed", "half"):
            self.member(task_id, workflow_id, name=name)
            self.run(task_id)
        self.planned("merge", workflow_id)
        self.complete("done")
        self.fail("failed", why)
        self.progress("half", 126)

    def run(self, task_id: str) -> Task:
        """A member starts."""
        return self.apply(task_id, BEGUN)

    def lose(self, task_id: str, again_s: float | None = None) -> Task:
        """Started, by a message that comes again after so long, and lost."""
        begun = self.apply(task_id, BEGUN.replace(again_s=again_s))
        gone = text("en", "lost", worker="celery@tests")
        lost = ev.Lost(lease="lease-1", error_message=gone, revision=begun.revision)
        return self.apply(task_id, lost)

    def progress(self, task_id: str, current: int, message: str | None = None) -> Task:
        return self.apply(task_id, ev.Progressed(current=current, message=message))

    def complete(self, task_id: str) -> Task:
        return self.apply(task_id, ev.Completed())

    def warning(self, task_id: str, **since: datetime) -> Task:
        """As the pass over open tasks does: `stalled` or `late`."""
        event = ev.Warned(warnings=Warnings(**since), revision=self.get(task_id).revision)
        return self.apply(task_id, event)

    def fail(self, task_id: str, why: str) -> Task:
        return self.apply(task_id, ev.Failed(error_message=why))

    def log(self, task_id: str, *texts: str, level: str = "info", lost: int = 0) -> None:
        """Lines of the task's log, after so many that had no room."""
        with self._opened() as store:
            lines = [LogLine(1_705_282_200.25, level, text) for text in texts]
            store.execute(
                task_log.add(task_id, 1, lines, lost, store.settings, store.flows.redaction)
            )

    def renew(self, lease: str = "lease-1", seconds: float = 86_400) -> None:
        """The worker with this lease lives, for so long."""
        with self._opened() as store:
            store.execute(leases.renew(lease, milliseconds(store.now()) + int(seconds * 1_000)))

    def stack(self, task_id: str, *frames: Any, event: str = "stack", **about: Any) -> None:
        """Its process has answered with these frames: now, or at `time`."""
        with self._opened() as store:
            entry = {"time": rendered(store.now()), "event": event, "frames": frames, **about}
            store.execute(stacks.keep(task_id, written(entry)))

    def apply(self, task_id: str, event: ev.Event) -> Task:
        with self._opened() as store:
            applied = store.run(store.flows.apply(task_id, (event,), self._later(store.now())))
        assert applied.refused is None, applied.refused
        return applied.task

    @contextmanager
    def _opened(self) -> Iterator[Store]:
        with Store(self.settings, PATIENCE_S) as store:
            store.ready()
            yield store

    def _later(self, now: datetime) -> datetime:
        """The time, and after the one before: each store measures Redis's clock for itself, on a
        busy machine to a twentieth of a second."""
        before = _newest.get(self.settings.redis_url, now)
        if now <= before < now + timedelta(seconds=1):
            now = before + timedelta(milliseconds=1)
        _newest[self.settings.redis_url] = now
        return now

    def get(self, task_id: str) -> Task:
        """As it is now."""
        with Store(self.settings, PATIENCE_S) as store:
            document = store.run(store.flows.get(task_id))
        assert document is not None, f"no record {task_id}"
        return task_json.decode(document)


def without_books(record: dict[str, Any]) -> dict[str, Any]:
    """A stored record as the body that HTTP has."""
    return {name: value for name, value in record.items() if name != "_"}
