"""The default texts of a record, in the specification's Japanese and in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import Any, Final, Literal, get_args

from .local_time import beside, moment

Locale = Literal["ja", "en"]
LOCALES: Final[tuple[Locale, ...]] = get_args(Locale)
#: A language that a reader can have, as `Accept-Language` names it (RFC 9110 12.5.4).
_RANGE: Final = re.compile(
    r"([a-z]{1,8})(?:-[a-z0-9]{1,8})*\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?", re.IGNORECASE
)

#: The default texts of each language, by their codes.
TEXTS: Final[dict[Locale, dict[str, str]]] = {
    "ja": {
        "progressed": "処理中... ({current}/{total})",
        "progressed_unknown_total": "処理中... ({current})",
        "completed": "完了しました",
        "failed": "エラーが発生しました",
        "cancelled": "タスクがキャンセルされました",
        "failed_until": "エラーが発生しました。{time} までに再実行される可能性があります",
        "worker_lost_until": "ワーカーが失われました。{time} までに再実行される可能性があります",
        "started_after_loss": "{number} 回目の試行: これまでに一度プロセスを失いました",
        "started_after_losses": "{number} 回目の試行: これまでに {lost} 回プロセスを失いました",
        "lost": "ワーカー {worker} が応答しなくなりました",
        "run_missing": "ワーカー {worker} はこのタスクを実行していません",
        "not_redelivered": "ブローカーからタスクのメッセージが再配信されませんでした",
        "not_published": "タスクを送信できませんでした: {reason}",
        "revoked": "タスクは取り消されました",
        "expired": "タスクの有効期限が切れました",
        "unknown_task": "未登録のタスクです: {name}",
        "upstream": "前の処理が完了しなかったため実行されませんでした: {name}",
        "members": "{total} 件中 {current} 件が終了",
        "member_waits": "{total} 件中 {current} 件が終了、{since} から更新なし。"
        "1 件が待機中（メッセージの所在は不明）",
        "members_wait": "{total} 件中 {current} 件が終了、{since} から更新なし。"
        "{waiting} 件が待機中（メッセージの所在は不明）",
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
        "failed_until": "An error occurred; may run again until {time}",
        "worker_lost_until": "Worker lost; may run again until {time}",
        "started_after_loss": "attempt {number}: an earlier attempt lost its process",
        "started_after_losses": "attempt {number}: {lost} earlier attempts lost their processes",
        "lost": "Worker {worker} stopped answering",
        "run_missing": "Worker {worker} is not running the task",
        "not_redelivered": "The broker did not deliver the task's message again",
        "not_published": "The task could not be published: {reason}",
        "revoked": "The task was revoked",
        "expired": "The task expired before it could run",
        "unknown_task": "No worker knows this task: {name}",
        "upstream": "Not run, because a previous step did not complete: {name}",
        "members": "{current} of {total} tasks have ended",
        "member_waits": "{current} of {total} tasks have ended; no update since {since}; 1 step "
        "waits, its message is not found",
        "members_wait": "{current} of {total} tasks have ended; no update since {since}; {waiting} "
        "steps wait, their messages are not found",
        "never_published": "The workflow stopped, so the task was not published",
        "retry": "try {number}: {reason}",
        "retry_of": "try {number} of {limit}: {reason}",
        "retry_in": "try {number} in {seconds} s: {reason}",
        "retry_in_of": "try {number} of {limit} in {seconds} s: {reason}",
        "retry_at": "try {number} at {time}: {reason}",
        "retry_at_of": "try {number} of {limit} at {time}: {reason}",
    },
}

#: The code of a text of an error that its job or caller gave.
GIVEN: Final = {"code": "given", "args": {}}

#: Texts of a record, and where their codes are.
_CODES: Final = {"message": "message_code", "error_message": "error_code"}

#: A retry that begins within so many seconds has its seconds in the text, a later one its time.
_SOON_S: Final = 60
#: Most languages of a header that are read.
_MOST_WISHES: Final = 32


@lru_cache(maxsize=256)
@lru_cache(32)  # a header may be long, and one of them is most clients'
def wished(accept_language: str | None) -> Locale | None:
    """The language that an `Accept-Language` header wishes: the first of ours by its weights, and
    English for all others; None without a wish, as of "*"."""
    wishes: dict[str, float] = {}
    for part in (accept_language or "").split(",")[:_MOST_WISHES]:
        if (found := _RANGE.fullmatch(part.strip())) is not None:
            name, weight = found[1].lower(), float(found[2] or 1)
            wishes[name] = max(weight, wishes.get(name, 0.0))
    names = sorted((name for name in wishes if wishes[name]), key=lambda name: -wishes[name])
    return next((one for name in names for one in LOCALES if one == name), "en" if names else None)


#: A default text as code and values: `{"code": "lost", "args": {"worker": "celery@a"}}`.
TextCode = Mapping[str, Any]


class DefaultText(str):
    """A default text before it is recorded, with the code that is recorded too."""

    __slots__ = ("code",)
    code: dict[str, Any]


def text(locale: Locale, key: str, at: datetime | None = None, /, **values: object) -> DefaultText:
    """The default text for `key` ("completed", "lost", …) in `locale`, its blanks filled. A time is
    written as a time of day, with its date unless that is the date of `at`."""
    blanks, time = values, values.get("time")
    if isinstance(time, datetime):
        blanks = {**values, "time": clock_text(time, at or time)}
        values["time"] = time.isoformat(timespec="milliseconds")
    made = DefaultText(TEXTS[locale][key].format(**blanks))
    made.code = {"code": key, "args": values}
    return made


def given(error: str | None) -> str | None:
    """A job's own text of an error, for its users; that of an exception has no code."""
    if error is not None and not isinstance(error, DefaultText):
        error = DefaultText(error)
        error.code = GIVEN
    return error


def new_texts(before: object, after: object) -> dict[str, Any]:
    """The changed texts of a task, each with its code; None for a text that is no default."""
    changes: dict[str, Any] = {}
    for name, code in _CODES.items():
        if (given := getattr(after, name)) is not getattr(before, name):
            changes[name] = given and str(given)
            changes[code] = given.code if isinstance(given, DefaultText) else None
    return changes


def in_language(
    locale: Locale, given: str, code: TextCode | None, at: datetime | None = None
) -> str:
    """A record's text in `locale`, made from its code as by `text`, a time of day with the offset
    of `at`; without a code as it is given."""
    if not code:
        return given
    try:
        args = dict(code["args"])
        if "time" in args:
            args["time"] = beside(moment(args["time"]), at)
        return text(locale, code["code"], at, **args)
    except (KeyError, TypeError, ValueError, IndexError):  # another version's, or another program's
        return given


def progress_text(locale: Locale, current: int, total: int | None) -> DefaultText:
    """The message of an `update()` without one: 「処理中... (150/252)」."""
    if total is None:
        return text(locale, "progressed_unknown_total", current=current)
    return text(locale, "progressed", current=current, total=total)


def retry_text(
    locale: Locale, number: int, limit: int | None, at: datetime | None, now: datetime, reason: str
) -> DefaultText:
    """The message of a retry, which names the next run, of how many, and when: "try 2 of 5 in 4 s:
    HTTPError 503"."""
    key, values = "retry", {"number": number, "reason": reason}
    if at is not None and (seconds := ceil((at - now).total_seconds())) > 0:
        soon = seconds <= _SOON_S
        key = "retry_in" if soon else "retry_at"
        values |= {"seconds": seconds} if soon else {"time": at.astimezone(now.tzinfo)}
    if limit is not None:
        key, values["limit"] = f"{key}_of", limit
    return text(locale, key, now, **values)


def retry_begun(locale: Locale, given: str, code: TextCode | None) -> str:
    """A retry's default text without its delay, for when the run has started; any other text as it
    is."""
    key, args = str((code or {}).get("code")), (code or {}).get("args")
    if not key.startswith(("retry_in", "retry_at")) or not isinstance(args, dict):
        return given
    begun = "retry_of" if key.endswith("_of") else "retry"
    args = {name: value for name, value in args.items() if name not in ("seconds", "time")}
    return in_language(locale, given, {"code": begun, "args": args})


def clock_text(time: datetime, now: datetime) -> str:
    """A time of day, with its date unless that is today's: "14:05", "11-27 14:05"."""
    return f"{time:%H:%M}" if time.date() == now.date() else f"{time:%m-%d %H:%M}"
