"""What is written of a message that is in the queue again."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from progress_backend.record import default_texts
from progress_backend.record import events as ev
from tests.record.steps.given import OURS, after


def test_retried_says_why_and_how_often(running) -> None:
    task = after(running, ev.Retried(message="ValueError: x", retries=2))
    assert (task.message, task.retries, task.worker) == ("3 回目の試行: ValueError: x", 2, None)
    assert after(running, ev.Retried(retries=2)).message == running.message


@pytest.mark.parametrize(
    ("limit", "seconds", "ja", "en"),
    [
        (5, 4, "4 秒後に 2/5 回目の試行: E: 503: x", "try 2 of 5 in 4 s: E: 503: x"),
        (5, None, "2/5 回目の試行: E: 503: x", "try 2 of 5: E: 503: x"),
        (5, 60, "60 秒後に 2/5 回目の試行: E: 503: x", "try 2 of 5 in 60 s: E: 503: x"),
        (None, 3.2, "4 秒後に 2 回目の試行: E: 503: x", "try 2 in 4 s: E: 503: x"),
        (None, -1, "2 回目の試行: E: 503: x", "try 2: E: 503: x"),
        (5, 3_600, "11:30 に 2/5 回目の試行: E: 503: x", "try 2 of 5 at 11:30: E: 503: x"),
        (None, 3_600, "11:30 に 2 回目の試行: E: 503: x", "try 2 at 11:30: E: 503: x"),
    ],
)
def test_the_retry_text_has_its_time_until_the_run_starts(
    limit: int | None, seconds: float | None, ja: str, en: str
) -> None:
    now = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    eta = None if seconds is None else now + timedelta(seconds=seconds)
    texts = {
        loc: default_texts.retry_text(loc, 2, limit, eta, now, "E: 503: x") for loc in ("ja", "en")
    }
    assert texts == {"ja": ja, "en": en}
    for locale, other in (("ja", "en"), ("en", "ja")):
        given, code = texts[other], texts[other].code
        assert default_texts.in_language(locale, given, code, now) == texts[locale]
        begun = default_texts.retry_text(locale, 2, limit, None, now, "E: 503: x")
        if seconds is not None and seconds > 0:
            begins = default_texts.retry_begun(locale, given, code)
            assert (begins, begins.code) == (begun, begun.code)
        else:
            assert default_texts.retry_begun(locale, given, code) is given
    assert default_texts.retry_begun("en", "page 2 of 5", None) == "page 2 of 5"


@pytest.mark.parametrize(("retries", "owner"), [(None, None), (2, None), (1, OURS)])
def test_a_message_sent_again_has_no_worker_until_its_run_starts(running, retries, owner) -> None:
    task = after(replace(running, retries=1), ev.Requeued(retries=retries))
    assert (task.status, task.worker) == ("running", owner)
