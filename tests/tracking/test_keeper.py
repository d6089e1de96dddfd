"""A keeper at work on a real store: what it settles besides runs whose lease ran out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
import redis

from progress_backend.flows import commands as c
from progress_backend.flows.stored_record import milliseconds
from progress_backend.record import events as ev
from progress_backend.record.model import Task, Worker
from progress_backend.record.task_json import decode
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.testing import wait_for_progress
from progress_backend.tracking.keeper import Keeper
from progress_backend.tracking.result_backend import Answers, AskBackend
from tests.clocks import set_monotonic
from tests.strangers import Stranger, answering, hanging_up, silent
from tests.waiting import eventually

LEASE = "worker@tests/1"
IDENTITY = ev.Identity(task_type="fetch_data")
StartKeeper = Callable[..., Keeper]


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    settings = Settings(redis_url=redis_url, lease_s=0.6, reap_interval_s=0.1)
    with Store(settings) as store:
        yield store


@pytest.fixture
def keep(store: Store) -> Iterator[StartKeeper]:
    """Start a keeper; arguments as Keeper's after the settings."""
    started: list[Keeper] = []

    def start(lease: str | None, ask: AskBackend | None, *at_work: object) -> Keeper:
        # To the checker they are objects.
        keeper = Keeper(store.settings, lease, ask, *at_work)  # type: ignore[arg-type]
        started.append(keeper)
        keeper.start()
        return keeper

    yield start
    for keeper in started:
        keeper.stop()


def begin(store: Store, task_id: str) -> None:
    started = ev.Started(identity=IDENTITY, worker=Worker(LEASE, "worker@tests"))
    store.run(store.flows.apply(task_id, (started,), store.now()))


def completed(store: Store) -> AskBackend:
    """A backend that knows that "done" has ended."""

    def ask(task_ids: Sequence[str]) -> Answers:
        end = ev.Completed(results={"saved": 4}, at=store.now())
        return {task_id: end if task_id == "done" else None for task_id in task_ids}

    return ask


def test_an_end_that_died_with_its_process_is_taken_from_the_result_backend(
    store: Store, keep: StartKeeper
) -> None:
    for task_id in ("done", "waits"):
        created = ev.Created(identity=IDENTITY)
        store.run(store.flows.apply(task_id, (created,), store.now()))
    keep(None, completed(store))
    assert wait_for_progress(store, "done", status="completed").results == {"saved": 4}
    assert wait_for_progress(store, "waits", status="created").revision == 1


def test_what_a_task_keeps_to_itself_is_not_taken_from_the_result_backend(
    store: Store, keep: StartKeeper
) -> None:
    created = ev.Created(identity=IDENTITY._replace(keeps_results=False))
    store.run(store.flows.apply("done", (created,), store.now()))
    keep(None, completed(store))
    assert wait_for_progress(store, "done", status="completed").results == {}


def test_a_run_that_its_living_worker_is_not_at_work_on_is_settled(
    store: Store, keep: StartKeeper
) -> None:
    for task_id in ("done", "gone", "works"):
        begin(store, task_id)
    keep(LEASE, completed(store), lambda: {"works"})
    assert wait_for_progress(store, "done", status="completed").attempt == 1
    lost = wait_for_progress(store, "gone", status="error")
    assert lost.error_cause == "lost"
    assert "worker@tests" in (lost.error_message or "")
    assert wait_for_progress(store, "works", status="running").revision == 1


def test_nothing_of_a_living_worker_is_judged_while_it_cannot_tell(
    store: Store, keep: StartKeeper
) -> None:
    for task_id in ("held", "done"):
        begin(store, task_id)
    began = store.now()
    keep(LEASE, completed(store), lambda: None)

    def long_after(_: Task) -> bool:
        return store.now() - began > timedelta(seconds=2 * store.settings.lease_s)

    assert wait_for_progress(store, "held", long_after).status == "running"


def test_an_end_of_an_earlier_task_with_the_id_is_not_taken(
    store: Store, keep: StartKeeper
) -> None:
    before = store.now() - timedelta(hours=1)
    created = ev.Created(identity=IDENTITY)
    for task_id in ("used again", "done"):
        store.run(store.flows.apply(task_id, (created,), store.now()))
    earlier = ev.Completed(at=before)
    keep(None, lambda ids: {i: end or earlier for i, end in completed(store)(ids).items()})
    assert wait_for_progress(store, "done", status="completed")
    assert wait_for_progress(store, "used again", status="created").revision == 1


def test_it_looks_around_each_interval_whatever_the_step_of_its_renewals(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(Settings(redis_url=redis_url, lease_s=30, reap_interval_s=15), LEASE, None)
    clock, renewed, looked = [0.0], list[float](), list[float]()

    def wait(seconds: float) -> None:
        clock[0] += seconds

    set_monotonic(monkeypatch, lambda: clock[0])
    monkeypatch.setattr(keeper, "_stop", SimpleNamespace(is_set=lambda: clock[0] > 60, wait=wait))
    monkeypatch.setattr(keeper, "_renew", lambda: renewed.append(clock[0]))
    monkeypatch.setattr(keeper, "_reap", lambda: looked.append(clock[0]))
    keeper._work()
    assert looked == [0, 15, 30, 45, 60]
    assert max(b - a for a, b in pairwise(renewed)) <= 10


STEP_S = 0.05
#: Longer than a keeper waits for the store.
AWAY = {
    "gone": None,
    "hangs": silent,
    "closes": hanging_up,
    "no_redis": answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
}


@pytest.mark.parametrize(
    ("away", "lease"), [*((away, LEASE) for away in AWAY), ("hangs", None)], ids=str
)
def test_it_tries_a_store_that_is_away_once_a_step_and_says_so_once(
    away: str, lease: str | None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also once its time to look around has come."""
    tries = list[float]()
    # An earlier test's store may have had this port a moment ago.
    monkeypatch.setattr("progress_backend.store.outage_log._outages", {})
    with Stranger(AWAY[away] or hanging_up) as stranger:
        if AWAY[away] is None:
            stranger.close()
        keeper = Keeper(Settings(stranger.url, lease_s=3 * STEP_S, reap_interval_s=9), lease, None)
        renew = keeper._renew

        def counted() -> None:
            tries.append(time.monotonic())
            renew()

        monkeypatch.setattr(keeper, "_renew", counted)
        began = time.monotonic()
        keeper.start()
        eventually(lambda: len(tries) > 6)
        assert time.monotonic() - began > 5 * STEP_S
        said = [record for record in caplog.records if "does not answer" in record.getMessage()]
        keeper.stop()
    assert len(said) == 1, caplog.text
    assert not [record for record in caplog.records if record.exc_info], "no traceback"


def test_whatever_fails_is_tried_once_a_step_and_its_traceback_is_one(
    redis_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = list[float]()

    def fails() -> None:
        tries.append(time.monotonic())
        raise RuntimeError("something else")

    keeper = Keeper(Settings(redis_url, lease_s=3 * STEP_S), None, None)
    monkeypatch.setattr(keeper, "_renew", fails)
    keeper.start()
    eventually(lambda: len(tries) > 5)
    keeper.stop()
    assert min(b - a for a, b in pairwise(tries)) >= STEP_S * 0.9
    assert sum(record.exc_info is not None for record in caplog.records) == 1


def test_a_living_workers_lease_is_renewed_once_a_step(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()

        def renewals() -> int:
            return int(client.info("commandstats").get("cmdstat_zadd", {}).get("calls", 0))

        keeper = Keeper(Settings(redis_url, lease_s=3 * STEP_S, reap_interval_s=9), LEASE, None)
        began = time.monotonic()
        keeper.start()
        seen = eventually(lambda: max(renewals() - 5, 0)) + 5
        passed = time.monotonic() - began
        keeper.stop()
    assert seen <= passed / STEP_S + 2


def test_looks_that_take_longer_than_their_interval_leave_a_pause(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(Settings(redis_url=redis_url, lease_s=30, reap_interval_s=15), LEASE, None)
    clock, waits = [0.0], list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    def reap() -> None:
        clock[0] += 20

    set_monotonic(monkeypatch, lambda: clock[0])
    monkeypatch.setattr(keeper, "_stop", SimpleNamespace(is_set=lambda: clock[0] > 90, wait=wait))
    monkeypatch.setattr(keeper, "_renew", lambda: None)
    monkeypatch.setattr(keeper, "_reap", reap)
    keeper._work()
    assert waits
    assert min(waits) >= 1


def apply(store: Store, task_id: str, *events: ev.Event) -> Task:
    return store.run(store.flows.apply(task_id, events, store.now())).task


def read(store: Store, task_id: str) -> Task:
    document = store.run(store.flows.get(task_id))
    assert document is not None
    return decode(document)


@pytest.mark.parametrize("ask", [None, dict.fromkeys], ids=["no backend", "asked"])
def test_what_expired_in_a_queue_is_cancelled_some_time_after(
    keep: StartKeeper, store: Store, ask: AskBackend | None
) -> None:
    """The broker may have dropped the message; nobody tells of that."""
    soon = store.now() + timedelta(seconds=0.5)
    created = ev.Created(identity=IDENTITY, expires=soon)
    began = ev.Started(identity=IDENTITY, worker=Worker(LEASE, "worker@tests"))
    apply(store, "waits", created)
    apply(store, "paused", created, ev.Paused())
    apply(store, "retries", created, began, ev.Retried(attempt=1, retries=1))
    apply(store, "later", replace(created, expires=soon + timedelta(hours=1)))
    apply(store, "runs", created, began)
    apply(store, "by itself", created, replace(began, worker=None))
    keep(LEASE, ask)
    for task_id in ("waits", "paused", "retries"):
        eventually(lambda: read(store, task_id).status == "cancelled")  # noqa: B023
        told = read(store, task_id)
        assert told.message == "タスクの有効期限が切れました"
        assert told.control is not None
        assert told.control["reason"] == "expired"
        assert told.completed_at is not None
        assert told.completed_at >= soon + timedelta(seconds=store.settings.lease_s)
    statuses = {task_id: read(store, task_id).status for task_id in ("later", "runs", "by itself")}
    assert statuses == {"later": "created", "runs": "running", "by itself": "running"}


def test_what_celery_ended_itself_and_nobody_began_again_is_lost(
    keep: StartKeeper, store: Store
) -> None:
    """Once its message's time is over, and not by what Celery notes of its own."""
    revoked = ev.Cancelled(by="celery", reason=ev.STORED, at=store.now() + timedelta(seconds=60))
    began = ev.Started(identity=IDENTITY, worker=Worker(LEASE, "worker@tests"), again_s=1.0)
    apply(store, "t", began, ev.Requeued(owner=LEASE, again_s=1.0))
    until = read(store, "t").delivery
    assert until is not None
    assert until.again_until is not None
    keep(LEASE, lambda task_ids: dict.fromkeys(task_ids, revoked))
    eventually(lambda: read(store, "t").status == "error")
    told = read(store, "t")
    assert told.error_cause == "lost"
    assert told.delivery is not None
    assert told.delivery.again_until is None  # for good
    assert told.error_message == "ブローカーからタスクのメッセージが再配信されませんでした"
    assert told.completed_at is not None
    assert told.completed_at >= until.again_until


def test_a_living_worker_is_not_said_to_have_stopped_answering(
    keep: StartKeeper, store: Store
) -> None:
    """Its broker took the message from it, and gave it up: an acknowledgement's time-out, a
    delivery limit."""
    begin(store, "t")
    keep(LEASE, None, set)
    eventually(lambda: read(store, "t").status == "error")
    told = read(store, "t")
    assert told.error_message == "ワーカー worker@tests はこのタスクを実行していません"
    assert "失われました" not in told.message


def test_what_a_worker_that_ends_has_not_acknowledged_goes_back(
    store: Store,
) -> None:
    late = ev.Started(identity=IDENTITY, worker=Worker(LEASE, "worker@tests"), again_s=3_600.0)
    apply(store, "late", late)
    apply(store, "early", replace(late, again_s=None))
    apply(store, "other", replace(late, worker=Worker("other/1", "other")))
    # What it asks of the store may take a part of a lease.
    Keeper(replace(store.settings, lease_s=60), LEASE, None).stop()
    assert (read(store, "late").status, read(store, "late").worker) == ("running", None)
    for task_id in ("early", "other"):
        assert read(store, task_id).worker is not None


def test_a_worker_that_was_frozen_takes_back_the_runs_that_it_has(
    keep: StartKeeper, store: Store
) -> None:
    """But none that has ended, was cancelled or has another run since."""
    worker = Worker(LEASE, "worker@tests", run=3)
    workers = dict.fromkeys(("late", "other", "gone", "ended", "cancelled", "again"), worker)
    workers["eager"] = Worker(LEASE, "worker@tests", task="late")
    for task_id, each in workers.items():
        apply(store, task_id, ev.Started(identity=IDENTITY, worker=each))
    apply(store, "late", ev.Progressed(attempt=1, current=3, total=4, message="its own"))
    frozen, goes_on = threading.Event(), threading.Event()

    def at_work() -> dict[str, set[int]]:
        frozen.set()
        goes_on.wait(20)
        return {**{task_id: {3} for task_id in workers if task_id != "gone"}, "other": {4}}

    keep(LEASE, None, at_work)
    assert frozen.wait(20)
    eventually(lambda: store.execute(c.LeaseEnd("late", LEASE)) < milliseconds(store.now()))
    for task_id in workers:
        revision = read(store, task_id).revision
        apply(store, task_id, ev.Lost(lease=LEASE, error_message="silent", revision=revision))
    apply(store, "ended", ev.Failed(owner=LEASE, error_message="killed", cause="worker_lost"))
    apply(store, "cancelled", ev.Cancelled(by="api"))
    another = Worker("other/1", "other@tests")
    apply(store, "again", ev.Started(identity=IDENTITY, worker=another, redelivered=True))
    goes_on.set()
    assert wait_for_progress(store, "late", status="running").message == "処理中... (3/4)"
    assert wait_for_progress(store, "eager", status="running").attempt == 1
    causes = {task_id: read(store, task_id).error_cause for task_id in ("other", "gone", "ended")}
    assert causes == {"other": "lost", "gone": "lost", "ended": "worker_lost"}
    assert read(store, "cancelled").status == "cancelled"
    assert (read(store, "again").worker, read(store, "again").attempt) == (another, 2)


def test_the_result_backend_is_asked_again_about_a_lost_run(
    keep: StartKeeper, store: Store
) -> None:
    """A lease after the loss, and when its message comes no more: the run may have ended after all,
    with a worker that could not reach the store and was killed then."""
    apply(store, "done", ev.Started(identity=IDENTITY, worker=Worker(LEASE, "worker@tests")))
    again = ev.Started(identity=IDENTITY, worker=Worker(LEASE, "worker@tests"), again_s=1.5)
    for task_id in ("late", "never", "unheard"):
        apply(store, task_id, again)
    store.execute(c.Renew(LEASE, milliseconds(store.now())))
    asked: list[tuple[str, bool]] = []

    def ask(task_ids: Sequence[str]) -> Answers:
        answers: Answers = {}
        for task_id in task_ids:
            task = read(store, task_id)
            over = task.again_until is not None and task.again_until < store.now()
            asked.append((task_id, task.ended))
            ends = task.ended if task_id == "done" else over and task_id != "never"
            if task_id != "unheard" or not task.ended or asked.count((task_id, True)) > 2:
                done = ev.Completed(results={"saved": 4}, at=store.now())
                answers[task_id] = done if ends else None
        return answers

    keep(None, ask)
    assert wait_for_progress(store, "done", status="completed").results == {"saved": 4}
    assert ("done", False) in asked
    for task_id in ("late", "unheard"):
        assert wait_for_progress(store, task_id, status="completed").attempt == 1
    eventually(lambda: store.execute(c.ToAsk(milliseconds(store.now()) + 3_600_000, 9)) == [])
    assert read(store, "never").error_cause == "lost"
    assert len([each for each, _ in asked if each == "never"]) == 3, asked
