"""A pass over the runs of very many workers that died together, on a real store."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery

from progress_backend.errors import StoreUnavailable
from progress_backend.flows import new_workflow_act, silent_runs, workflows
from progress_backend.flows.flow import together
from progress_backend.flows.stored_record import ReadRecord, milliseconds
from progress_backend.operations import counts as counts_ops
from progress_backend.operations import leases, lists, locks, records
from progress_backend.operations.keys import Keys
from progress_backend.operations.lists import Filters
from progress_backend.operations.workflows import quiet
from progress_backend.record import events as ev
from progress_backend.record.fields import MAX_DOCUMENT_BYTES
from progress_backend.record.model import LOST, WORKER_LOST, Member, Task, Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.tracking.lease_thread import LeaseThread
from progress_backend.tracking.lost_runs import LostRunCheck
from progress_backend.tracking.result_backend import ASK_S, Answers, AskBackend, ResultBackend
from tests.clocks import wrong_clock
from tests.conftest import StartServer
from tests.servers import user_without
from tests.stopwatch import FACTOR
from tests.waiting import PATIENCE_S, eventually

IDENTITY = ev.Identity(task_type="fetch_data")
#: Workers that die together, and runs of each: more than one step of any kind takes.
WORKERS, RUNS = 250, 2
MANY = WORKERS * RUNS
LEASE_S = 0.5


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    settings = Settings(redis_url=redis_url, lease_s=LEASE_S, reap_interval_s=60)
    with Store(settings, PATIENCE_S) as store:
        yield store


def die(store: Store, workers: int, runs: int) -> list[str]:
    """Workers begin so many runs each and say nothing any more; the ids."""
    store.ready()
    long_ago = store.now() - timedelta(seconds=2 * LEASE_S)
    ids, flows = [], []
    for number in range(workers):
        lease = f"w{number}/1"
        store.execute(leases.renew(lease, int(long_ago.timestamp() * 1000)))
        for run in range(runs):
            started = ev.Started(identity=IDENTITY, worker=Worker(lease, f"w{number}"))
            ids.append(f"t{number}-{run}")
            flows.append(store.flows.apply(ids[-1], (started,), long_ago))
    store.run(together(flows))
    return ids


def ends_as_lost(store: Store) -> int:
    """How often a run's end has counted as lost."""
    sums = store.execute(counts_ops.outcomes()).fields
    return sum(number for name, number in sums.items() if name.startswith("end|error:lost|"))


def judge(
    store: Store, ask: AskBackend | None = None, goes_on: Callable[[], bool] = lambda: True
) -> LostRunCheck:
    return LostRunCheck(store, ask, "ours", goes_on)


def counts(store: Store) -> dict[str, int]:
    tallied = store.execute(lists.tally(Filters()))
    return {
        "running": tallied.counts[1],
        "error": tallied.counts[4],
        "completed": tallied.counts[3],
    }


@pytest.mark.parametrize(
    ("workers", "runs", "steps"), [(WORKERS, RUNS, None), (1, 12 * silent_runs.STEP + 7, 13)]
)
def test_one_pass_judges_all_that_are_due(
    store: Store, workers: int, runs: int, steps: int | None
) -> None:
    """Of very many workers, and of one that had thousands."""
    die(store, workers, runs)
    went_on: list[int] = []

    def goes_on() -> bool:
        went_on.append(counts(store)["error"])
        return True

    judging = judge(store, None, goes_on)
    judging.dead(judging.over())
    assert counts(store) == {"running": 0, "error": workers * runs, "completed": 0}
    assert ends_as_lost(store) == workers * runs
    assert went_on == sorted(went_on)
    assert steps in (None, len(went_on)), "between the steps the lease is renewed"


def test_a_cancelled_run_is_over_with_its_worker(store: Store) -> None:
    """No process is left that could report it."""
    ids = die(store, 2, 2)
    long_ago = store.now() - timedelta(seconds=2 * LEASE_S)
    for task_id in ids:
        store.run(store.flows.apply(task_id, (ev.Cancelled(by="api"),), long_ago))
    store.execute(leases.renew("w1/1", int(store.now().timestamp() * 1000) + 60_000))  # it lives

    def asked() -> list[str | None]:
        documents = store.execute(records.read(tuple(ids)))
        return [ReadRecord.of(document).task.requested for document in documents]

    judging = judge(store, lambda ids: {})
    judging.dead(judging.over())
    assert asked() == [None, None, "cancel", "cancel"]
    assert store.execute(leases.held("w0/1", 10)) == []
    assert ends_as_lost(store) == 0
    # Of a living worker those that it is not at work on.
    judging.left_over("w1/1", judging.due("w1/1").held, {ids[2]})
    assert asked() == [None, None, "cancel", None]
    assert store.execute(leases.held("w1/1", 10)) == [ids[2]]


def test_a_run_with_a_nearly_full_record_is_lost_or_cancelled_too(store: Store) -> None:
    ids = die(store, 1, 2)
    long_ago = store.now() - timedelta(seconds=2 * LEASE_S)
    for task_id in ids:
        rest = MAX_DOCUMENT_BYTES - len(store.execute(records.read((task_id,)))[0])
        large = ev.Progressed(attempt=1, details={"rows": "x" * (rest - 80)})
        store.run(store.flows.apply(task_id, (large,), long_ago))
        assert len(store.execute(records.read((task_id,)))[0]) > MAX_DOCUMENT_BYTES - 100
    store.run(store.flows.ask(ids[1], (ev.Cancelled(by="api", reason="r" * 99),), long_ago))
    assert (body(store, ids[1]).status, body(store, ids[1]).requested) == ("cancelled", "cancel")
    judging = judge(store)
    judging.dead(judging.over())
    assert (body(store, ids[0]).error_cause, body(store, ids[1]).requested) == ("lost", None)


def test_the_result_backend_is_asked_for_a_step_at_a_time(store: Store) -> None:
    ids = die(store, 1, 3 * silent_runs.STEP)
    asked: list[int] = []

    def ask(task_ids: Sequence[str]) -> Answers:
        asked.append(len(task_ids))
        done = ev.Completed(results={"saved": 4}, at=store.now())
        return {task_id: done if task_id in ids[::3] else None for task_id in task_ids}

    judging = judge(store, ask)
    judging.dead(judging.over())
    assert asked == [silent_runs.STEP] * 3
    assert counts(store) == {
        "running": 0,
        "error": 2 * silent_runs.STEP,
        "completed": silent_runs.STEP,
    }
    assert ends_as_lost(store) == 2 * silent_runs.STEP


def test_a_result_backend_that_hangs_costs_one_bound_a_pass_and_is_waited_for_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    die(store, WORKERS, RUNS)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        backend = f"redis://127.0.0.1:{hanging.getsockname()[1]}/0"
        app = Celery("asked", broker="memory://", backend=backend, set_as_current=False)
        ask, waited = ResultBackend(app).ask, list[float]()

        def timed(task_ids: Sequence[str]) -> Answers:
            began = time.monotonic()
            answers = ask(task_ids)
            waited.append(time.monotonic() - began)
            return answers

        asking = judge(store, timed)
        monkeypatch.setattr("progress_backend.tracking.lost_runs._PATIENCE_S", 3_600)
        asking.dead(asking.over())
        assert counts(store)["running"] == MANY, "it may be on its way back"
        monkeypatch.setattr("progress_backend.tracking.lost_runs._PATIENCE_S", 0)
        asking.dead(asking.over())
        app.close()
    assert counts(store)["running"] == 0
    assert len(waited) == 2
    assert max(waited) < FACTOR * ASK_S


@pytest.mark.parametrize(("lost_its_lock", "left"), [(True, MANY - RUNS), (False, MANY)])
def test_the_check_stops_at_its_end_or_once_its_lock_is_lost(
    store: Store, lost_its_lock: bool, left: int
) -> None:
    die(store, WORKERS, RUNS)

    def goes_on() -> bool:
        store.execute(locks.give_back(silent_runs.LOCK, "ours"))
        return (
            lost_its_lock and store.execute(locks.take(silent_runs.LOCK, "theirs", 60_000)) is True
        )

    judging = judge(store, None, goes_on)
    judging.dead(judging.over())
    assert counts(store)["running"] == left


def test_what_is_not_to_come_any_more_waits_for_a_result_backend_that_is_away(
    store: Store, start_server: StartServer
) -> None:
    """It may have an end that was never recorded."""
    backend = start_server()
    app = Celery("asked", broker="memory://", backend=backend.url, set_as_current=False)
    app.backend.store_result("done", None, "SUCCESS")
    store.ready()
    long_ago = store.now() - timedelta(seconds=10)
    started = ev.Started(identity=IDENTITY, worker=Worker("w/1", "w"))
    let_go = ev.Requeued(owner="w/1", again_s=1)
    for task_id in ("done", "gone"):
        store.run(store.flows.apply(task_id, (started, let_go), long_ago))
    asking = judge(store, ResultBackend(app).ask)
    backend.pause()
    asking.unheld(*asking.due().unheld)
    assert counts(store) == {"running": 2, "error": 0, "completed": 0}
    backend.resume()

    def judged() -> dict[str, str]:
        asking.over()
        asking.unheld(*asking.due().unheld)
        return {task_id: str(body(store, task_id).status) for task_id in ("done", "gone")}

    eventually(lambda: judged() == {"done": "completed", "gone": "error"})
    app.close()


def test_an_end_of_a_planned_task_is_taken_where_its_message_may_have_left(
    store: Store, start_server: StartServer
) -> None:
    """The process of its predecessor died before it recorded the publish; or Celery stored its end
    without a publish, as that of a chord's body and of what is revoked beforehand."""
    backend = start_server()
    app = Celery("asked", broker="memory://", backend=backend.url, set_as_current=False)
    for task_id in ("revoked", "follows"):
        app.backend.mark_as_revoked(task_id, "revoked", store_result=True)
    store.ready()
    began = store.now()
    tasks = {"revoked": "w", "failed": "w", "waits": "w", "follows": "another"}
    for task_id, workflow_id in tasks.items():
        planned = ev.Planned(identity=IDENTITY._replace(member=Member((workflow_id,))))
        store.run(store.flows.apply(task_id, (planned,), began))
    store.run(workflows.may_have_left(store.flows, "w", began))
    app.backend.mark_as_failure("failed", ValueError("a part of the chord failed"))
    asking = judge(store, ResultBackend(app).ask)

    def found() -> list[str]:
        store.execute(locks.give_back(silent_runs.UNHELD_LOCK, "ours"))
        asking.unheld(*asking.due().unheld)
        return [str(body(store, task_id).status) for task_id in tasks]

    eventually(lambda: found() == ["cancelled", "error", "created", "created"])
    # Its message leaves after all, to a worker that has forgotten the revoke.
    created = ev.Created(identity=IDENTITY._replace(member=Member(("w",))))
    store.run(store.flows.apply("revoked", (created,), store.now()))
    assert found() == ["created", "error", "created", "created"]
    app.close()


def body(store: Store, task_id: str) -> Task:
    (document,) = store.execute(records.read((task_id,)))
    return ReadRecord.of(document).task


def test_a_lost_task_is_asked_about_each_time_after_twice_as_long(store: Store) -> None:
    """Its message may have waited in a long queue, and run while the store was away."""
    (task_id,) = die(store, workers=1, runs=1)
    lost = ev.Lost(lease="w0/1", error_message="silent", revision=body(store, task_id).revision)
    store.run(store.flows.apply(task_id, (lost,), store.now() - timedelta(seconds=100)))
    lost_at = body(store, task_id).completed_at
    assert lost_at is not None

    def due(seconds: float) -> list[str]:
        return store.execute(leases.to_ask(milliseconds(lost_at + timedelta(seconds=seconds)), 9))

    store.execute(leases.ask_again([(task_id, 1)]))
    judging = judge(store, dict.fromkeys)
    judging.lost(judging.due().again)
    since = (store.now() - lost_at).total_seconds()
    assert due(since * 1.5) == []
    assert due(since * 2.1) == [task_id]
    store.execute(leases.ask_again([(task_id, 1)]))
    done = ev.Completed(results={"saved": 4}, at=store.now())
    judging = judge(store, lambda ids: dict.fromkeys(ids, done))
    judging.lost(judging.due().again)
    assert body(store, task_id).status == "completed"


def test_a_failure_beside_another_run_is_compared_with_its_success_once(store: Store) -> None:
    """Its worker stored the SUCCESS, and was killed before it recorded that."""
    own = ev.Started(identity=IDENTITY, worker=Worker("w1/1", "w1"))
    failed = ev.Failed(error_message="it broke", attempt=1)
    for task_id in ("succeeded", "failed"):
        for event in (own, failed):
            store.run(store.flows.apply(task_id, (event,), store.now()))
    store.execute(leases.ask_again([("succeeded", 1), ("failed", 1)]))
    asked = list[str]()
    ends = {
        "succeeded": ev.Completed(results={"saved": 4}, at=store.now()),
        "failed": ev.Failed(error_message="it broke", at=store.now()),
    }

    def ask(ids: Sequence[str]) -> Answers:
        asked.extend(ids)
        return {task_id: ends[task_id] for task_id in ids}

    for _ in range(2):
        judging = judge(store, ask)
        judging.lost(judging.due().again)
    assert sorted(asked) == ["failed", "succeeded"]
    assert store.execute(leases.to_ask(milliseconds(store.now()) + 10**9, 9)) == []
    found = {task_id: body(store, task_id).status for task_id in asked}
    assert found == {"succeeded": "completed", "failed": "error"}


def test_the_failure_of_a_killed_process_is_compared_until_its_retry_may_have_ended(
    store: Store,
) -> None:
    own = ev.Started(identity=IDENTITY, worker=Worker("w1/1", "w1"))
    killed = ev.Failed(error_message="killed", cause=WORKER_LOST)
    for event in (own, ev.Retried(attempt=1), killed):
        store.run(store.flows.apply("retried", (event,), store.now()))
    ends: Answers = {"retried": ev.Failed(error_message="killed", at=store.now())}
    for status in ("error", "completed"):
        store.execute(leases.ask_again([("retried", 1)]))
        judging = judge(store, lambda ids, found=ends: found)
        judging.lost(judging.due().again)
        assert body(store, "retried").status == status
        assert store.execute(leases.to_ask(milliseconds(store.now()) + 10**6, 9)) == ["retried"]
        ends = {"retried": ev.Completed(at=store.now())}


def test_a_lost_run_is_to_be_compared_before_it_is_recorded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that finds it may be killed at any moment."""
    (task_id,) = die(store, workers=1, runs=1)
    run = store.run

    def killed(flow: Any) -> Any:
        reply = run(flow)
        if body(store, task_id).error_cause == LOST:
            raise KeyboardInterrupt
        return reply

    judging = judge(store, dict.fromkeys)
    over = judging.over()
    monkeypatch.setattr(store, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        judging.dead(over)
    assert store.execute(leases.to_ask(milliseconds(store.now()) + 10**6, 9)) == [task_id]


def test_a_check_with_nothing_to_do_takes_three_round_trips(redis_url: str) -> None:
    """The lock and the leases; its other locks; and all that may be due."""
    keeper = LeaseThread(Settings(redis_url=redis_url, lease_s=LEASE_S), "w1/1", None, dict)
    with keeper._store as store:
        keeper._renew()
        keeper._answering = 0.0  # for longer than a lease
        before = store.deadline.replies
        keeper._reap()
        assert store.deadline.replies - before == 3


def test_two_checks_at_once_end_and_count_each_run_once(store: Store) -> None:
    """The lock of one was taken over while its process was frozen."""
    ids = die(store, 2, silent_runs.STEP)
    planned = ev.Planned(identity=IDENTITY._replace(member=Member(("w",))))
    long_ago = store.now() - timedelta(seconds=2 * LEASE_S)
    store.run(store.flows.apply("planned", (planned,), long_ago))
    eventually(lambda: judge(store).due().quiet)
    over, quiet = judge(store).over(), judge(store).due().quiet
    assert (len(over), quiet) == (2, ["w"])
    both = threading.Barrier(2)

    def check() -> None:
        with Store(store.settings, PATIENCE_S) as own:
            own.ready()
            judging = LostRunCheck(own, dict.fromkeys, "ours", lambda: True)
            both.wait(PATIENCE_S)
            judging.dead(over)
            judging.plans(quiet)

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(check) for _ in range(2)]:
            one.result(PATIENCE_S)
    assert counts(store) == {"running": 0, "error": len(ids) + 1, "completed": 0}
    assert ends_as_lost(store) == len(ids)
    revisions = {task_id: body(store, task_id).revision for task_id in (*ids, "planned")}
    assert set(revisions.values()) == {2}, revisions


def test_what_a_killed_check_had_taken_is_due_again_an_interval_later(redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, lease_s=LEASE_S, reap_interval_s=1)
    with Store(settings, PATIENCE_S) as store:
        die(store, 1, 2)
        assert len(LostRunCheck(store, None, "killed", lambda: True).over()) == 1
        other = judge(store)
        assert other.over() == []
        eventually(other.over)


def test_a_check_that_a_pause_of_the_store_ends_is_done_by_the_next(
    start_server: StartServer,
) -> None:
    server = start_server()
    settings = Settings(redis_url=server.url, lease_s=LEASE_S, reap_interval_s=60)
    with Store(settings, PATIENCE_S) as store:
        ids = die(store, 2, silent_runs.STEP)
        judging, over = judge(store), judge(store).over()

        def pauses() -> bool:
            if counts(store)["error"]:
                server.pause()
            return True

        assert len(over) == 2
        store.deadline.timeout_s = 0.5
        with pytest.raises(StoreUnavailable):
            judge(store, None, pauses).dead(over)
        server.resume()
        store.deadline.timeout_s = PATIENCE_S
        judging.dead(judging.over())
        assert counts(store) == {"running": 0, "error": len(ids), "completed": 0}
        assert ends_as_lost(store) == len(ids)


#: The key of each list of a check: a user without a right to the key cannot read the list.
LISTS: dict[str, Callable[[Keys], str]] = {
    "dead": lambda keys: keys.lock(silent_runs.LOCK),
    "unheld": lambda keys: keys.lock(silent_runs.UNHELD_LOCK),
    "acts": lambda keys: keys.workflow_acts,
    "quiet": lambda keys: keys.workflow_plans,
    "again": lambda keys: keys.result_checks,
    "held": lambda keys: keys.lease_tasks("w1/1"),
}


def one_of_each(store: Store) -> dict[str, str]:
    """A task that each list of a check ends; its id, and the status of that end."""
    die(store, 1, 1)
    now = store.now()
    long_ago = now - timedelta(seconds=3 * LEASE_S)
    own = [IDENTITY._replace(member=Member((workflow_id,))) for workflow_id in ("A", "Q")]
    worker = ev.Started(identity=IDENTITY, worker=Worker("w1/1", "w1"))
    events: dict[str, tuple[ev.Event, ...]] = {
        "unheld": (ev.Created(identity=IDENTITY, expires=long_ago),),
        "acts": (ev.Created(identity=own[0]),),
        "quiet": (ev.Planned(identity=own[1]),),
        "again": (worker, ev.Failed(error_message="killed", cause=WORKER_LOST)),
        "held": (worker,),
    }
    for task_id, happened in events.items():
        store.run(store.flows.apply(task_id, happened, long_ago))
    store.run(new_workflow_act.ask(store.flows, "A", "cancel", long_ago))
    store.execute(leases.ask_again([("again", 1)]))
    lease_ms = int(2 * LEASE_S * 1000)
    eventually(lambda: store.execute(quiet(milliseconds(store.now()) - lease_ms, 9)))
    ends = {"t0-0": "error", "unheld": "cancelled", "acts": "cancelled", "quiet": "error"}
    return {**ends, "again": "completed", "held": "error"}


@pytest.mark.parametrize("refused", LISTS)
def test_what_the_store_refuses_of_a_check_ends_nothing_else_of_it(
    redis_url: str, refused: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.store.outage_log._faults", {})
    with Store(Settings(redis_url=redis_url, lease_s=LEASE_S), PATIENCE_S) as store:
        store.ready()
        ends = one_of_each(store)
        ends.pop("t0-0" if refused == "dead" else refused)
        if refused == "quiet":  # each member's commit writes this key
            ends.pop("acts")
        done = ev.Completed(results={}, at=store.now())
        ask = lambda ids: {i: done if i == "again" else None for i in ids}  # noqa: E731
        with user_without(redis_url, LISTS[refused](store.keys)) as url:
            keeper = LeaseThread(replace(store.settings, redis_url=url), "w1/1", ask, dict)
            with keeper._store:
                keeper._renew()
                keeper._answering = 0.0  # for longer than a lease
                keeper._reap()
        assert {task_id: str(body(store, task_id).status) for task_id in ends} == ends
    assert [one for one in caplog.records if one.name == "progress_backend.store.outage_log"]


def check(url: str) -> None:
    """A check in a process of its own."""
    with Store(Settings(redis_url=url, lease_s=LEASE_S, reap_interval_s=60), PATIENCE_S) as own:
        judging = judge(own)
        judging.dead(judging.over())
        judging.unheld(*judging.due().unheld)


@pytest.mark.wide
@pytest.mark.parametrize("wrong_s", [-3_600, 3_600])
def test_a_check_with_a_clock_an_hour_off_ends_the_runs_of_expired_leases_alone(
    store: Store, wrong_s: int
) -> None:
    (dead,) = die(store, 1, 1)
    started = ev.Started(identity=IDENTITY, worker=Worker("live/1", "live"))
    store.run(store.flows.apply("live", (started,), store.now() - timedelta(minutes=2)))
    store.execute(leases.renew("live/1", milliseconds(store.now()) + 600_000))
    code = f"from {__name__} import check; check({store.settings.redis_url!r})"
    env = {**os.environ, **wrong_clock(wrong_s)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, timeout=PATIENCE_S)
    assert (body(store, dead).status, body(store, "live").status) == ("error", "running")
