"""A list's rows: as they are stored where they are small, and light where callers gave much."""

import gzip
import json
from typing import Any

import httpx
import redis
from msgspec import to_builtins

from progress_backend.flows import workflow_bodies
from progress_backend.record.events import Progressed
from progress_backend.store.drivers import Store
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

OMITTED = ["results", "processing_details", "metadata"]


def listed(api: RunningApi, query: str = "limit=100") -> list[dict[str, Any]]:
    answer = api.http.get(f"/internal/tasks?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["tasks"])


def of_store(records: Records, task_id: str) -> dict[str, Any]:
    """A task's body as a terminal reads it from the store."""
    with Store(records.settings) as store:
        body = store.run(workflow_bodies.task_or_workflow(store.flows, task_id, store.now()))
    assert body is not None
    return dict(to_builtins(body))


def bytes_out(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("stats")["total_net_output_bytes"])


def test_a_page_of_large_tasks_is_light_and_so_is_reading_it(
    api: RunningApi, redis_url: str
) -> None:
    large = {"text": "x" * 250_000}
    ids = [api.create(metadata=large) for _ in range(20)]
    listed(api)
    before = bytes_out(redis_url)
    plain = {"Accept-Encoding": "identity"}
    answer = api.http.get("/internal/tasks?limit=100", headers=plain)
    assert bytes_out(redis_url) - before < 100_000
    assert len(answer.content) <= 30_000
    rows = answer.json()["tasks"]
    assert [row["task_id"] for row in rows] == ids[::-1]
    for row in rows:
        whole = api.status(row["task_id"]).json()
        assert row["omitted"] == OMITTED
        assert row == {**whole, **{name: {} for name in OMITTED}, "omitted": OMITTED}
    (all_of_it,) = listed(api, "limit=1&fields=all")
    assert all_of_it["metadata"] == large
    assert "omitted" not in all_of_it


def test_a_checkpoint_is_in_a_body_with_fields_all_alone(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.start("run")
    records.apply("run", Progressed(current=3, checkpoint='{"value":"7"}'))
    with redis.Redis.from_url(redis_url) as client:
        assert b'"checkpoint":' in client.get("task:run")
    (row,), (all_of_it,) = listed(api), listed(api, "fields=all")
    plain = [row, api.status("run").json(), api.update("run", current_items=4).json()]
    plain.append(of_store(records, "run"))
    assert [body for body in plain if "checkpoint" in body] == []
    whole = api.http.get("/internal/task/run/status?fields=all")
    assert whole.json()["checkpoint"] == all_of_it["checkpoint"] == '{"value":"7"}'
    tag = {"If-None-Match": whole.headers["etag"]}
    assert api.http.get("/internal/task/run/status?fields=all", headers=tag).status_code == 304
    assert api.http.get("/internal/task/run/status?fields=most").status_code == 422


def test_an_ended_task_has_the_usual_time_of_other_runs(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    for task_id, items in (("open", 0), ("done", 50), ("failed", 10)):
        records.start(task_id, total=50)
        records.progress(task_id, items)
    records.complete("done")
    api.update("failed", "error", force=True)
    own = records.get("done").completed_at
    assert own is not None
    runs = [[1, 100, 100, None], [2, 20, 10, None], [4, 7, 0, None]]
    runs.append([3, 5, 100, 0, None, None, 300])
    runs.append([round(own.timestamp() * 1000), 1, 50, None])
    with redis.Redis.from_url(redis_url) as client:
        client.set("task_runs:fetch_data", "\n".join(json.dumps(one) for one in runs))
    eventually(lambda: api.status("done").json().get("usual_ms") == 100_000)
    others = 20_000 if records.get("failed").completed_at == own else 15_000
    assert api.status("failed").json()["usual_ms"] == others  # of 10, 20, 30 and 0.2 s
    assert "usual_ms" not in api.status("open").json()
    assert of_store(records, "done")["usual_ms"] == 100_000
    assert [row for row in listed(api) if "usual_ms" in row] == []


def test_gzip_where_it_is_asked_for(api: RunningApi) -> None:
    for _ in range(20):
        api.create()
    accepting = ("gzip, deflate, br", "br;q=1, GZIP ; q=0.5")
    others = ("identity", "br", "gzip;q=0, br", "identity, gzip; q=0.00")
    answers = {
        asked: api.http.get("/internal/tasks", headers={"Accept-Encoding": asked})
        for asked in accepting + others
    }
    packed = [each.headers.get("content-encoding") for each in answers.values()]
    assert packed == ["gzip"] * len(accepting) + [None] * len(others)
    assert {a.headers["vary"] for a in answers.values()} == {"Accept-Language, Accept-Encoding"}
    assert len({json.dumps(a.json()) for a in answers.values()}) == 1
    # FastAPI's own route answers alike; the second page is short and goes as it is.
    with httpx.Client(timeout=60, trust_env=False) as client:
        url = f"http://127.0.0.1:{api.port}/internal/tasks?limit=10&page=99"
        assert "content-encoding" not in client.get(url).headers
        with client.stream("GET", url.replace("page=99", "page=1")) as answer:
            raw = b"".join(answer.iter_raw())
    assert len(json.loads(gzip.decompress(raw))["tasks"]) == 10
    assert raw[8] == 4, "packed in the fastest way (RFC 1952 2.3.1)"
