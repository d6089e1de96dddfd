"""The records of the pictures of a task's page and a workflow's page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from progress_backend.flows import task_log
from progress_backend.record import events as ev
from progress_backend.record.default_texts import Locale
from progress_backend.record.log_line import LogLine
from progress_backend.record.model import Member, Worker
from progress_backend.store.drivers import Store

TASK: Final = "3f2c9a10-4d7e-4a51-8f0e-6f1b2d3c4e5f"
WORKFLOW: Final = "5d41402a-bc4b-4a76-b971-9d911017c592"
_TOTAL: Final = 1_259
_IDENTITY: Final = ev.Identity("fetch_data", _TOTAL, "N225")
_WORDS: Final[dict[Locale, dict[str, str]]] = {
    "en": {
        "read": "read",
        "write": "write",
        "why": "the market is closed",
        "message": "Fetching prices (760/1259)",
        "first": "1259 days to fetch",
        "again": "the price source answers 503, trying again",
        "holiday": "2023-08-11 is a holiday: no prices",
        "open": "the market is open, going on with 2024-01-15",
        "name": "fetch ×8",
        "failed": "ValueError: no such price: 9984.T",
    },
    "ja": {
        "read": "取得",
        "write": "保存",
        "why": "市場が閉まっているため",
        "message": "価格を取得しています (760/1259)",
        "first": "1259 日分を取得します",
        "again": "価格サーバーが 503 を返しました。再試行します",
        "holiday": "2023-08-11 は休場日で、価格がありません",
        "open": "市場が開きました。2024-01-15 から続けます",
        "name": "8 銘柄を取得して集計",
        "failed": "ValueError: 価格がありません: 9984.T",
    },
}


def _started(identity: ev.Identity, worker: str, *, redelivered: bool = False) -> ev.Started:
    by = Worker("lease", worker)
    return ev.Started(identity=identity, worker=by, again_s=60, redelivered=redelivered)


def _task(words: dict[str, str]) -> Iterator[tuple[float, ev.Event]]:
    """What happened to the task, each so many seconds ago."""
    yield 300, ev.Created(identity=_IDENTITY)
    yield 290, _started(_IDENTITY, "celery@prices-1")
    yield 280, ev.Progressed(current=20, details={"phase": words["read"]})
    yield 200, ev.Retried(message="HTTPError: 503 Service Unavailable", retries=1)
    yield 190, _started(_IDENTITY, "celery@prices-2")
    yield 150, ev.Paused(by="desk", reason=words["why"])
    yield 149, ev.Acknowledged()
    yield 90, ev.Resumed(by="desk")
    for current in range(400, 760, 40):
        yield (760 - current) / 8, ev.Progressed(current=current)
    yield 4, ev.Progressed(current=756, details={"phase": words["write"]})
    yield 0, ev.Progressed(current=760, message=words["message"])


def _members(words: dict[str, str]) -> Iterator[tuple[str, float, ev.Event]]:
    """What happened to the workflow's members, each so many seconds ago."""
    symbols = ("7203.T", "6758.T", "9984.T", "8306.T", "N225", "AAPL", "MSFT", "GOOG")
    for number, symbol in enumerate(symbols):
        identity = ev.Identity("fetch_data", 252, symbol, member=Member((WORKFLOW,)))
        task_id = f"{number:08x}-58cc-4372-a567-0e02b2c3d479"
        named = words["name"] if number == 0 else None
        yield task_id, 75, ev.Created(identity=identity, workflow_name=named)
        if number == 7:
            continue
        yield task_id, 70 - number, _started(identity, "celery@prices-1")
        yield task_id, 30, ev.Progressed(current=252 if number < 2 else 25 * number)
        if symbol == "9984.T":
            yield task_id, 20, ev.Failed(error_message=words["failed"])
        elif number < 5:
            yield task_id, 10 - number, ev.Completed()
    merge = ev.Identity("merge", member=Member((WORKFLOW,)))
    yield "ffffffff-58cc-4372-a567-0e02b2c3d479", 75, ev.Planned(identity=merge)


def fill(store: Store, lang: Locale) -> None:
    """Makes the records."""
    words, now = _WORDS[lang], store.now()
    happened = [(TASK, ago, event) for ago, event in _task(words)] + list(_members(words))
    for task_id, ago, event in happened:
        store.run(store.flows.apply(task_id, (event,), now - timedelta(seconds=ago)))
    said = [(289, "info", "first", 1), (201, "warning", "again", 1), (189, "info", "first", 2)]
    said += [(160, "warning", "holiday", 2), (89, "info", "open", 2)]
    for ago, level, text, attempt in said:
        lines = [LogLine(now.timestamp() - ago, level, words[text])]
        about = (TASK, attempt, lines, 0, store.settings, store.flows.redaction)
        store.execute(task_log.add(*about))
