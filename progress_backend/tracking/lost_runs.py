"""The check for lost runs, in bounded steps: a silent run gets the end that Celery's result backend
has, else it is recorded as lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from ..flows import silent_runs, warning_checks, workflow_checks, workflows
from ..flows.flow import together
from ..flows.stored_record import Applied, ReadRecord, milliseconds, own_end, readable
from ..operations import leases, records
from ..record.events import Completed, Event, Lost, RunRegained
from ..record.model import LOST
from ..record.past_runs import PastRun
from ..record.redelivery import WORKER_GONE
from ..record.transition import ended_by_its_run
from ..settings import Settings
from ..store.drivers import Store
from ..store.outage_log import alone, fault
from .result_backend import Answers, AskBackend

T = TypeVar("T")

logger = logging.getLogger(__name__)

#: Seconds for which a silent run is not recorded as lost because the result backend does not reply:
#: it may have the run's end.
_PATIENCE_S = 10.0
#: Events that share a round trip.
_TOGETHER = 20
#: Log line about what the store refuses, or what another program's value breaks.
_FAULT = "the check for lost runs continues without a part"

#: Makes the event of a run that has no end in the result backend; None for no event.
Otherwise = Callable[[ReadRecord], Event | None]


class Due(NamedTuple):
    """What one check has to do beside the expired leases: what its process has no lock for, another
    process does."""

    #: Records that run without a worker; those that no lease holds.
    unheld: tuple[list[ReadRecord], list[ReadRecord]]
    #: Requests for whole workflows, each with its workflow.
    acts: list[tuple[str, str]]
    #: Workflows with planned members in which nothing goes on.
    quiet: list[str]
    #: Tasks with lost runs for which the result backend is to be read again.
    again: list[str]
    #: Tasks under the worker's own lease.
    held: list[str]


class LostRunCheck:
    """The checks that the lease's thread runs.

    `goes_on` is called between two steps, since a check may take longer than a lease; it returns
    whether the check continues.
    """

    def __init__(
        self, store: Store, ask: AskBackend | None, token: str, goes_on: Callable[[], bool]
    ) -> None:
        self._store = store
        self._settings: Settings = store.settings
        self._ask = ask
        self._token = token
        self._goes_on = goes_on
        self._answers = True
        #: The lease's runs at its last check for warnings, and the number of these checks.
        self._begun: set[str] = set()
        self._passes = 0
        #: Monotonic time since when the result backend has not answered.
        self._away_since: float | None = None

    def over(self) -> list[tuple[str, list[str]]]:
        """Starts a check: the expired leases, and the ids of the tasks under each. The result
        backend is read again, even if it did not reply before."""
        self._answers, now = True, self._store.measured_now()
        return self._store.run(silent_runs.run_out(self._settings, now, self._token))

    def due(self, lease: str | None = None) -> Due:
        """Takes the other locks in one exchange, and reads what is due in a second one. Once the
        store refuses any of it, each list is read alone; one that cannot be read is empty."""
        store, settings, token = self._store, self._settings, self._token
        now = store.measured_now()
        # A process without a result backend leaves the lost runs to the others for a while.
        patience = timedelta(seconds=0 if self._ask is not None else 2 * settings.lease_s)
        lists: list[Callable[[], Any]] = [
            lambda: silent_runs.unheld(store.flows, now, token),
            lambda: workflow_checks.acts(store.flows, token),
            lambda: workflow_checks.quiet(store.flows, now, token),
            lambda: silent_runs.to_ask(settings, now - patience, token),
            lambda: silent_runs.held(lease),
        ]
        found: list[Any] = [None] * len(lists)
        with alone(_FAULT):
            found = store.run(together([flow() for flow in lists]))
        for place, name in enumerate(Due._fields):
            if found[place] is None or isinstance(found[place], Exception):
                found[place] = [] if place else ([], [])
                with alone(f"{_FAULT}: {name}"):
                    found[place] = store.run(lists[place]())
        return Due(*found)

    def dead(self, over: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Ends the runs under expired leases, however many there are."""
        steps = ((lease, step) for lease, ids in over for step in silent_runs.steps(ids))
        self._each(steps, lambda step: self._judge_silent(*step), silent_runs.LOCK)

    def _each(self, steps: Iterable[T], do: Callable[[T], None], lock: str | None = None) -> None:
        """Does the steps while the check continues and, after the first one, still holds its lock.
        What the store refuses ends its step alone."""
        for number, step in enumerate(steps):
            if not self._goes_on() or (number and lock and not self._keeps(lock)):
                return
            with alone(_FAULT):
                do(step)

    def _keeps(self, lock: str) -> bool:
        """Whether the check still holds its lock."""
        return self._store.execute(silent_runs.keeps(self._settings, self._token, lock))

    def left_over(self, lease: str, held: Sequence[str], at_work: Collection[str]) -> None:
        """Ends the runs that a live worker's lease holds but that the worker does not run: once
        their records are not written for a lease's time, their pool process has died."""
        left = [task_id for task_id in held if task_id not in at_work]
        self._each(
            silent_runs.steps(left),
            lambda step: self._judge_silent(lease, step, at_work, living=True),
        )

    def take_back(self, lease: str, at_work: Mapping[str, Collection[int]]) -> None:
        """Records RunRegained for the lease's lost runs that its worker still has."""
        store = self._store
        task_ids = tuple(dict.fromkeys((*self._begun, *at_work)))
        for step in silent_runs.steps(task_ids[: silent_runs.HELD]):
            bases = store.run(silent_runs.held_still(lease, step, at_work))
            self._begun.difference_update(base.task.task_id for base in bases)
            for some in silent_runs.steps(bases, _TOGETHER):
                self._record([(base, _taken_back(base)) for base in some])

    def unheld(self, running: Sequence[ReadRecord], silent: Sequence[ReadRecord]) -> None:
        """Ends records that no lease holds: with the end in the result backend, or because their
        message is not delivered any more. As long as the result backend does not reply, they
        stay."""
        store, settings = self._store, self._settings
        with alone(_FAULT):
            self._say(store.run(warning_checks.judge(store.flows, running, store.now(), {})))

        def otherwise(base: ReadRecord) -> Event | None:
            return silent_runs.overdue(base, settings, store.now())

        steps = silent_runs.steps(silent)
        self._each(steps, lambda step: self._judge(step, otherwise, waits=True))

    def plans(self, quiet: Sequence[str]) -> None:
        """Ends the planned records of workflows that publish no more messages."""
        store, left = self._store, list(quiet)

        def end(workflow_id: str) -> None:
            if store.run(workflow_checks.end_quiet(store.flows, workflow_id, store.now())):
                left.append(workflow_id)

        self._each(left, end, workflow_checks.LOCK)

    def acts(self, waiting: Sequence[tuple[str, str]]) -> None:
        """Applies the requests for a workflow, such as a cancel, to its members: the process that
        received the request may have ended."""
        store, left = self._store, [(*act, workflow_checks.Cursor()) for act in waiting]

        def carry_out(step: tuple[str, str, workflow_checks.Cursor]) -> None:
            act_id, workflow_id, cursor = step
            flow = workflow_checks.carry_out(store.flows, workflow_id, act_id, cursor, store.now())
            if (after := store.run(flow)) is not None:
                left.append((act_id, workflow_id, after))

        self._each(left, carry_out, workflow_checks.LOCK)

    def warnings(self, lease: str, held: Sequence[str]) -> None:
        """Records warnings on the runs under this worker's lease."""
        store, most = self._store, warning_checks.MOST
        self._begun = set(held)
        # If there are more runs than one check takes, the next check takes the next ones.
        first = most * (self._passes % max(-(-len(held) // most), 1))
        self._passes += 1
        past: dict[str, Sequence[PastRun]] = {}

        def warn(step: Sequence[str]) -> None:
            flow = warning_checks.of_lease(store.flows, lease, step, store.now(), past)
            self._say(store.run(flow))

        self._each(silent_runs.steps(held[first : first + most]), warn)

    def _say(self, new: warning_checks.NewWarnings) -> None:
        for task_id, warnings in new:
            logger.info("task %s has a new warning: %s", task_id, ", ".join(warnings.kinds))

    def lost(self, task_ids: Sequence[str]) -> None:
        """Asks the result backend once more about the runs that were recorded as lost."""
        self._each(silent_runs.steps(task_ids), self._ask_again)

    def _ask_again(self, task_ids: Sequence[str]) -> None:
        """Records the ends that the result backend has for runs recorded as lost, and the SUCCESS
        that it has after another run's failure, which is read once. The next run of a dead one's
        message or retry, or a lost run, may have ended while the store was unreachable, and its
        process was killed then. The backend is read when the message comes no more; also a lease
        after the loss and then after twice the time, since the message may wait in a long queue;
        and a lease later if it does not reply. This ends when the record is deleted."""
        bases = readable(self._store.execute(records.read(tuple(task_ids))))
        ended = [base for base in bases if ended_by_its_run(base.task)]
        ends = self._ends([base.task.task_id for base in ended])
        now, lease = self._store.now(), timedelta(seconds=self._settings.lease_s)
        verdicts: list[tuple[ReadRecord, Event]] = []
        asked: dict[str, int | None] = dict.fromkeys(task_ids)
        for base in ended:
            task, lost = base.task, base.task.error_cause == LOST
            if self._ask is not None and task.task_id not in ends:
                asked[task.task_id] = milliseconds(now + lease)
                continue
            end = own_end(base, ends.get(task.task_id), self._settings)
            if end is not None and (lost or isinstance(end, Completed)):
                lease_of = None if task.worker is None else task.worker.lease
                verdicts.append((base, end.replace(attempt=task.attempt, owner=lease_of)))
            if task.error_cause not in WORKER_GONE:
                continue
            since = task.completed_at or now
            times = [since + 2 * max(now - since, lease / 2), task.again_until or now]
            asked[task.task_id] = milliseconds(min(time for time in times if time > now)) + 1
        for some in silent_runs.steps(verdicts, _TOGETHER):
            self._record(some)
        self._store.execute(leases.ask_again(asked.items()))

    def _judge_silent(
        self,
        lease: str,
        task_ids: Sequence[str],
        at_work: Collection[str] = (),
        *,
        living: bool = False,
    ) -> None:
        store, settings = self._store, self._settings
        flow = silent_runs.silent(settings, store.now(), lease, task_ids, at_work)
        self._judge(
            store.run(flow), lambda base: silent_runs.lost(base, settings.locale, living=living)
        )

    def _judge(
        self, bases: Sequence[ReadRecord], otherwise: Otherwise, *, waits: bool = False
    ) -> None:
        """Records the end that the result backend has for each run, else the event of `otherwise`.
        Runs for which the backend does not reply are left to a later check, for `_PATIENCE_S`; with
        `waits` without a bound."""
        ends = self._ends([base.task.task_id for base in bases])
        verdicts: list[tuple[ReadRecord, Event]] = []
        for base in bases:
            unknown = self._ask is not None and base.task.task_id not in ends
            if unknown and not base.task.ended and (waits or self._patient()):
                continue
            known = None if base.task.ended else ends.get(base.task.task_id)
            end = own_end(base, known, self._settings)
            verdict = otherwise(base) if end is None else end.of_attempt(base.task.attempt)
            if verdict is not None:
                verdicts.append((base, verdict))
        for some in silent_runs.steps(verdicts, _TOGETHER):
            self._record(some)

    def _ends(self, task_ids: list[str]) -> Answers:
        """The ends in the result backend. Once it does not reply, this check does not read it
        again."""
        known: Answers = {}
        while task_ids and self._ask is not None and self._answers:
            answers = self._ask(task_ids)
            if answers:
                self._away_since = None
            elif self._away_since is None:
                self._away_since = time.monotonic()
            self._answers = bool(answers) and self._goes_on()
            known.update(answers)
            task_ids = [task_id for task_id in task_ids if task_id not in answers]
        return known

    def _patient(self) -> bool:
        """Whether a result backend that does not answer is still waited for."""
        since = self._away_since
        return since is None or time.monotonic() - since < _PATIENCE_S

    def _record(self, verdicts: Sequence[tuple[ReadRecord, Event]]) -> None:
        store, now = self._store, self._store.now()
        found = [base.task.member for base, verdict in verdicts if isinstance(verdict, Completed)]
        for workflow_id in {member.workflows[0]: None for member in found if member is not None}:
            store.run(workflows.may_have_left(store.flows, workflow_id, now))
        flows = [
            store.flows.apply(base.task.task_id, (verdict,), now, base=base, clip=True)
            for base, verdict in verdicts
        ]
        again_ms = milliseconds(now) + int(self._settings.lease_s * 1000) + 1
        losses = [base.task.task_id for base, verdict in verdicts if isinstance(verdict, Lost)]
        if losses:  # first: this process may end before the next line
            with alone(f"{_FAULT}: again"):
                store.execute(leases.ask_again([(task_id, again_ms) for task_id in losses]))
        for (base, verdict), outcome in zip(verdicts, store.run(together(flows)), strict=True):
            if not isinstance(outcome, Applied):
                fault("the end of a silent run is not recorded", outcome, base.task.task_id)
            elif outcome.refused is None:
                name = type(verdict).__name__.lower()
                name = "continues" if isinstance(verdict, RunRegained) else name
                logger.warning("task %s: %s", base.task.task_id, name)


def _taken_back(base: ReadRecord) -> RunRegained:
    worker = base.task.worker
    assert worker is not None
    return RunRegained(owner=worker.lease, run=worker.run, attempt=base.task.attempt)
