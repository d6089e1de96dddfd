"""The same random life in all three stores, and in an oracle of a few lines."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from progress_backend.errors import TaskNotFound, TransitionRefused
from progress_backend.flows.cleanup import cleanup
from progress_backend.operations import records, sweeps
from progress_backend.record import events as ev
from progress_backend.record import read_timeline, task_json, timeline
from progress_backend.record.document import written
from progress_backend.record.model import STATUSES, Task, replace
from progress_backend.record.transition import transition
from progress_backend.settings import Settings
from progress_backend.stacks import asking
from tests.asked import page_of
from tests.behaviour.driving import Driver, check_agreement, in_parts, over
from tests.strategies import events
from tests.tiers import examples

IDS = ("a", "b", "c", "d")
ids = st.sampled_from(IDS)
_run = itertools.count()

LEASE_S = Settings().lease_s


class Life(RuleBasedStateMachine):
    """`tasks` and `order` are the oracle: the pure rules over a dictionary."""

    redis_url: str

    @initialize()
    def begin(self) -> None:
        run = next(_run)
        self.drivers: list[Driver] = [
            over(kind, in_parts(settings) if kind == "parts" else settings)
            for kind in ("sync", "async", "parts")
            for settings in [Settings(self.redis_url, f"{kind}{run}:")]
        ]
        self.tasks: dict[str, Task] = {}
        self.past: dict[str, list[bytes]] = {}
        self.order: list[str] = []
        self.now = datetime.now(UTC).replace(microsecond=0)

    def teardown(self) -> None:
        for driver in getattr(self, "drivers", ()):
            driver.close()

    @rule(
        task_id=ids,
        happened=st.lists(events(), min_size=1, max_size=2),
        skew_s=st.integers(-300, 300),
    )
    def record(self, task_id: str, happened: list[ev.Event], skew_s: int) -> None:
        now = self.now + timedelta(seconds=skew_s)
        # A key may be named like a secret.
        happened = [self.drivers[0].flows.redaction.of(event) for event in happened]
        before = after = self.tasks.get(task_id)
        expected = "recorded"
        # Of all events of one commit.
        revision = before.revision + 1 if before else 1
        entries: list[timeline.TimelineEntry] = []
        try:
            for event in happened:
                known = after
                after = transition(
                    after, event, now, task_id=task_id, lease_s=LEASE_S, revision=revision
                )
                entries += timeline.written(known, event, after)
        except TransitionRefused:
            expected, after = ("refused" if before else "not found"), before
        if after is not before:
            assert after is not None
            self.tasks[task_id] = replace(after, revision=revision)
            self.past.setdefault(task_id, []).extend(map(written, entries))
            if before is None or (before.ended and isinstance(happened[0], ev.Created)):
                self.order = [task_id, *(i for i in self.order if i != task_id)]
        outcomes = [self._apply(d, task_id, happened, now) for d in self.drivers]
        assert outcomes == [expected] * len(outcomes)

    def _apply(self, driver: Driver, task_id: str, happened, now: datetime) -> str:
        try:
            applied = driver.run(driver.flows.apply(task_id, tuple(happened), now))
        except TaskNotFound:
            return "not found"
        return "recorded" if applied.refused is None else "refused"

    @rule(seconds=st.integers(1, 200_000))
    def time_goes_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def lose_a_document(self, data: st.DataObject) -> None:
        task_id = data.draw(st.sampled_from(sorted(self.tasks)))
        del self.tasks[task_id], self.past[task_id]
        self.order.remove(task_id)
        for driver in self.drivers:
            driver.lose(task_id)
            driver.run(page_of(driver.flows, 1, 100))  # repairs the hole

    @rule()
    def clean_up(self) -> None:
        gone = {
            i for d in self.drivers for i in d.execute(sweeps.due(milliseconds(self.now) - 1, 100))
        }
        counts = [d.run(cleanup(d.settings, self.now, "token")) for d in self.drivers]
        assert counts == [len(gone)] * len(counts)
        for task_id in gone:
            task = self.tasks.pop(task_id)
            del self.past[task_id]
            self.order.remove(task_id)
            silent = self.now - task.updated_at
            assert silent > (timedelta(days=1) if task.ended else timedelta(days=7)) - timedelta(
                minutes=10
            )

    @invariant()
    def all_hold_the_same(self) -> None:
        for driver in getattr(self, "drivers", ()):
            found = driver.execute(records.read(IDS))
            expected = [self.tasks.get(i) for i in IDS]
            assert found == [t and task_json.encode(t) for t in expected]
            paged = driver.run(page_of(driver.flows, 1, 3))
            assert [i for i, _ in paged.rows] == self.order[:3]
            statuses = [t.status for t in self.tasks.values()]
            assert paged.counts == tuple(statuses.count(s) for s in STATUSES)

    @rule()
    def look_closely(self) -> None:
        for driver in self.drivers:
            check_agreement(driver, IDS)
            for task_id, task in self.tasks.items():
                found = json.loads(driver.run(asking.timeline_with(task_id, driver.now())))
                listed = read_timeline.read(task, self.past[task_id])
                assert found["entries"] == json.loads(written(listed))


def milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


@pytest.mark.usefixtures("redis_url")
def test_all_stores_live_alike(redis_url: str) -> None:
    class Here(Life):
        pass

    Here.redis_url = redis_url
    bounds = settings(
        max_examples=examples(25),
        stateful_step_count=25,
        report_multiple_bugs=False,
        phases=[Phase.generate],  # shrinking takes minutes; what is found is printed as it is
    )
    run_state_machine_as_test(Here, settings=bounds)
