"""The command `workers`, over a store."""

import json

from progress_backend.operations import leases
from progress_backend.store.drivers import Store
from tests.cli.conftest import Run
from tests.records import Records


def test_the_workers(run: Run, records: Records) -> None:
    with Store(records.settings) as store:
        store.ready()
        for lease in ("celery@b\x1b[2J/1", "celery@a/2", "celery@old/3"):
            records.renew(lease, 30)
        store.execute(leases.end("celery@old/3"))
    records.renew(seconds=-30)
    records.start("8a4b0e7c-0001")
    records.progress("8a4b0e7c-0001", 126)
    head, first, second, ended, dead, *rest = run("workers").output.splitlines()
    assert head.split() == ["WORKER", "STATUS", "LAST", "SIGN", "RUNS"]
    assert first.split()[:2] == ["celery@a", "live"]
    assert second.startswith("celery@b [2J")
    assert dead.split()[:3] == ["lease-1", "no", "heartbeat"]
    assert dead.endswith("1: fetch_data 8a4b0e7c 50%")
    assert ended.split()[:3] == ["celery@old", "shut", "down"]
    assert rest[0] == "workers: 4"
    body = json.loads(run("workers", "--json").output)
    assert [worker["live"] for worker in body["workers"]] == [True, True, False, False]
