"""`watch` in a notebook: a real kernel, and its cell is redrawn in place."""

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.records import Records
from tests.waiting import eventually

manager = importlib.import_module("jupyter_client.manager")


@pytest.fixture
def kernel(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    env = {**os.environ, "PROGRESS_REDIS_URL": redis_url, "PROGRESS_LOCALE": "en"}
    started, client = manager.start_new_kernel(env=env)
    yield client
    client.stop_channels()
    started.shutdown_kernel(now=True)


@pytest.mark.wide
def test_a_cell_is_drawn_in_place(kernel: Any, redis_url: str) -> None:
    records = Records(redis_url, locale="en")
    records.start("the-id")
    kernel.execute(
        "from progress_backend import watch\nprint(watch('the-id', interval=0.1).status)"
    )
    drawn: list[dict[str, Any]] = []
    printed = ""

    def message() -> dict[str, Any]:
        got: dict[str, Any] = kernel.get_iopub_msg(timeout=60)
        return got

    def first() -> bool:
        got = message()
        if got["msg_type"] == "display_data":
            drawn.append(got["content"])
        return bool(drawn)

    eventually(first, 60, what="the bar")
    records.complete("the-id")
    while "completed" not in printed:
        got = message()
        assert got["msg_type"] != "error", got["content"]
        if got["msg_type"] == "update_display_data":
            drawn.append(got["content"])
        if got["msg_type"] == "stream":
            printed += got["content"]["text"]
    assert len({each["transient"]["display_id"] for each in drawn}) == 1, json.dumps(drawn)
    assert "running" in drawn[0]["data"]["text/plain"]
    assert "<pre" in drawn[-1]["data"]["text/html"]
    assert "completed" in drawn[-1]["data"]["text/html"]
