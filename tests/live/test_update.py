"""Which news says more than what a watcher knows."""

from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.live.update import Update, text_frame
from progress_backend.record.model import Task
from progress_backend.record.task_json import encode

NOW = datetime(2024, 1, 15, 1, 30, tzinfo=UTC)


def seen(epoch: int, revision: int, *, age: int = 0, status: str = "running") -> Update:
    at = NOW - timedelta(seconds=age)
    task = Task("t", "fetch_data", 252, status=status, created_at=at, revision=revision)
    return Update.of(encode(task), epoch)


@pytest.mark.parametrize(
    ("news", "known", "more"),
    [
        (seen(1, 5), seen(1, 4), True),
        (seen(1, 4), seen(1, 4), False),
        (seen(1, 3), seen(1, 4), False),
        # A new connection: a store that came back older is believed, the same state is not news.
        (seen(2, 3), seen(1, 4), True),
        (seen(2, 4), seen(1, 4), False),
        (seen(1, 9), seen(2, 4), False),
        # A record that is created again counts from 1.
        (seen(1, 1), seen(1, 9, age=60), True),
        (seen(1, 9, age=60), seen(1, 1), False),
        # A record that is gone, and came again.
        (Update.of(None, 1), seen(1, 4), True),
        (seen(1, 1), Update.of(None, 1), True),
        (Update.of(None, 1), seen(2, 4), False),
        (Update.of(None, 3), Update.of(None, 2), False),
    ],
)
def test_which_update_supersedes_which(news: Update, known: Update, more: bool) -> None:
    assert news.supersedes(known) is more


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_says_how_long_it_is(length: int, head: bytes) -> None:
    assert text_frame(b"x" * length) == head + b"x" * length
