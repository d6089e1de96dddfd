"""The short way of a publish writes what the long way would write, or leaves it to that."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.flows.first_records import FirstRecords
from progress_backend.flows.task_flows import Records
from progress_backend.operations.call import Layout
from progress_backend.operations.commit import Commit
from progress_backend.operations.commits import CommitCall
from progress_backend.operations.keys import Keys
from progress_backend.operations.ready_requests import first_request
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Member
from progress_backend.settings import Settings
from progress_backend.store.exchange import packed
from tests.strategies import counts, texts, times

SETTINGS = Settings(redis_url="redis://127.0.0.1:1/0", key_prefix="p%d:")
FLOWS = Records(SETTINGS, None, lambda what, error, about: None)
KEYS = Keys(SETTINGS.key_prefix)
#: Of each the other one is there too, so that nothing of the one is in the other's record.
ids = st.sampled_from(["a", "b", "タスク", "%d"]) | texts
seconds = st.none() | st.sampled_from([60.0, 90.5])
identities = st.builds(
    ev.Identity,
    task_type=st.sampled_from(["fetch", "%b", "half \ud800"]),
    total_items=st.none() | counts,
    symbol=st.none() | ids,
    metadata=st.just({}) | st.just({"password": "hidden"}),
    parent_id=st.none() | ids,
    root_id=st.none() | ids,
    group_id=st.none() | ids,
    keeps_results=st.booleans(),
    keeps_message=st.booleans(),
    member=st.none() | st.just(Member(("w",))),
    expect_s=seconds,
    stall_s=seconds,
    owner=st.none() | ids,
    traceparent=st.none() | ids,
)


def in_words(commit: Commit) -> tuple[Any, ...]:
    """A commit, with what its parts give."""
    return (*commit._replace(parts=()), [(part.lua, part.given(KEYS)) for part in commit.parts])


@given(st.lists(st.tuples(ids, identities, times), min_size=2, max_size=4))
def test_it_writes_the_same_as_the_long_way(
    publishes: list[tuple[str, ev.Identity, datetime]],
) -> None:
    firsts = FirstRecords(FLOWS)
    for task_id, identity, now in publishes:
        event = ev.Created(identity=identity)
        if (made := firsts.of(task_id, event, now)) is None:
            continue
        applied, commit = made
        call = next(FLOWS.apply(task_id, (event,), now, clip=True))
        assert isinstance(call, CommitCall)
        assert in_words(commit) == in_words(call.commit)
        if not commit.parts:
            (request,) = call.asked(Layout.of(SETTINGS)).requests
            assert first_request(commit, KEYS) == packed(request)
        assert applied.document is not None
        assert task_json.encode(applied.task) == applied.document
        assert applied.base.digest == task_json.digest(applied.document)


NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
FETCH = ev.Created(identity=ev.Identity(task_type="fetch"))


@pytest.mark.parametrize(
    ("task_id", "changes"),
    [
        ("t", {"eta": NOW}),
        ("t", {"expires": NOW}),
        ("t", {"at": NOW}),
        ("t", {"identity": ev.Identity(task_type="fetch", metadata={"token": "x"})}),
        ("t", {"message": b"{}"}),
        ("t", {"workflow_name": "fetch × 2"}),
        ("t", {"identity": ev.Identity(task_type="fetch", member=Member(("w",)))}),
        ("t", {"identity": ev.Identity(task_type="a\nb")}),
        ("t" * 5_000, {}),
        ("a\nb", {}),
    ],
)
def test_what_is_more_than_a_plain_publish_goes_the_long_way(
    task_id: str, changes: dict[str, Any]
) -> None:
    firsts = FirstRecords(FLOWS)
    assert firsts.of("t", FETCH, NOW) is not None
    assert firsts.of(task_id, FETCH.replace(**changes), NOW) is None


def test_a_member_has_a_prepared_record_from_its_second_one_on() -> None:
    firsts = FirstRecords(FLOWS)
    of_group = FETCH.replace(identity=ev.Identity(task_type="fetch", member=Member(("w",))))
    made = [firsts.of(task_id, of_group, NOW) for task_id in "abc"]
    assert [one and one[1].task_id for one in made] == [None, "b", "c"]
    assert firsts.known("d", of_group, NOW, "digest") is not None


def test_kinds_are_made_again_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("progress_backend.flows.first_records._MOST", 2)
    firsts = FirstRecords(FLOWS)
    for number in (1, 2, 3, 1):
        event = ev.Created(identity=ev.Identity(task_type=f"fetch-{number}"))
        assert firsts.of("t", event, NOW)[1].after.task_type == f"fetch-{number}"
