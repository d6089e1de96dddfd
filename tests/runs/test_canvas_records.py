"""What canvases left to do, when there is too much of it."""

from __future__ import annotations

import pytest

from progress_backend.runs import canvas_records
from progress_backend.runs.canvas_records import CanvasRecords
from progress_backend.runs.writer import Writer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store


def test_at_its_bound_the_oldest_go_with_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(canvas_records, "_MOST", 2)
    behind, done = CanvasRecords(), list[int]()

    class Noted:
        def __init__(self, number: int) -> None:
            self._number = number

        def step(self, writer: Writer) -> bool:
            done.append(self._number)
            if self._number == 0:  # while it is at work, it is dropped
                for number in (2, 3, 4):
                    behind.add(Noted(number))
            return False

    behind.add(Noted(0))
    behind.add(Noted(1))
    writer = Writer(Store(Settings(redis_url="redis://127.0.0.1:1/0")), "tests", 1.0)
    while behind.step(writer):
        pass
    assert done == [0, 3, 4]
    (line,) = [record.getMessage() for record in caplog.records]
    assert "more than 2 canvases wait" in line
