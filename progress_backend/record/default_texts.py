"""The default texts of a record, in the specification's Japanese and in English."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import Final, Literal, get_args

Locale = Literal["ja", "en"]
LOCALES: Final[tuple[Locale, ...]] = get_args(Locale)

_TEXTS: Final[dict[Locale, dict[str, str]]] = {
    "ja": {
        "progressed": "処理中... ({current}/{total})",
        "progressed_unknown_total": "処理中... ({current})",
        "completed": "完了しました",
        "failed": "エラーが発生しました",
        "cancelled": "タスクがキャンセルされました",
        "failed_until": "エラーが発生しました。{time} までに再実行される可能性があります",
        "worker_lost_until": "ワーカーが失われました。{time} までに再実行される可能性があります",
        "begun_after_loss": "{number} 回目の試行: これまでに一度プロセスを失いました",
        "begun_after_losses": "{number} 回目の試行: これまでに {lost} 回プロセスを失いました",
        "lost": "ワーカー {worker} が応答しなくなりました",
        "let_go": "ワーカー {worker} はこのタスクを実行していません",
        "not_redelivered": "ブローカーからタスクのメッセージが再配信されませんでした",
        "not_published": "タスクを送信できませんでした: {reason}",
        "revoked": "タスクは取り消されました",
        "expired": "タスクの有効期限が切れました",
        "unknown_task": "未登録のタスクです: {name}",
        "upstream": "前の処理が完了しなかったため実行されませんでした: {name}",
        "members": "{total} 件中 {current} 件が終了",
        "never_published": "ワークフローが先へ進まず、タスクは送信されませんでした",
        "retry": "{number} 回目の試行: {reason}",
        "retry_of": "{number}/{limit} 回目の試行: {reason}",
        "retry_in": "{seconds} 秒後に {number} 回目の試行: {reason}",
        "retry_in_of": "{seconds} 秒後に {number}/{limit} 回目の試行: {reason}",
        "retry_at": "{time} に {number} 回目の試行: {reason}",
        "retry_at_of": "{time} に {number}/{limit} 回目の試行: {reason}",
    },
    "en": {
        "progressed": "Processing... ({current}/{total})",
        "progressed_unknown_total": "Processing... ({current})",
        "completed": "Completed",
        "failed": "An error occurred",
        "cancelled": "The task was cancelled",
        "failed_until": "An error occurred; may come again until {time}",
        "worker_lost_until": "Worker lost; may come again until {time}",
        "begun_after_loss": "attempt {number}: one before it lost its process",
        "begun_after_losses": "attempt {number}: {lost} before it lost their process",
        "lost": "Worker {worker} stopped answering",
        "let_go": "Worker {worker} does not run the task any more",
        "not_redelivered": "The broker did not deliver the task's message again",
        "not_published": "The task could not be published: {reason}",
        "revoked": "The task was revoked",
        "expired": "The task expired before it could run",
        "unknown_task": "No worker knows this task: {name}",
        "upstream": "Did not run, since a step before it did not complete: {name}",
        "members": "{current} of {total} tasks have ended",
        "never_published": "The workflow went on no more, and the task was not published",
        "retry": "try {number}: {reason}",
        "retry_of": "try {number} of {limit}: {reason}",
        "retry_in": "try {number} in {seconds} s: {reason}",
        "retry_in_of": "try {number} of {limit} in {seconds} s: {reason}",
        "retry_at": "try {number} at {time}: {reason}",
        "retry_at_of": "try {number} of {limit} at {time}: {reason}",
    },
}


#: Patterns of the blanks whose values are numbers or times; the other blanks take any text.
_NUMBERS: Final = ("current", "total", "number", "limit", "seconds", "lost")
_BLANKS: Final = {**dict.fromkeys(_NUMBERS, r"\d+"), "time": r"[\d: .-]+"}
#: A retry that begins within so many seconds has its seconds in the text, a later one its time.
_SOON_S: Final = 60


def text(locale: Locale, key: str, **values: object) -> str:
    """The default text for `key` ("completed", "lost", …) in `locale`, its blanks filled."""
    return _TEXTS[locale][key].format(**values)


def progress_text(locale: Locale, current: int, total: int | None) -> str:
    """The message of an `update()` without one: 「処理中... (150/252)」."""
    if total is None:
        return text(locale, "progressed_unknown_total", current=current)
    return text(locale, "progressed", current=current, total=total)


def retry_text(
    locale: Locale, number: int, limit: int | None, at: datetime | None, now: datetime, reason: str
) -> str:
    """The message of a retry, which names the next run, of how many, and when: "try 2 of 5 in 4 s:
    HTTPError 503"."""
    seconds = 0 if at is None else ceil((at - now).total_seconds())
    key = "retry" if seconds <= 0 else "retry_in" if seconds <= _SOON_S else "retry_at"
    time = "" if at is None else clock_text(at.astimezone(now.tzinfo), now)
    blanks = {"number": number, "limit": limit, "seconds": seconds, "time": time, "reason": reason}
    return text(locale, key if limit is None else f"{key}_of", **blanks)


def clock_text(time: datetime, now: datetime) -> str:
    """A time of day, with its date unless that is today's: "14:05", "11-27 14:05"."""
    return f"{time:%H:%M}" if time.date() == now.date() else f"{time:%m-%d %H:%M}"


def until_text(given: str, time: str) -> str:
    """A default text with the time until which the task's message may come again, with this time in
    place of its own; any other text as it is."""
    return _with_time(given, ("worker_lost_until", "failed_until"), time)


def retry_at_text(given: str, time: str) -> str:
    """A default text with the time of the next retry, with this time in place of its own; any other
    text as it is."""
    return _with_time(given, ("retry_at_of", "retry_at"), time)


def _with_time(given: str, keys: tuple[str, ...], time: str) -> str:
    for locale in LOCALES:
        for key in keys:
            if match := _pattern(_TEXTS[locale][key]).fullmatch(given):
                return text(locale, key, **{**match.groupdict(), "time": time})
    return given


def retry_begun(locale: Locale, given: str) -> str:
    """A retry's default text without its delay, for when the run has begun; any other text as it
    is."""
    for other in LOCALES:
        for key in ("retry_in_of", "retry_at_of", "retry_in", "retry_at"):
            if match := _pattern(_TEXTS[other][key]).fullmatch(given):
                begun = "retry_of" if key.endswith("_of") else "retry"
                return text(locale, begun, **match.groupdict())
    return given


@lru_cache(maxsize=1_024)
def translated(locale: Locale, given: str) -> str:
    """A default text of any language in `locale`, its blanks kept; any other text as it is.

    For a screen in another language: the record keeps the text that was written.
    """
    for pattern, key in _patterns(locale):
        if match := pattern.fullmatch(given):
            return text(locale, key, **match.groupdict())
    return given


def described() -> dict[str, object]:
    """All default texts by language, and the patterns of their blanks (".+" for a blank that is not
    listed): for a page's script, which translates as `translated` does."""
    return {"texts": _TEXTS, "blanks": _BLANKS}


@lru_cache
def _patterns(locale: Locale) -> list[tuple[re.Pattern[str], str]]:
    """The patterns of the other languages' default texts, each with its key."""
    return [
        (_pattern(template), key)
        for other, texts in _TEXTS.items()
        if other != locale
        for key, template in texts.items()
    ]


@lru_cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)  # text and names of blanks, in turn
    found = (
        f"(?P<{part}>{_BLANKS.get(part, '.+')})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )
    return re.compile("".join(found), re.DOTALL)
