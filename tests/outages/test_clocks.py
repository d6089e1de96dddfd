"""Workers with wrong clocks, and a store with a clock that is set: no status and no order depends
on them."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from celery.utils.nodenames import worker_direct

from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.model import Worker as Holder
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.testing import wait_for_progress
from progress_backend.tracking.lease_thread import LeaseThread
from tests.clocks import ServerClock, wrong_clock
from tests.conftest import StartServer
from tests.outages.conftest import StartFleet
from tests.servers import Worker

HOUR_S = 3_600
LEASE_S = 2.0
ENV = {
    "PROGRESS_LEASE_S": str(LEASE_S),
    "PROGRESS_REAP_INTERVAL_S": "0.5",
    "OUTAGES_CONF": '{"worker_direct": true}',
}
#: How exactly a clock is measured, on a busy machine.
EXACT = timedelta(seconds=2)


def clock_of(worker: Worker) -> datetime:
    """The time of the first line of its log that has one."""
    return datetime.fromisoformat(worker.wait_for_log(r"\[(\d{4}-\S+ \S+),\d+: ").group(1))


def times(record: dict[str, Any]) -> list[datetime]:
    names = ("created_at", "start_time", "updated_at", "end_time")
    return [datetime.fromisoformat(record[name]) for name in names]


def test_the_clocks_of_workers_change_no_end(start_fleet: StartFleet) -> None:
    """Jobs of workers an hour ahead and behind end while the store hangs, or never; then the
    workers are killed. A third one finds what Celery has, and what was lost."""
    skewed = [{**ENV, **wrong_clock(seconds)} for seconds in (HOUR_S, -HOUR_S)]
    fleet = start_fleet(envs=[*skewed, ENV], apart=True)
    wrong = fleet.workers[:2]
    ahead, behind = map(clock_of, wrong)
    assert ahead - behind > timedelta(seconds=HOUR_S), "the skew is real"
    began = datetime.now(UTC)
    reports, never = (
        [fleet.send("silent", gate, queue=worker_direct(each.nodename)) for each in wrong]
        for gate in ("speak", "never")
    )
    for task, worker in zip(reports + never, wrong * 2, strict=True):
        assert fleet.running(task)["worker"] == worker.nodename
    fleet.store.pause()
    fleet.open("speak")
    assert {fleet.finished(task)["status"] for task in reports} == {"SUCCESS"}
    for worker in wrong:
        worker.kill()
    fleet.store.resume()
    for task in reports:
        record = fleet.ended(task)
        assert (record["status"], record["results"]) == ("completed", {"result": "spoke"})
    for task in never:
        record = fleet.ended(task)
        assert (record["status"], record.get("error_cause")) == ("error", "lost")
    for task in reports + never:
        found = times(fleet.record(task))
        assert found == sorted(found)
        assert began - EXACT <= found[0] <= found[-1] <= datetime.now(UTC) + EXACT


def test_after_a_jump_of_the_stores_clock_workers_have_time_to_renew(
    start_server: StartServer, tmp_path: Path
) -> None:
    clock = ServerClock(tmp_path)
    url = start_server(binary=clock.binary).url
    settings = Settings(redis_url=url, lease_s=LEASE_S, reap_interval_s=0.1)
    with Store(settings) as store:
        store.ready()
        now_ms = int(store.now().timestamp() * 1_000)
        for task_id, left_s in (("dead", 0), ("lives", HOUR_S / 2)):
            worker = Holder(f"{task_id}/1", "worker@tests")
            started = ev.Started(identity=ev.Identity(task_type="fetch_data"), worker=worker)
            store.run(store.flows.apply(task_id, (started,), store.now()))
            store.execute(leases.renew(worker.lease, now_ms + int(left_s * 1_000)))
        keeper = LeaseThread(settings, None, None)
        keeper.start()
        try:
            wait_for_progress(store, "dead", status="error")  # so it looks around
            began = time.monotonic()
            clock.set(HOUR_S)
            wait_for_progress(store, "lives", status="error")
            assert time.monotonic() - began > LEASE_S / 2
        finally:
            keeper.stop()
