"""Calls as Redis requests, and replies; what they do is shown on real servers."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.flows.flow import Flow
from progress_backend.flows.stored_record import Applied
from progress_backend.operations import leases, top
from progress_backend.operations.call import Layout
from progress_backend.operations.commits import CommitCall
from progress_backend.operations.index_entry import Facets, read_facets, write_facets
from progress_backend.operations.keys import Keys
from progress_backend.operations.scripts import SCRIPTS, of_set
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.asked import names as asked_names
from tests.behaviour import each_call
from tests.docs.reading import blocks
from tests.strategies import names, owners

KEYS = Keys()


@given(
    st.builds(
        Facets,
        *(names, names, st.none() | names, st.none() | names),
        workflows=st.lists(names, min_size=1, max_size=2).map(tuple),
        planned=st.booleans(),
        share=st.integers(0, 1_000),
        owner=owners,
        warnings=st.sampled_from([(), ("late",), ("stalled", "late")]),
        later=st.booleans(),
    )
)
def test_facets_are_read_as_they_were_written(facets) -> None:
    assert read_facets(write_facets(facets).encode()) == facets


@pytest.mark.parametrize(
    "reply", [[b"a", b"1.5", b"b", b"2"], [[b"a", 1.5], [b"b", 2.0]], [(b"a", 1.5), (b"b", 2.0)]]
)
def test_scores_come_flat_or_in_pairs(reply) -> None:
    assert leases.expired(5, 5).asked(Layout((KEYS,))).parse([reply]) == [("a", 1), ("b", 2)]


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 20), max_size=8),
        min_size=2,
        max_size=3,
    ),
    st.integers(1, 4),
    st.integers(0, 5),
)
def test_the_newest_workflows_of_all_partitions(partitions, most, start) -> None:
    """Each partition gives its newest; by their latest times these hold the newest of all."""
    latest: dict[str, int] = {}
    for times in partitions:
        for workflow_id, ms in times.items():
            latest[workflow_id] = max(ms, latest.get(workflow_id, 0))
    newest = sorted(((ms, w) for w, ms in latest.items()), reverse=True)[:most]
    layout = Layout(tuple(Keys(str(n), sharded=True) for n in range(len(partitions))))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(top, "LISTED", most)
        pages, tops = list[Any](), list[Any]()
        for place, times in enumerate(partitions):
            of_it = sorted(((ms, w.encode()) for w, ms in times.items()), reverse=True)
            flat = [part for ms, w in of_it[:most] for part in (w, ms)]
            pages += (len(of_it), flat)
            tops.append([[1, 0, 2, place, 2], [], flat, 0])
        listed = top.newest_workflows(start, 3).asked(layout).parse(pages)
        merged = top.newest(3).asked(layout).parse(tops)
    assert listed == top.WorkflowPage(len(newest), tuple(newest[start : start + 3]))
    count = len(partitions)
    assert merged.sizes == (min(count, most), len(newest)), (
        "a workflow that is in several counts once"
    )
    assert merged.counts == (sum(range(count)), 2 * count)
    assert merged.workflows == tuple(newest), "of all times: the page's place is counted by them"


def test_a_written_value_takes_the_short_script(redis_url: str) -> None:
    """As do all values of a job but its first: what moves in the indexes costs three times that."""
    store, called, base = Store(Settings(redis_url=redis_url)), list[str](), None

    def noted(flow: Flow[Applied]) -> Flow[Applied]:
        """The flow; its commits are noted."""
        reply = None
        while True:
            try:
                command = flow.send(reply)
            except StopIteration as end:
                return end.value
            if isinstance(command, CommitCall):
                called.extend(asked_names(command))
            reply = yield command

    happened = (
        ev.Created(identity=ev.Identity("fetch")),
        ev.Started(identity=ev.Identity("fetch")),
        ev.Progressed(current=1),
        ev.Progressed(current=2),
        ev.Completed(),
    )
    for number, event in enumerate(happened):  # a run of no time is of no use for estimates
        now = store.now() + timedelta(milliseconds=10 * number)
        flow = store.flows.apply("t", (event,), now, base=base)
        base = store.run(noted(flow)).base
    short = "commit_in_place"
    end = of_set(("past_run", "outcomes"))
    assert called == ["commit_first", of_set(("outcomes",)), short, short, end]


def test_the_operators_user_may_do_what_calls_and_scripts_do_and_no_more() -> None:
    """Beside what connects, and what a driver, a listener and a script's call need."""
    calls = (operation(*arguments) for operation, *arguments in each_call.asked())
    used = {verb for call in calls for verb in asked_names(call) if verb.isupper()}
    for script in SCRIPTS.values():
        code = re.sub(r"--.*", "", script.text)
        used.update(re.findall(r"(?:call|tolerant)\('([A-Z]+)'", code))
    (shown,) = blocks("docs/redis.md", "Redis", "redis")
    words = re.findall(r" \+(\w+)", shown.text)
    connection = {"auth", "hello", "select", "ping", "client", "time", "eval", "evalsha"}
    channels = {"subscribe", "unsubscribe", "psubscribe", "punsubscribe"}
    assert set(words) == {verb.lower() for verb in used} | connection | channels
    assert len(words) == len(set(words))
