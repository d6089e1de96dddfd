"""What operators read about the workers, over real HTTP and a real store."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from progress_backend.credentials import tokens
from progress_backend.record import events as ev
from progress_backend.service.redis_progress_service import RedisProgressService
from progress_backend.web import health
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


async def test_the_workers_and_what_they_run(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.renew()
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
    monkeypatch.setattr(health, "_KEPT", timedelta(days=1))
    api.app.state.progress.figures = None  # those of the test before
    before = api.http.get("/internal/workers").json()
    Records(redis_url).create("waits")
    after = api.http.get("/internal/workers").json()
    assert after["oldest_wait_ms"] is before["oldest_wait_ms"] is None
    # Redis's clock was an hour ahead at the last read, e.g. on a server that has failed since.
    monkeypatch.setattr(health, "_KEPT", timedelta(minutes=30))
    state = api.app.state.progress
    state.figures = state.figures[0] + timedelta(hours=1), state.figures[1]
    assert api.http.get("/internal/workers").json()["oldest_wait_ms"] is not None


def test_the_figures_of_each_type(start_api: StartApi, redis_url: str, tmp_path: Path) -> None:
    (all_of_them, reads), (of_the_type, typed) = (
        tokens.new("all", "read"),
        tokens.new("typed", "read", "merge"),
    )
    tokens.write_file(tmp_path / "tokens", [reads, typed])
    api = start_api(redis_url=redis_url, tokens_file=str(tmp_path / "tokens"))
    records, merges = Records(redis_url), ev.Identity("merge")
    for number in range(3):
        records.start(f"done {number}")
        records.complete(f"done {number}")
    records.start("failed")
    records.fail("failed", "why")
    records.lose("lost")
    records.apply("m", ev.Created(identity=merges))
    records.apply("m", ev.Cancelled())

    def read(token: str) -> dict[str, dict[str, Any]]:
        answer = api.http.get("/internal/stats", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        return {one["task_type"]: one for one in answer.json()["types"]}

    found = read(all_of_them)
    assert found.keys() == {"fetch_data", "merge"}
    assert read(of_the_type) == {"merge": found["merge"]}
    its = found["fetch_data"]
    assert (its["completed"], its["cancelled"]) == (3, 0)
    assert {cause: n for cause, n in its["errors"].items() if n} == {"exception": 1, "lost": 1}
    assert (its["success_share"], its["corrected"], its["attempts"]) == (0.6, 0, 0)
    assert 0 <= its["run_mean_ms"] < 60_000
    assert 0 < its["run_median_ms"] < 60_000
    assert its["last_success_at"].startswith("20")
    assert (found["merge"]["cancelled"], found["merge"]["success_share"]) == (1, None)
    assert found["merge"]["run_median_ms"] is found["merge"]["last_success_at"] is None
    strip = api.http.get("/internal/workers", headers={"Authorization": f"Bearer {all_of_them}"})
    assert strip.json()["failed_last_hour"] == 2
