"""A sender in a process that is short of threads, or of time."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from progress_backend.errors import StoreUnavailable
from progress_backend.operations import stacks, streams, workflows
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.record.workflow import WorkflowCounts
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.runs.values import TOGETHER
from progress_backend.runs.writer import Entry, Outcome
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.clocks import set_monotonic
from tests.conftest import StartServer
from tests.stopwatch import timed
from tests.waiting import PATIENCE_S, eventually

IDENTITY = ev.Identity(task_type="fetch_data", total_items=10)


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    with Store(Settings(redis_url=redis_url, update_interval_s=0)) as store:
        yield store


@pytest.fixture
def sender(store: Store) -> Iterator[Sender]:
    sender = Sender(store, None, closing_s=0.3)
    yield sender
    sender.stop()


def begun(sender: Sender) -> Run:
    """A run with a recorded start."""
    run = Run("t", IDENTITY, sender)
    sender.record(run, "t", ev.Started(identity=IDENTITY))
    sender.opened(run)
    return run


def away(*_: Any) -> None:
    raise StoreUnavailable("away")


def test_without_a_thread_a_job_goes_on_and_its_value_waits_for_one(
    store: Store, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, start = threading.get_ident(), threading.Thread.start

    def refused(self: threading.Thread) -> None:
        if threading.get_ident() != mine:  # the run's API
            return start(self)
        raise RuntimeError("can't start new thread")

    run = begun(sender)
    monkeypatch.setattr(threading.Thread, "start", refused)
    run.offer(1)
    monkeypatch.undo()
    run.offer(2)
    eventually(lambda: b'"current":2' in store.run(store.flows.get("t")))


def test_a_value_waits_for_its_interval_and_the_newest_is_recorded(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(Settings(redis_url=redis_url, update_interval_s=3_600))
    sender = Sender(store, None, closing_s=0.3)
    run = begun(sender)

    def recorded(current: int) -> bool:
        return f'"current":{current},'.encode() in (store.run(store.flows.get("t")) or b"")

    run.offer(1)
    eventually(lambda: recorded(1), what="the first is recorded at once")
    run.offer(2)
    sender.flush()
    assert recorded(1)
    run.offer(3)
    later = time.monotonic() + 3_600
    with monkeypatch.context() as patched:
        set_monotonic(patched, lambda: later)
        sender.flush()
    assert recorded(3)
    sender.stop()


@pytest.mark.parametrize("looks", [False, True])
def test_a_callers_text_stays_until_the_next_change_of_the_run_after_it(
    redis_url: str, looks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that the run had set before, and that waits for its turn, leaves it; also where the
    run reads its record before that turn."""
    asked = ev.Progressed(current=7, message="looking into it")

    def shown() -> tuple[str, int]:
        body = json.loads(store.run(store.flows.get("t")))
        return body["current_status"], body["progress"]["current"]

    with Store(Settings(redis_url=redis_url, update_interval_s=3_600)) as store:
        sender = Sender(store, None, closing_s=0)
        monkeypatch.setattr(sender, "wake", lambda: None)  # its thread would write beside it
        run = begun(sender)
        for count in (1, 2):
            run.offer(count, message=f"item {count}")
            sender.flush(everything=count == 1)
        store.run(store.flows.ask("t", (asked,), store.now()))
        if looks:
            sender.writer.look([run])
        sender.flush(everything=True)
        assert shown() == ("looking into it", 2)
        run.offer(3, message="item 3")
        sender.flush(everything=True)
        assert shown() == ("item 3", 3)
        store.run(store.flows.ask("t", (asked,), store.now()))
        sender.writer.look([run])  # nothing waits
        run.offer(4)
        sender.flush(everything=True)
        assert shown() == ("処理中... (4/10)", 4)
        sender.stop()


def test_the_end_of_a_process_is_bounded_however_slow_its_store_answers(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = list[object]()

    def slow(several: Sequence[Entry], _: datetime) -> list[None]:
        tries.append(several)
        time.sleep(0.1)  # that is how slow the store is
        return [None] * len(several)

    monkeypatch.setattr(sender, "wake", lambda: None)  # the thread would try beside it
    monkeypatch.setattr(sender.writer, "apply", away)
    for number in range(50 * TOGETHER):
        sender.record(None, f"t{number}", ev.Created(identity=IDENTITY))
    monkeypatch.setattr(sender.writer, "apply_together", slow)
    sender.writer.thread.succeeded()
    sender.stop()
    assert len(tries) <= 3, "0.3 s of them"


def test_the_end_of_a_process_stores_no_traceback_that_its_thread_stores(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(store, None, closing_s=60)  # both are stored, however busy the machine is
    run, execute, under_way = begun(sender), store.execute, threading.Event()
    mine = threading.get_ident()

    def slow(call: Any) -> Any:
        if threading.get_ident() != mine:
            under_way.set()
            threading.Event().wait(0.05)  # that is how slow the store is
        return execute(call)

    monkeypatch.setattr(store, "execute", slow)
    for number in range(2):
        sender.failed(run, f"ValueError: {number}")
    assert under_way.wait(60)
    sender.stop()
    eventually(lambda: sender._thread is None or not sender._thread.is_alive())
    assert len(store.execute(stacks.kept("t"))) == 2


def test_the_end_of_a_process_stores_all_that_waits_beside_the_values(
    store: Store, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_closing_s", PATIENCE_S)
    monkeypatch.setattr(sender, "wake", lambda: None)  # the thread does nothing
    run, born = begun(sender), ev.Created(identity=IDENTITY)
    for number in range(20):
        sender.failed(run, f"ValueError: {number}")
    run.write("error", "why it ends")
    sender.leaves_lines(run)
    sender.plan((None, f"planned-{number}", (born,)) for number in range(600))
    sender.stop()
    assert b"ValueError: 19" in store.execute(stacks.kept("t"))[-1], "the newest three are kept"
    assert len(store.execute(streams.lines("t", None, 10)).lines) == 1
    assert store.run(store.flows.get("planned-599")) is not None


def test_the_end_of_a_process_is_bounded_where_a_traceback_waits_for_a_store_that_hangs(
    start_server: StartServer,
) -> None:
    """Neither a call of its own nor the thread's takes longer."""
    server = start_server()
    with Store(Settings(redis_url=server.url), PATIENCE_S) as store:
        sender = Sender(store, None, closing_s=0.3)
        run = begun(sender)
        server.pause()
        sender.failed(run, "ValueError: no")
        eventually(sender._round.locked)
        assert timed(sender.stop) < 2
        server.resume()


def test_an_end_has_the_value_of_a_write_without_a_reply(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write may fail after the end, and nothing gives the value to a run that is over."""
    run = begun(sender)
    under_way, over = threading.Event(), threading.Event()

    def without_reply(*_: Any) -> None:
        under_way.set()
        assert over.wait(60)
        raise StoreUnavailable("away")

    monkeypatch.setattr(sender.writer, "values", without_reply)
    run.offer(7, 9)
    assert under_way.wait(60)
    run.close()
    newest = run.newest()
    over.set()
    assert (newest.current, newest.total) == (7, 9)


def test_the_last_lines_of_a_run_wait_for_the_store(
    store: Store, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = store.execute

    def texts() -> list[str]:
        with store.within(10):
            lines = execute(streams.lines("t", None, 10)).lines
        return [json.loads(line)["text"] for _, line in lines]

    run = begun(sender)
    run.write("info", "it begins")
    eventually(lambda: texts() == ["it begins"])
    monkeypatch.setattr(store, "run", away)
    monkeypatch.setattr(store, "execute", away)
    run.write("error", "why it ends")
    sender.store_log(run)
    sender.record(run, "t", ev.Completed())
    sender.ended(run)
    assert texts() == ["it begins"]
    monkeypatch.undo()
    eventually(lambda: texts() == ["it begins", "why it ends"])
    assert b'"completed"' in store.run(store.flows.get("t"))


def test_after_a_late_reply_a_publish_does_not_wait_for_the_store(
    store: Store, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start does: its reply has the record's status."""
    asked = list[str]()

    def late(run: Run | None, task_id: str, *_: Any) -> None:
        asked.append(task_id)
        raise StoreUnavailable("away", late=True)

    monkeypatch.setattr(sender.writer, "apply", late)
    monkeypatch.setattr(sender, "wake", lambda: None)  # the thread would close the breaker
    monkeypatch.setattr(sender.writer.jobs, "_again_s", 60.0)
    born, start = ev.Created(identity=IDENTITY), ev.Started(identity=IDENTITY)
    for task_id, event in (("a", born), ("b", born), ("c", start), ("d", start)):
        sender.record(None, task_id, event)
    assert asked == ["a", "c"]


def test_what_fails_by_itself_holds_up_nothing_else_in_the_outbox(
    store: Store, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round trip with it fails; after a failure the first task goes alone."""
    together = sender.writer.apply_together

    def apply(several: Sequence[Entry], now: datetime) -> list[Outcome]:
        if "poison" in {task_id for _, task_id, _ in several}:
            raise StoreUnavailable("the progress store refuses")
        return together(several, now)

    monkeypatch.setattr(sender.writer, "apply_together", apply)
    sender.writer.jobs.failed()
    with sender._kept_events.sending:  # the first one's success closes the breaker
        for task_id in ("a", "poison", "b"):
            assert sender.record(None, task_id, ev.Created(identity=IDENTITY)) is None
    eventually(lambda: store.run(store.flows.get("b")))
    assert store.run(store.flows.get("poison")) is None


def test_an_end_follows_what_its_run_has_published(store: Store, sender: Sender) -> None:
    member = Member(("w",))
    run = Run("a", IDENTITY._replace(member=member), sender)
    sender.record(None, "b", ev.Planned(identity=run.identity))
    sender.record(run, "a", ev.Started(identity=run.identity))
    later = ev.Created(identity=run.identity._replace(parent_id="a"))

    def figures() -> WorkflowCounts:
        found: WorkflowCounts = store.execute(workflows.figures("w", 0))
        return found

    with sender._kept_events.sending:  # the thread gets to nothing
        sender._keep(None, "b", (later,))
        assert sender.record(run, "a", ev.Completed()) is None
        assert (figures().count("running"), figures().planned) == (1, 1)
    eventually(lambda: figures().count("completed") == 1)
    assert (figures().planned, figures().open) == (0, 1)


def test_an_older_runs_value_waits_with_its_success(store: Store, sender: Sender) -> None:
    """Both were kept while the store was away; the newer run has failed."""
    older = begun(sender)
    newer = begun(sender)
    failed = ev.Failed(error_message="it broke")
    assert sender.record(newer, "t", ev.Progressed(current=3), failed)
    sender.writer.jobs.failed()
    with sender._kept_events.sending:  # the first one's success closes the breaker
        assert sender.record(older, "t", ev.Progressed(current=10), ev.Completed()) is None
    eventually(lambda: stored(store, "t")["status"] == "completed")
    assert stored(store, "t")["progress"]["current"] == 10


class Torn(dict[str, Any]):
    """A user's own mapping that cannot be read."""

    def items(self) -> Any:
        raise RuntimeError("torn")


def stored(store: Store, task_id: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(store.run(store.flows.get(task_id)) or b"{}")
    return document


def test_an_end_is_recorded_without_values_that_cannot_be_read(
    store: Store, sender: Sender
) -> None:
    run = begun(sender)
    value = ev.Progressed(current=3, details=Torn(a=1))
    assert sender.record(run, "t", value, ev.Completed(results={"rows": Torn(b=1)})) is not None
    ended = stored(store, "t")
    assert (ended["status"], ended["results"], ended["progress"]["current"]) == ("completed", {}, 3)


def test_a_value_that_cannot_be_read_holds_up_no_other_runs(store: Store, sender: Sender) -> None:
    runs = [Run(task_id, IDENTITY, sender) for task_id in ("torn", "well")]
    for run in runs:
        sender.record(run, run.task_id, ev.Started(identity=IDENTITY))
        sender.opened(run)
    with sender._kept_events.sending:
        for run in runs:
            run.offer(3, None, None, {"rows": Torn(a=1)} if run.task_id == "torn" else None)
    for task_id in ("well", "torn"):
        eventually(lambda task_id=task_id: stored(store, task_id)["progress"]["current"] == 3)


@pytest.mark.parametrize("calls", [0, 1])
def test_a_block_without_a_call_is_no_reply_of_the_store(
    store: Store, sender: Sender, calls: int
) -> None:
    store.ready()
    writer = sender.writer
    for breaker in (writer.jobs, writer.thread):
        breaker.failed()
        with writer.waiting(breaker):
            for _ in range(calls):
                store.execute(streams.lines("t", None, 1))
        assert breaker.away == (not calls)


def test_an_end_that_a_soft_time_limit_interrupts_is_recorded_by_the_thread(
    store: Store, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, apply = begun(sender), sender.writer.apply

    def limited(*_: Any) -> None:
        monkeypatch.setattr(sender.writer, "apply", apply)
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(sender.writer, "apply", limited)
    with pytest.raises(SoftTimeLimitExceeded):
        sender.record(run, "t", ev.Completed(results={"rows": 3}))
    eventually(lambda: stored(store, "t")["status"] == "completed")
    assert stored(store, "t")["results"] == {"rows": 3}
