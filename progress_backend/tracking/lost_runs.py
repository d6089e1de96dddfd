"""Judges silent runs, a bounded step at a time: by what the result backend knows, else as lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ..flows import commands as c
from ..flows import silent_runs
from ..flows.gather import together
from ..flows.stored_record import Applied, Base
from ..record.events import Completed, Event, Lost
from ..settings import Settings
from ..store.any_store import AnyStore
from .result_backend import Answers, AskBackend

logger = logging.getLogger(__name__)

#: How long a result backend that is away keeps a silent run from being judged: it may be on its way
#: back, with the end of a run that is found lost for good.
_PATIENCE_S = 10.0
#: Verdicts that share a trip.
_TOGETHER = 20

#: What is said of a run whose end nobody knows; None: nothing.
Otherwise = Callable[[Base], Event | None]


class Judge:
    """One pass after the other, for the thread that renews a lease.

    `goes_on` is called between two steps: a pass may take longer than a lease. It says whether the
    thread goes on at all.
    """

    def __init__(
        self, store: AnyStore, ask: AskBackend | None, token: str, goes_on: Callable[[], bool]
    ) -> None:
        self._store = store
        self._settings: Settings = store.settings
        self._ask = ask
        self._token = token
        self._goes_on = goes_on
        self._answers = True
        #: Since when the result backend has answered nothing, on the monotonic clock.
        self._away_since: float | None = None

    def begin(self) -> None:
        """A new pass: a result backend that did not answer in the last one is asked again."""
        self._answers = True

    def dead(self) -> None:
        """Judges what was held by leases that ran out, however many those are."""
        store, settings = self._store, self._settings
        for lease, task_ids in store.run(silent_runs.run_out(settings, store.now(), self._token)):
            for step in silent_runs.steps(task_ids):
                self._judge_silent(lease, step)
                if not self._goes_on() or not store.run(silent_runs.keeps(settings, self._token)):
                    return

    def left_over(self, lease: str, at_work: Collection[str]) -> None:
        """Judges what a living worker holds but is not at work on."""
        for step in silent_runs.steps(self._store.run(silent_runs.left_over(lease, at_work))):
            self._judge_silent(lease, step, at_work, living=True)
            if not self._goes_on():
                return

    def unheld(self) -> None:
        """Compares records that no worker holds with the result backend, and ends those whose
        message is not to come any more; a result backend that is away may know better, and nothing
        hurries."""
        store, settings = self._store, self._settings
        bases = store.run(silent_runs.unheld(store.flows, store.now(), self._token))
        for step in silent_runs.steps(bases):
            self._judge(
                step, lambda base: silent_runs.overdue(base, settings, store.now()), waits=True
            )
            if not self._goes_on():
                return

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

    def _judge(self, bases: Sequence[Base], otherwise: Otherwise, *, waits: bool = False) -> None:
        """Records the ends that the result backend knows of; of the others what is said otherwise.
        What it has not answered of is left to a later pass, for a while; `waits`: however long."""
        ends = self._ends([base.task.task_id for base in bases])
        verdicts: list[tuple[Base, Event]] = []
        for base in bases:
            unknown = self._ask is not None and base.task.task_id not in ends
            if unknown and not base.task.ended and (waits or self._patient()):
                continue
            end = None if base.task.ended else own_end(base, ends.get(base.task.task_id))
            verdict = otherwise(base) if end is None else end
            if verdict is not None:
                verdicts.append((base, verdict))
        for start in range(0, len(verdicts), _TOGETHER):
            self._record(verdicts[start : start + _TOGETHER])

    def _ends(self, task_ids: list[str]) -> Answers:
        """What the result backend knows; once it does not answer it is not asked again in this
        pass."""
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
        """Whether a result backend that has not answered may still be waited for."""
        since = self._away_since
        return since is None or time.monotonic() - since < _PATIENCE_S

    def _record(self, verdicts: Sequence[tuple[Base, Event]]) -> None:
        store, now = self._store, self._store.now()
        flows = [
            store.flows.apply(base.task.task_id, (verdict,), now, base=base)
            for base, verdict in verdicts
        ]
        lost = 0
        for (base, verdict), outcome in zip(verdicts, store.run(together(flows)), strict=True):
            if not isinstance(outcome, Applied):
                logger.debug("not reaped: %s", outcome)
            elif outcome.refused is None:
                lost += isinstance(verdict, Lost)
                said = type(verdict).__name__.lower()
                logger.warning("task %s: %s", base.task.task_id, said)
        if lost:
            store.execute(c.CountLost(lost))


def own_end(base: Base, end: Event | None) -> Event | None:
    """An end that the result backend knows, if it is the record's own, as that is to have it."""
    if end is None or not silent_runs.of_this_life(base, end):
        return None
    if isinstance(end, Completed) and not base.task.keeps_results:
        end = replace(end, results={})
    return silent_runs.in_store_time(base, end)
