"""`apply`, `get` and `body`: what is recorded, refused, remembered and forgotten."""

from typing import Any

import pytest

from progress_backend.errors import ConcurrentUpdate, InvalidEvent, TaskNotFound, TooLarge
from progress_backend.flows.flow import Flow, together
from progress_backend.flows.stored_record import facets_of
from progress_backend.flows.task_flows import TRIES
from progress_backend.operations.call import in_the_first, one
from progress_backend.operations.commit import Commit, Committed
from progress_backend.operations.commits import CommitCall
from progress_backend.record import caller_events, task_json
from progress_backend.record import events as ev
from tests.asked import names
from tests.behaviour.driving import Driver, check_agreement, identity_of


def test_a_creation_and_more_meets_a_record_that_is_there(driver: Driver) -> None:
    driver.start("t")
    created = ev.Created(identity=identity_of())
    applied = driver.apply("t", created, ev.Lost(lease="x", error_message="m", revision=1))
    assert applied.refused is not None
    with pytest.raises(TaskNotFound):
        driver.apply("u", created, ev.Lost(lease="x", error_message="m", revision=1))
    # Refused for a new record, not for the one that is there.
    assert driver.apply("t", created.replace(attempt=3), ev.Completed(attempt=2)).refused is None


def test_what_changes_nothing_is_no_commit(driver: Driver) -> None:
    driver.create("t")
    applied = driver.apply("t", ev.Created(identity=identity_of("other")))
    assert (applied.document, applied.refused) == (None, None)
    assert driver.task("t").revision == 1
    assert driver.task("t").task_type == "fetch_data"


def test_a_queued_task_that_is_resumed_does_not_run_before_a_worker_has_it(driver: Driver) -> None:
    """As the live page and HTTP ask for it; a task made by HTTP has no worker but who asks."""
    for task_id, root_id, status in (("queued", "queued", "created"), ("own", None, "running")):
        driver.create(task_id, root_id=root_id)
        driver.apply(task_id, *caller_events.update("paused"))
        driver.apply(task_id, *caller_events.update("running"))
        task = driver.task(task_id)
        assert (task.status, task.started_at is None) == (status, status == "created")
    driver.apply("queued", *caller_events.update("running", current_items=1))
    assert driver.task("queued").status == "running"


def commands(driver: Driver, flow) -> list[str]:
    """What a flow asks of Redis, by name."""
    asked: list[str] = []
    driver.drive(flow, lambda call: asked.extend(names(call)))
    return asked


def test_a_remembered_record_costs_one_round_trip(driver: Driver) -> None:
    base = driver.start("t")
    flow = driver.flows.apply("t", (ev.Progressed(current=1),), driver.now(), base=base)
    assert commands(driver, flow) == ["commit_in_place"]


def test_a_creation_costs_one_round_trip(driver: Driver) -> None:
    flow = driver.flows.apply("t", (ev.Created(identity=identity_of()),), driver.now())
    assert commands(driver, flow) == ["commit_first"]


def test_a_memory_that_is_old_is_put_right(driver: Driver) -> None:
    old = driver.start("t")
    driver.apply("t", ev.Progressed(current=5, details={"theirs": 1}))
    applied = driver.apply("t", ev.Progressed(message="ours"), base=old)
    task = driver.task("t")
    assert applied.task == task
    assert (task.current_items, task.message, task.revision) == (5, "ours", 3)
    assert task.processing_details == {"theirs": 1}


def test_the_store_has_the_last_word_on_a_refusal(driver: Driver) -> None:
    base = driver.start("t")
    ended = driver.apply("t", ev.Failed(error_message="why"), base=base).base
    driver.create("t")
    assert driver.apply("t", ev.Progressed(current=1), base=ended).refused is None
    assert driver.task("t").status == "running"


def test_a_missing_record_is_created_again_from_memory(driver: Driver) -> None:
    driver.start("t", "lease-1", symbol="7203.T")
    base = driver.apply("t", ev.Progressed(current=4)).base
    driver.lose("t")
    driver.apply("t", ev.Progressed(current=5, attempt=1), base=base)
    task = driver.task("t")
    assert (task.current_items, task.symbol, task.revision) == (5, "7203.T", 3)
    check_agreement(driver, ["t"])


def test_a_refused_end_of_a_record_that_is_gone_makes_none(driver: Driver) -> None:
    ended = driver.apply("t", ev.Started(identity=identity_of()), ev.Completed()).base
    driver.lose("t")
    assert driver.apply("t", ev.Completed(), base=ended).refused is not None
    assert driver.task("t") is None


def test_a_creation_over_left_over_index_entries(driver: Driver) -> None:
    driver.start("t", "lease-1", task_type="bulk_import", symbol="6758.T")
    driver.lose("t")
    driver.create("t", symbol="7203.T")
    check_agreement(driver, ["t"])


def test_it_gives_up_when_others_are_always_first(driver: Driver) -> None:
    base = driver.start("t")
    flow = driver.flows.apply("t", (ev.Progressed(message="ours"),), driver.now(), base=base)
    command = next(flow)
    for tries in range(1, TRIES):
        driver.apply("t", ev.Progressed(current=tries))
        command = flow.send(driver.execute(command))
        assert isinstance(command, CommitCall)
    driver.apply("t", ev.Progressed(current=TRIES))
    with pytest.raises(ConcurrentUpdate, match=f"changed by others {TRIES} times"):
        flow.send(driver.execute(command))
    assert driver.task("t").message == ""


def test_a_commit_compares_the_document_and_where_it_stands(driver: Driver) -> None:
    base = driver.start("t", "lease-1")
    document, here = driver.run(driver.flows.get("t")), facets_of(base.task)
    elsewhere = here._replace(lease="lease-2")
    for expected, before in (("", None), ("", here), ("x", here), (base.digest, elsewhere)):
        commit = Commit("t", expected, b"{}", before, here, 10**6, 2**50)
        assert driver.execute(CommitCall(commit)) == Committed(False, document, here)
    assert driver.run(driver.flows.get("t")) == document
    check_agreement(driver, ["t"])


def test_what_is_too_large_is_refused_or_clipped(driver: Driver) -> None:
    driver.start("t")
    large = ev.Progressed(current=1, results={"x": "y" * task_json.MAX_DOCUMENT_BYTES})
    with pytest.raises(TooLarge):
        driver.apply("t", large)
    assert driver.task("t").current_items == 0
    driver.apply("t", large, clip=True)
    assert driver.task("t").results["truncated"] is True
    assert driver.task("t").current_items == 1


CONTROLS = ["\0", "\n", "\x1b[2J", "\x7f", "\x9b", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_what_forges_a_line_is_in_no_name(driver: Driver, control: str) -> None:
    name = f"a{control}b"
    with pytest.raises(InvalidEvent, match="id has no control characters: 'a.*b'") as no:
        driver.create(name)
    assert control not in str(no.value)
    with pytest.raises(InvalidEvent, match="task_type"):
        driver.create("t", task_type=name)
    with pytest.raises(InvalidEvent, match="symbol"):
        driver.create("t", symbol=name)
    assert driver.ids(1, 10) == []
    driver.create("t", task_type="進 捗\xa0\u3000\u200b🗼", symbol="e\u0301\u202e")
    assert driver.ids(1, 10) == ["t"]


def test_flows_side_by_side_read_in_one_exchange_and_each_has_its_own_fault(driver: Driver) -> None:
    def unreadable() -> Flow[str]:
        try:
            return str(
                (yield from in_the_first(lambda keys: one(("EXISTS", keys.leases), str.upper)))
            )
        except TypeError:
            return "no text"

    for task_id in "ab":
        driver.create(task_id)
    known: list[Any] = [driver.flows.get(task_id) for task_id in "ab"]
    asked: list[Any] = []
    driver.drive(together([*known, unreadable()]), asked.append)
    assert len(asked) == 1
    known = [driver.flows.get(task_id) for task_id in "ab"]
    first, second, fault = driver.run(together([*known, unreadable()]))
    assert (b'"task_id":"a"' in first, b'"task_id":"b"' in second) == (True, True)
    assert fault == "no text"
