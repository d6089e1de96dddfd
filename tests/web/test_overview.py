"""What operators read of all of the work, over real HTTP and a real store."""

from __future__ import annotations

import pytest

from progress_backend.errors import InvalidEvent
from progress_backend.flows import commands as c
from progress_backend.flows.stored_record import milliseconds
from progress_backend.service.services import RedisProgressService
from progress_backend.store.drivers import Store
from progress_backend.web.openapi import overview_bodies
from tests.records import Records
from tests.web.serving import RunningApi


def renewed(records: Records, lease: str) -> None:
    with Store(records.settings) as store:
        store.ready()
        store.execute(c.Renew(lease, milliseconds(store.now()) + 86_400_000))


async def test_the_workers_and_what_they_run(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    renewed(records, "lease-1")
    records.start("job")
    records.progress("job", 126)
    answer = api.http.get("/internal/workers")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    body = answer.json()
    overview_bodies.WorkerList.model_validate(body)
    (worker,) = body["workers"]
    assert (worker["name"], worker["live"], worker["holds"]["total"]) == ("lease-1", True, 1)
    (task,) = worker["holds"]["tasks"]
    assert task == {
        "task_id": "job",
        "task_type": "fetch_data",
        "status": "running",
        "percentage": 50.0,
    }
    async with RedisProgressService(redis_url) as service:
        for found in (
            await service.get_workers(),
            await service.handle_request("/internal/workers", "GET", {}),
        ):
            assert found["workers"][0]["holds"] == worker["holds"]


async def test_what_ended_lately(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    for task_id in ("a", "b", "c"):
        records.start(task_id)
        records.progress(task_id, 126)
    records.complete("a")
    records.complete("b")
    records.fail("c", "why")
    answer = api.http.get("/internal/activity?minutes=3")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    overview_bodies.Activity.model_validate(body)
    assert len(body["minutes"]) == 3
    assert [minute["at"] for minute in body["minutes"]] == sorted(m["at"] for m in body["minutes"])
    sums = {n: sum(m[n] for m in body["minutes"]) for n in ("completed", "error", "cancelled")}
    assert sums == {"completed": 2, "error": 1, "cancelled": 0}
    (of_type,) = body["types"]
    assert (of_type["task_type"], of_type["runs"]) == ("fetch_data", 2)
    assert 0 <= of_type["median_run_s"] < 60
    assert 0 <= of_type["median_wait_s"] < 60
    assert len(api.http.get("/internal/activity").json()["minutes"]) == 60
    for wrong in ("0", "1441", "x"):
        assert api.http.get(f"/internal/activity?minutes={wrong}").status_code == 422
    async with RedisProgressService(redis_url) as service:
        found = await service.handle_request("/internal/activity", "GET", {"minutes": 3})
        assert found["types"] == body["types"]
        with pytest.raises(InvalidEvent, match="minutes must be 1 to 1440"):
            await service.get_activity(0)
