"""What Prometheus reads, parsed with Prometheus's own parser."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import counts, leases
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.web import metrics_router, router
from tests.conftest import StartServer
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_websockets import received
from tests.web.test_websockets_all import watch_all

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


class Figures(dict[str, float]):
    """Name and label values, as `name{a,b}`, to value."""

    def __init__(self, api: RunningApi, path: str = "/metrics") -> None:
        self.answer: httpx.Response = api.http.get(path)
        assert self.answer.status_code == 200
        for family in parse_text(self.answer.text):
            for sample in family.samples:
                labels = ",".join(v for k, v in sample.labels.items() if k != "le")
                if not sample.name.endswith("_bucket"):
                    self[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value


async def test_tasks_store_and_watchers(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url)
    eventually(lambda: Figures(api)["progress_listener_connected"] == 1)
    first, second = api.create(), api.create()
    late = datetime.fromisoformat(api.update(first).json()["updated_at"])
    Records(redis_url).warning(first, late=late)
    async with api.watch(first) as one, watch_all(api) as every:
        await received(one)
        api.update(second, "completed")
        await received(every)
        figures = Figures(api)
        assert figures["progress_tasks{running}"] == figures["progress_tasks{completed}"] == 1
        assert figures["progress_tasks{error}"] == 0
        assert figures["progress_warnings{late,fetch_data}"] == 1
        assert figures["progress_warnings{stalled,other}"] == 0
        assert figures["progress_store_up"] == 1
        assert figures["progress_watched_tasks"] == 1
        assert figures["progress_watchers{task}"] == figures["progress_watchers{all_tasks}"] == 1
        assert figures["progress_updates_delivered_total"] == 2
        assert figures["progress_updates_dropped_total"] == 0
        assert figures["process_resident_memory_bytes"] > 1e6


def test_requests_by_route_and_never_by_path(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url)
    for task_id in ("a", "b", "c"):
        assert api.status(task_id).status_code == 404
    api.update(api.create())
    api.update(api.create(), "nonsense")
    api.http.get("/no/such/path")
    figures = Figures(api)
    requests = {k: v for k, v in figures.items() if k.startswith("progress_http_requests_total")}
    assert requests == {
        "progress_http_requests_total{GET,/internal/task/{task_id}/status,404}": 3,
        "progress_http_requests_total{POST,/internal/create-task,201}": 2,
        "progress_http_requests_total{PUT,/internal/task/{task_id}/update,200}": 1,
        "progress_http_requests_total{PUT,/internal/task/{task_id}/update,422}": 1,
    }
    seconds = "progress_http_request_seconds"
    assert f'{seconds}_bucket{{le="10.0",method="POST",route="/internal/create-task"}} 2.0' in (
        figures.answer.text
    )
    assert figures[f"{seconds}_count{{PUT,/internal/task/{{task_id}}/update}}"] == 2
    assert 0 < figures[f"{seconds}_sum{{POST,/internal/create-task}}"] < 5


def test_a_store_that_is_away_is_a_figure(start_server: StartServer, start_api: StartApi) -> None:
    server = start_server()
    api = start_api(redis_url=server.url)
    eventually(lambda: Figures(api)["progress_listener_connected"] == 1)
    server.stop()
    eventually(lambda: Figures(api)["progress_listener_connected"] == 0)
    figures = Figures(api)
    assert figures["progress_store_up"] == 0
    assert not [name for name in figures if name.startswith("progress_tasks")]


@pytest.mark.parametrize("accept", ["", "text/plain; version=0.0.4", OPENMETRICS])
def test_both_formats(api: RunningApi, redis_url: str, accept: str) -> None:
    Records(redis_url).create("job")
    answer = api.http.get("/metrics", headers={"Accept": accept})
    parse: Any = parse_openmetrics if accept == OPENMETRICS else parse_text
    names = {family.name for family in parse(answer.text)}
    assert {"progress_tasks", "progress_watchers"} <= names
    assert answer.headers["content-type"].startswith(accept.split(";", maxsplit=1)[0])


@pytest.mark.parametrize("kind", ["text/plain", "application/openmetrics-text"])
def test_a_version_that_is_no_number_gets_the_first_format(api: RunningApi, kind: str) -> None:
    answer = api.http.get("/metrics", headers={"Accept": f"{kind}; version=x.y"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")


def test_applications_keep_apart_also_under_a_prefix(start_api: StartApi, redis_url: str) -> None:
    own = FastAPI()
    own.state.progress_settings = Settings(redis_url=redis_url)
    own.include_router(router, prefix="/progress")
    own.include_router(metrics_router, prefix="/progress")
    api, other = start_api(own), start_api(redis_url=redis_url)
    assert api.http.get("/progress/internal/tasks").status_code == 200
    name = "/internal/tasks,200}"  # newer versions of FastAPI leave the prefix out
    figures = Figures(api, "/progress/metrics")
    counted = [key for key in figures if key.startswith("progress_http_requests_total")]
    assert [figures[key] for key in counted if key.endswith(name)] == [1]
    assert not [name for name in Figures(other) if name.startswith("progress_http")]


def test_what_any_process_counted_is_exported(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url)
    with Store(Settings(redis_url=redis_url)) as store:
        store.execute(counts.add_dropped({"value": 2}))
        until_ms = milliseconds(store.now() + timedelta(seconds=60))
        store.execute(leases.renew("lease-1", until_ms, 4))
        store.execute(leases.renew("over", until_ms - 120_000, 4))
        store.execute(leases.forget("over", until_ms))
        assert store._replies([("HKEYS", store.keys.slots)]) == [[b"lease-1"]]
    records = Records(redis_url)
    for task_id in ("a", "b"):
        records.start(task_id)
        records.complete(task_id)
    odd = ev.Identity('a"b\\ c|{}=é')
    for event in (ev.Created(identity=odd), ev.Cancelled()):
        records.apply("odd", event)
    api.create()
    figures = Figures(api)
    assert figures[f"progress_ended_total{{,cancelled,{odd.task_type}}}"] == 1
    for name in ("progress_wait_seconds", "progress_run_seconds"):
        assert figures[f"{name}_count{{fetch_data}}"] == 2
        assert 0 < figures[f"{name}_sum{{fetch_data}}"] < 20
        assert f"# TYPE {name} histogram\n" in figures.answer.text
    assert figures["progress_ended_total{,completed,fetch_data}"] == 2
    assert figures["progress_ended_total{exception,error,fetch_data}"] == 0  # before the first one
    assert figures["progress_last_success_timestamp_seconds{false,fetch_data}"] > 1.7e9
    assert figures["progress_workers"] == 1
    assert figures["progress_slots{busy}"] + figures["progress_slots{idle}"] == 4
    assert 0 < figures["progress_oldest_waiting_seconds"] < 60
    assert figures["progress_dropped_total{value}"] == 2
    assert figures["progress_dropped_total{end}"] == 0
