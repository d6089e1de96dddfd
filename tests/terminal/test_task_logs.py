"""The tail of a log: what is new with each read, and no more than is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from progress_backend.errors import StoreUnavailable
from progress_backend.flows import task_log
from progress_backend.record.log_line import LogLine
from progress_backend.record.redaction import Redaction
from progress_backend.store.drivers import Store
from progress_backend.terminal.source import Body, Source
from progress_backend.terminal.task_logs import Tail
from tests.records import Records


class Reads(Source):
    """Counts what is asked for; `away` is a store that does not answer."""

    asked: list[tuple[str, int | None, int]]
    away = False

    def log(self, task_id: str, after: int | None, limit: int) -> list[Body]:
        self.asked.append((task_id, after, limit))
        if self.away:
            raise StoreUnavailable("away")
        return super().log(task_id, after, limit)


@pytest.fixture
def reads(store: Store) -> Iterator[Reads]:
    with Reads.of_store(store.settings, "en") as reads:
        reads.asked = []
        yield reads


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    records = Records(redis_url)
    records.start("one")
    records.start("two")
    with Store(records.settings) as store:
        yield store


def write(store: Store, task_id: str, *texts: str) -> None:
    lines = [LogLine(1_760_000_000, "info", text) for text in texts]
    store.execute(task_log.add(task_id, 1, lines, 0, store.settings, Redaction()))


def texts(tail: Tail, task_id: str) -> list[str]:
    return [line["text"] for line in tail.of(task_id).lines]


def test_each_read_asks_for_what_is_new(store: Store, reads: Reads) -> None:
    tail = Tail(reads)
    assert texts(tail, "one") == []
    write(store, "one", "a", "b")
    assert texts(tail, "one") == ["a", "b"]
    write(store, "one", "c")
    assert texts(tail, "one") == ["a", "b", "c"]
    assert [after for _, after, _ in reads.asked] == [None, None, 2]
    assert texts(tail, "two") == []
    assert texts(tail, "one") == ["a", "b", "c"]


def test_of_a_long_log_the_newest_lines_are_kept(store: Store, reads: Reads) -> None:
    tail = Tail(reads)
    write(store, "one", *map(str, range(300)))
    assert texts(tail, "one") == [str(n) for n in range(100, 300)]
    write(store, "one", *map(str, range(300, 800)))
    assert texts(tail, "one") == [str(n) for n in range(600, 800)]
    assert len(reads.asked) == 3
    assert {limit for _, _, limit in reads.asked} == {200}


def test_while_the_store_is_away_the_lines_stay(store: Store, reads: Reads) -> None:
    tail = Tail(reads)
    write(store, "one", "a")
    tail.of("one")
    reads.away = True
    log = tail.of("one")
    assert [line["text"] for line in log.lines] == ["a"]
    assert log.trouble == "away"
    reads.away = False
    assert tail.of("nobody") == ((), "")
