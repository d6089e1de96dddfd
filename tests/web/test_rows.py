"""A list's rows: as they are stored where they are small, and light where callers gave much."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest
import redis

from progress_backend.web.static_file import accepts_gzip
from tests.web.serving import RunningApi

OMITTED = ["results", "processing_details", "metadata"]


def listed(api: RunningApi, query: str = "limit=100") -> list[dict[str, Any]]:
    answer = api.http.get(f"/internal/tasks?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["tasks"])


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
        del whole["ahead"]  # no row has it
        assert row["omitted"] == OMITTED
        assert row == {**whole, **{name: {} for name in OMITTED}, "omitted": OMITTED}
    (all_of_it,) = listed(api, "limit=1&fields=all")
    assert all_of_it["metadata"] == large
    assert "omitted" not in all_of_it


def test_gzip_where_it_is_asked_for(api: RunningApi) -> None:
    for _ in range(20):
        api.create()
    answers = {
        asked: api.http.get("/internal/tasks", headers={"Accept-Encoding": asked})
        for asked in ("gzip, deflate, br", "identity", "br")
    }
    assert [a.headers.get("content-encoding") for a in answers.values()] == ["gzip", None, None]
    assert {a.headers["vary"] for a in answers.values()} == {"Accept-Encoding"}
    assert len({json.dumps(a.json()) for a in answers.values()}) == 1
    # FastAPI's own route answers alike; the second page is short and goes as it is.
    with httpx.Client(trust_env=False) as client:
        url = f"http://127.0.0.1:{api.port}/internal/tasks?limit=10&page=99"
        assert "content-encoding" not in client.get(url).headers
        with client.stream("GET", url.replace("page=99", "page=1")) as answer:
            raw = b"".join(answer.iter_raw())
    assert len(json.loads(gzip.decompress(raw))["tasks"]) == 10
    assert raw[8] == 4, "packed in the fastest way (RFC 1952 2.3.1)"


@pytest.mark.parametrize(
    ("asked", "accepted"),
    [
        ("", False), ("gzip", True), ("GZIP;q=0.5", True), ("br, gzip", True), ("gzip;q=0", False),
        ("gzip; q=0.000", False), ("*", False), ("x-gzip", True), ("gzipped", False),
    ],
)  # fmt: skip
def test_which_headers_ask_for_gzip(asked: str, accepted: bool) -> None:
    assert accepts_gzip(asked) is accepted
