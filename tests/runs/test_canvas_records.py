"""What canvases left to do, when there is too much of it."""

from __future__ import annotations

import pytest

from progress_backend.runs import canvas_records
from progress_backend.runs.canvas_records import CanvasRecords, Job
from progress_backend.runs.writer import Writer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store


def test_at_its_bound_the_oldest_go_with_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(canvas_records, "_MOST", 2)
    behind, done = CanvasRecords(), list[int]()

    def do(writer: Writer, numbers: list[int]) -> None:
        done.extend(numbers)
        if numbers == [0]:  # while it is at work, it is dropped
            for number in (2, 3, 4):
                behind.add(Job(iter([number]), do))

    behind.add(Job(iter([0]), do))
    behind.add(Job(iter([1]), do))
    writer = Writer(Store(Settings(redis_url="redis://127.0.0.1:1/0")))
    while behind.step(writer):
        pass
    assert done == [0, 3, 4]
    (line,) = [record.getMessage() for record in caplog.records]
    assert "more than 2 canvases wait" in line
