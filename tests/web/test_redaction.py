"""What callers of the API say of their secrets stands in no key of the store, no frame, no line."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest
import redis

from tests.record.test_redaction import LINES, OPEN, QUOTED
from tests.web.serving import RunningApi

SECRET = "S3crhunter2"
#: One of each kind; all of them: tests/record/test_redaction.py.
TEXTS = [forms[0](SECRET) for forms in (QUOTED, LINES, OPEN)]
METADATA = {"texts": TEXTS, "keys": dict.fromkeys(TEXTS, 1), "db_password": [SECRET]}


def everything(client: redis.Redis) -> Iterator[str]:
    for key in client.scan_iter():
        kind = client.type(key).decode()
        reading = {
            "string": ("GET", key),
            "hash": ("HGETALL", key),
            "stream": ("XRANGE", key, "-", "+"),
        }
        sets = ("ZRANGE", key, 0, -1)
        yield f"{key} {client.execute_command(*reading.get(kind, sets))}"


async def test_no_key_frame_or_line_has_a_secret(
    api: RunningApi, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    new = {"task_type": "t", "total_items": 100, "metadata": METADATA}
    frames: list[object] = []
    base = f"http://127.0.0.1:{api.port}"
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
        made = (await client.post("/internal/create-task", json=new)).json()
        task = f"/internal/task/{made['task_id']}"
        async with api.watch(made["task_id"]) as watcher:
            for at, text in enumerate(TEXTS):
                new = {"status": "running", "current_items": at}
                said = {**new, "message": text, "details": {text: text}}
                answer = await client.put(f"{task}/update", json=said)
                assert (answer.status_code, SECRET in answer.text) == (200, False), answer.text
            end = {"status": "error", "error_message": "; ".join(TEXTS), "details": METADATA}
            answer = await client.put(f"{task}/update", json=end)
            assert answer.status_code == 200, answer.text
            frames += [frame async for frame in watcher]
        frames.append((await client.get(f"{task}/status")).text)
        frames.append((await client.get("/internal/tasks")).text)
    with redis.Redis.from_url(redis_url) as store:
        kept = list(everything(store))
    assert made["task_id"] in "".join(kept)
    for shown in (*frames, *kept, caplog.text):
        assert SECRET not in str(shown)
