"""Each part of commits says to which events it reacts, and is asked for all commits that it adds
to, those of a first record and of a value too."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.errors import TransitionRefused
from progress_backend.flows import task_flows
from progress_backend.flows.parts import default_parts
from progress_backend.flows.parts.change import Change, CommitPart
from progress_backend.flows.stored_record import facets_of
from progress_backend.operations.commit import Given, Part
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Task
from progress_backend.record.transition import transition
from progress_backend.runs.run import Run
from progress_backend.runs.writer import Writer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.runs.test_run import Desk
from tests.strategies import NOW, events, tasks
from tests.webhooks.targets import target

PARTS = default_parts(Settings(), lambda: (target("https://ops.example.com/hook"),))
CREATED = ev.Created(identity=ev.Identity("fetch_data"))


@given(st.none() | tasks(), events())
def test_a_part_reacts_to_each_event_that_it_adds_to(before: Task | None, event: ev.Event) -> None:
    if isinstance(event, (ev.Created, ev.Planned)):
        event = event.replace(attempt=None)  # a publish is of no run
    try:
        after = transition(before, event, NOW, task_id="t", lease_s=30, revision=7)
    except TransitionRefused:
        return
    facets_before, document = before and facets_of(before), task_json.encode(after)
    change = Change(
        before, after, facets_before, facets_of(after), ((before, event, after),), document
    )
    for part in PARTS:
        if [*part.parts(change)]:
            assert type(event) in part.events, part
            assert part.when(before, event), part


def a_part(change: Change) -> Iterator[Part]:
    """Adds to every commit: a run of a type that is the status and the count."""
    its = f"{change.after.status} {change.after.current_items}"
    yield Part("past_run", lambda keys: Given({"runs": keys.runs(its)}, {"run": "1"}))


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (ev.Created, {"created 0": True, "running 5": False}),
        (ev.Progressed, {"created 0": False, "running 5": True}),
        (ev.Completed, {"created 0": False, "running 5": False}),
    ],
)
def test_a_part_on_a_first_record_or_on_a_value_runs(
    event: type[ev.Event], written: dict[str, bool], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = CommitPart(a_part, frozenset({event}))
    monkeypatch.setattr(task_flows, "default_parts", lambda *of: (*default_parts(*of), added))
    with Store(Settings(redis_url=redis_url)) as store:
        writer, run = Writer(store), Run("t", CREATED.identity, Desk())
        writer.apply(None, "t", (CREATED,), store.measured_now(), None)
        writer.apply(run, "t", (ev.Started(identity=CREATED.identity),), store.now(), None)
        for current in range(1, 6):
            later = store.now() + timedelta(seconds=current)
            value = ev.Progressed(current=current, total=9, attempt=1)
            assert writer.values([(run, value)], later)[0]
        kept = {its: has_run(store, its) for its in written}
    assert kept == written


def has_run(store: Store, its: str) -> bool:
    """Whether the part has run with the commit of such a record."""
    (found,) = store._replies([("EXISTS", store.keys.runs(its))])
    return bool(found)
