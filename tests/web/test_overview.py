"""What operators read about the workers, over real HTTP and a real store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases
from progress_backend.service.redis_progress_service import RedisProgressService
from progress_backend.store.drivers import Store
from progress_backend.web import overview
from tests.records import Records
from tests.web.serving import RunningApi


def renewed(records: Records, lease: str) -> None:
    with Store(records.settings) as store:
        store.ready()
        store.execute(leases.renew(lease, milliseconds(store.now()) + 86_400_000))


async def test_the_workers_and_what_they_run(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    renewed(records, "lease-1")
    records.start("job")
    records.progress("job", 126)
    answer = api.http.get("/internal/workers")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    body = answer.json()
    (worker,) = body["workers"]
    assert (worker["name"], worker["live"], worker["holds"]["total"]) == ("lease-1", True, 1)
    (task,) = worker["holds"]["tasks"]
    assert (task["task_id"], task["status"], task["percentage"]) == ("job", "running", 50.0)
    async with RedisProgressService(redis_url) as service:
        for found in (
            await service.get_workers(),
            await service.handle_request("/internal/workers", "GET", {}),
        ):
            assert found["workers"][0]["holds"] == worker["holds"]


def test_a_process_reads_the_figures_once_in_a_while(
    api: RunningApi, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "_KEPT", timedelta(days=1))
    before = api.http.get("/internal/workers").json()
    Records(redis_url).create("waits")
    after = api.http.get("/internal/workers").json()
    assert after["oldest_wait_ms"] is before["oldest_wait_ms"] is None
    # Redis's clock was an hour ahead at the last read, e.g. on a server that has failed since.
    monkeypatch.setattr(overview, "_KEPT", timedelta(minutes=30))
    state = api.app.state.progress
    state.figures = state.figures[0] + timedelta(hours=1), state.figures[1]
    assert api.http.get("/internal/workers").json()["oldest_wait_ms"] is not None
