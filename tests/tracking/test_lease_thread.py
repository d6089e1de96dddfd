"""A keeper at work on a real store: what it settles besides runs of expired leases."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest

from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.model import Task, Worker
from progress_backend.record.task_json import decode
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.testing import wait_for_progress
from progress_backend.tracking.lease_thread import LeaseThread
from progress_backend.tracking.result_backend import Answers, AskBackend
from tests.clocks import set_monotonic
from tests.servers import user_without
from tests.strangers import OtherServer, Serve, hanging_up, silent
from tests.waiting import PATIENCE_S, eventually

LEASE = "worker@tests/1"
IDENTITY = ev.Identity(task_type="fetch_data")
StartKeeper = Callable[..., LeaseThread]


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    settings = Settings(redis_url=redis_url, lease_s=1.5, reap_interval_s=0.1)
    with Store(settings) as store:
        yield store


@pytest.fixture
def keep(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartKeeper]:
    """Start a keeper; arguments as LeaseThread's after the settings."""
    started: list[tuple[LeaseThread, threading.Event]] = []

    def start(lease: str | None, ask: AskBackend | None, *at_work: object) -> LeaseThread:
        # To the checker they are objects.
        keeper = LeaseThread(store.settings, lease, ask, *at_work)  # type: ignore[arg-type]
        work, over = keeper._work, threading.Event()

        def works() -> None:
            work()
            over.set()

        monkeypatch.setattr(keeper, "_work", works)
        started.append((keeper, over))
        keeper.start()
        return keeper

    yield start
    for keeper, over in started:
        keeper.stop()
        assert over.wait(PATIENCE_S)  # else it would write into the next test's store


def apply(store: Store, task_id: str, *events: ev.Event) -> Task:
    return store.run(store.flows.apply(task_id, events, store.now())).task


def read(store: Store, task_id: str) -> Task:
    document = store.run(store.flows.get(task_id))
    assert document is not None
    return decode(document)


CREATED = ev.Created(identity=IDENTITY)
BEGUN = ev.Started(identity=IDENTITY, worker=Worker(LEASE, "worker@tests"))


def completed(store: Store) -> AskBackend:
    """A backend that knows that "done" has ended."""

    def ask(task_ids: Sequence[str]) -> Answers:
        end = ev.Completed(results={"saved": 4}, at=store.now())
        return {task_id: end if task_id == "done" else None for task_id in task_ids}

    return ask


def test_an_end_that_died_with_its_process_is_taken_from_the_result_backend(
    store: Store, keep: StartKeeper
) -> None:
    """But none of an earlier task with the id."""
    for task_id in ("done", "waits", "used again"):
        apply(store, task_id, CREATED)
    earlier = ev.Completed(at=store.now() - timedelta(hours=1))

    def ask(task_ids: Sequence[str]) -> Answers:
        answers = completed(store)(task_ids)
        return {**answers, "used again": earlier} if "used again" in answers else answers

    keep(None, ask)
    assert wait_for_progress(store, "done", status="completed").results == {"saved": 4}
    for task_id in ("waits", "used again"):
        assert wait_for_progress(store, task_id, status="created").revision == 1


def test_what_a_task_keeps_to_itself_is_not_taken_from_the_result_backend(
    store: Store, keep: StartKeeper
) -> None:
    apply(store, "done", ev.Created(identity=IDENTITY._replace(keeps_results=False)))
    keep(None, completed(store))
    assert wait_for_progress(store, "done", status="completed").results == {}


def test_a_run_that_its_living_worker_is_not_at_work_on_is_settled(
    store: Store, keep: StartKeeper
) -> None:
    for task_id in ("done", "gone", "works"):
        apply(store, task_id, BEGUN)
    keep(LEASE, completed(store), lambda: {"works"})
    assert wait_for_progress(store, "done", status="completed").attempt == 1
    lost = wait_for_progress(store, "gone", status="error")
    assert lost.error_cause == "lost"
    assert "worker@tests" in (lost.error_message or "")
    assert wait_for_progress(store, "works", status="running").revision == 1


def test_no_run_of_a_living_worker_is_judged_while_its_list_is_unknown(
    store: Store, keep: StartKeeper
) -> None:
    for task_id in ("held", "done"):
        apply(store, task_id, BEGUN)
    until = store.now() + timedelta(seconds=2 * store.settings.lease_s)
    keep(LEASE, completed(store), lambda: None)
    held = wait_for_progress(store, "held", lambda _: store.now() > until)
    assert (held.status, read(store, "done").status) == ("running", "running")


@pytest.mark.parametrize(
    ("takes_s", "looked"),
    [
        (0, [0, 15, 30, 45, 60]),
        (20, [0, 21, 42]),  # there is a pause between two looks
    ],
)
def test_a_living_workers_lease_is_renewed_once_a_step(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, takes_s: float, looked: list[float]
) -> None:
    """And it looks around each interval."""
    keeper = LeaseThread(Settings(redis_url=redis_url, lease_s=30, reap_interval_s=15), LEASE, None)
    clock, renewed, looks = [0.0], list[float](), list[float]()

    def passes(seconds: float) -> None:
        clock[0] += seconds

    def reap() -> None:
        looks.append(clock[0])
        passes(takes_s)

    set_monotonic(monkeypatch, lambda: clock[0])
    stop = SimpleNamespace(is_set=lambda: clock[0] > 60, wait=passes)
    monkeypatch.setattr(keeper, "_stop", stop)
    monkeypatch.setattr(keeper, "_renew", lambda: renewed.append(clock[0]))
    monkeypatch.setattr(keeper, "_reap", reap)
    keeper._work()
    assert looks == looked
    steps = [b - a for a, b in pairwise(renewed)]
    assert max(steps) <= 10 + 2 * takes_s
    assert len(renewed) <= 15, "no more often than a step and a look ask for"


STEP_S = 0.05


@pytest.mark.parametrize(("away", "lease"), [(hanging_up, LEASE), (silent, LEASE), (silent, None)])
def test_it_tries_a_store_that_is_away_once_a_step_and_says_so_once(
    away: Serve,
    lease: str | None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also once its time to look around has come."""
    tries = list[float]()
    with OtherServer(away) as server:
        keeper = LeaseThread(
            Settings(server.url, lease_s=3 * STEP_S, reap_interval_s=9), lease, None
        )
        renew = keeper._renew

        def counted() -> None:
            tries.append(time.monotonic())
            renew()

        monkeypatch.setattr(keeper, "_renew", counted)
        began = time.monotonic()
        keeper.start()
        eventually(lambda: len(tries) > 6)
        assert time.monotonic() - began > 5 * STEP_S
        logged = [record for record in caplog.records if "does not answer" in record.getMessage()]
        keeper.stop()
    assert len(logged) == 1, caplog.text
    assert not [record for record in caplog.records if record.exc_info], "no traceback"


def test_whatever_fails_is_tried_once_a_step_and_its_traceback_is_one(
    redis_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = list[float]()

    def fails() -> None:
        tries.append(time.monotonic())
        raise RuntimeError("something else")

    keeper = LeaseThread(Settings(redis_url, lease_s=3 * STEP_S), None, None)
    monkeypatch.setattr(keeper, "_renew", fails)
    keeper.start()
    eventually(lambda: len(tries) > 5)
    keeper.stop()
    assert min(b - a for a, b in pairwise(tries)) >= STEP_S * 0.9
    assert sum(record.exc_info is not None for record in caplog.records) == 1


@pytest.mark.parametrize("ask", [None, dict.fromkeys], ids=["no backend", "asked"])
def test_what_expired_in_a_queue_is_cancelled_some_time_after(
    keep: StartKeeper, store: Store, ask: AskBackend | None
) -> None:
    """The broker may have dropped the message, which it does not report."""
    soon = store.now() + timedelta(seconds=0.5)
    created = CREATED.replace(expires=soon)
    apply(store, "waits", created)
    apply(store, "paused", created, ev.Paused())
    apply(store, "retries", created, BEGUN, ev.Retried(attempt=1, retries=1))
    apply(store, "later", created.replace(expires=soon + timedelta(hours=1)))
    apply(store, "runs", created, BEGUN)
    apply(store, "by itself", created, BEGUN.replace(worker=None))
    keep(LEASE, ask)
    for task_id in ("waits", "paused", "retries"):
        eventually(lambda: read(store, task_id).status == "cancelled")  # noqa: B023
        stored = read(store, task_id)
        assert stored.message == "タスクの有効期限が切れました"
        assert stored.control["reason"] == "expired"
        assert stored.completed_at >= soon + timedelta(seconds=store.settings.lease_s)
    statuses = {task_id: read(store, task_id).status for task_id in ("later", "runs", "by itself")}
    assert statuses == {"later": "created", "runs": "running", "by itself": "running"}


def test_a_task_that_celery_revoked_and_did_not_run_again_is_lost(
    keep: StartKeeper, store: Store
) -> None:
    """Once its message's time is over, and not by what Celery notes of its own."""
    revoked = ev.Cancelled(by="celery", reason=ev.STORED, at=store.now() + timedelta(seconds=60))
    apply(store, "t", BEGUN.replace(again_s=1.0), ev.Requeued(owner=LEASE, again_s=1.0))
    until = read(store, "t").again_until
    assert until is not None
    keep(LEASE, lambda task_ids: dict.fromkeys(task_ids, revoked))
    eventually(lambda: read(store, "t").status == "error")
    stored = read(store, "t")
    assert stored.error_cause == "lost"
    assert stored.again_until is None  # for good
    assert stored.error_message == "ブローカーからタスクのメッセージが再配信されませんでした"
    assert stored.completed_at >= until


def test_the_error_does_not_call_a_living_worker_lost(keep: StartKeeper, store: Store) -> None:
    """Its broker took the message from it, and gave it up: an acknowledgement's time-out, a
    delivery limit."""
    apply(store, "t", BEGUN)
    keep(LEASE, None, set)
    eventually(lambda: read(store, "t").status == "error")
    stored = read(store, "t")
    assert stored.error_message == "ワーカー worker@tests はこのタスクを実行していません"
    assert "失われました" not in stored.message


def test_what_a_worker_that_ends_has_not_acknowledged_goes_back(store: Store) -> None:
    late = BEGUN.replace(again_s=3_600.0)
    apply(store, "late", late)
    apply(store, "early", BEGUN)
    apply(store, "other", late.replace(worker=Worker("other/1", "other")))
    # What it asks of the store may take a part of a lease.
    LeaseThread(replace(store.settings, lease_s=60), LEASE, None).stop()
    assert (read(store, "late").status, read(store, "late").worker) == ("running", None)
    for task_id in ("early", "other"):
        assert read(store, task_id).worker is not None


def test_what_the_store_refuses_of_a_lease_ends_nothing_else_of_it(
    redis_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Redis user has no right to the set of the lease's runs."""
    with user_without(redis_url, store.keys.lease_tasks(LEASE)) as url:
        settings, refused = (
            replace(store.settings, redis_url=url, lease_s=60),
            leases.held(LEASE, 1),
        )
        keeper = LeaseThread(settings, LEASE, None, markings=refused)  # type: ignore[arg-type]
        monkeypatch.setattr(keeper, "_reap", keeper._stop.set)  # one round
        keeper._work()
        assert keeper._answering is not None
        keeper.stop()
    assert store.execute(leases.ends_at(LEASE)) == 0


def test_a_lease_that_is_renewed_while_it_ends_has_ended(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = LeaseThread(replace(store.settings, lease_s=60), LEASE, None)
    measured = keeper._measure_clock

    def stops() -> bool:
        keeper.stop()
        return measured()

    monkeypatch.setattr(keeper, "_measure_clock", stops)
    keeper._renew()
    assert store.execute(leases.ends_at(LEASE)) == 0


def test_a_worker_that_was_frozen_takes_back_the_runs_that_it_has(
    keep: StartKeeper, store: Store
) -> None:
    """But none that has ended, was cancelled or has another run since."""
    worker = Worker(LEASE, "worker@tests", run=3)
    workers = dict.fromkeys(("late", "other", "gone", "ended", "cancelled", "again"), worker)
    workers["eager"] = Worker(LEASE, "worker@tests", task="late")
    for task_id, each in workers.items():
        apply(store, task_id, BEGUN.replace(worker=each))
    apply(store, "late", ev.Progressed(attempt=1, current=3, total=4, message="its own"))
    frozen, goes_on = threading.Event(), threading.Event()

    def at_work() -> dict[str, set[int]]:
        frozen.set()
        goes_on.wait(60)
        return {**{task_id: {3} for task_id in workers if task_id != "gone"}, "other": {4}}

    keep(LEASE, None, at_work)
    assert frozen.wait(60)
    eventually(lambda: store.execute(leases.ends_at(LEASE)) < milliseconds(store.now()))
    for task_id in workers:
        revision = read(store, task_id).revision
        apply(store, task_id, ev.Lost(lease=LEASE, error_message="silent", revision=revision))
    apply(store, "ended", ev.Failed(owner=LEASE, error_message="killed", cause="worker_lost"))
    apply(store, "cancelled", ev.Cancelled(by="api"))
    another = Worker("other/1", "other@tests")
    apply(store, "again", BEGUN.replace(worker=another, redelivered=True))
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
    """From a lease after the loss on: the run may have ended after all, with a worker that could
    not reach the store and was killed then."""
    apply(store, "done", BEGUN)
    for task_id in ("late", "never", "unheard"):
        apply(store, task_id, BEGUN.replace(again_s=1.5))
    store.execute(leases.renew(LEASE, milliseconds(store.now())))
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
    every = milliseconds(store.now()) + 3_600_000
    eventually(lambda: store.execute(leases.to_ask(every, 9)) == ["never"])
    assert read(store, "never").error_cause == "lost"
