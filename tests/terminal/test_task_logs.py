"""The tail of a log."""

from __future__ import annotations

import pytest

from progress_backend.errors import StoreUnavailable
from progress_backend.flows import task_log
from progress_backend.record.log_line import LogLine
from progress_backend.record.redaction import Redaction
from progress_backend.store.drivers import Store
from progress_backend.terminal.source import Source
from progress_backend.terminal.task_logs import tail
from tests.records import Records


def test_of_a_long_log_the_newest_lines_are_read(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(redis_url)
    records.start("one")
    lines = [LogLine(1_760_000_000, "info", str(n)) for n in range(300)]
    with Store(records.settings) as store:
        store.execute(task_log.add("one", 1, lines, 0, store.settings, Redaction()))
    with Source.of_store(records.settings, "en") as source:
        log = tail(source, "one")
        assert [line["text"] for line in log.lines] == [str(n) for n in range(200, 300)]
        assert tail(source, "nobody") == ((), "")

        def away(*_: object) -> None:
            raise StoreUnavailable("away")

        monkeypatch.setattr(source, "log", away)
        assert tail(source, "one").trouble == "away"
