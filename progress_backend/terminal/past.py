"""What happened to a task, a line an entry of its timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ..record.default_texts import Locale, translated
from ..record.model import STATUSES
from . import formats

#: Entries of a task that was published, began and ended: the facts above them say the same.
_PLAIN: Final = frozenset({"created", "started", "ended"})
_EVENTS: Final[dict[Locale, dict[str, str]]] = {
    "ja": {
        "created": "作成",
        "started": "開始",
        "ended": "終了",
        "phase": "フェーズ",
        "retried": "再試行",
        "requeued": "キューに戻りました",
        "redelivered": "再配信",
        "returned": "復帰",
        "pause": "一時停止の依頼",
        "cancel": "キャンセルの依頼",
        "end": "強制終了の依頼",
        "acknowledged": "依頼を実施",
        "resumed": "再開",
        "stalled": "更新なし",
        "late": "遅れ",
    },
    "en": {
        "created": "created",
        "started": "started",
        "ended": "ended",
        "phase": "phase",
        "retried": "retry",
        "requeued": "back in the queue",
        "redelivered": "delivered again",
        "returned": "the run is back",
        "pause": "asked to pause",
        "cancel": "asked to cancel",
        "end": "asked to end",
        "acknowledged": "carried out",
        "resumed": "resumed",
        "stalled": "stalled",
        "late": "late",
    },
}
_GONE: Final[dict[Locale, str]] = {
    "ja": "… 古い {count} 件は残っていません",
    "en": "… {count} older entries are gone",
}
_ATTEMPT: Final[dict[Locale, str]] = {"ja": "{attempt} 回目", "en": "attempt {attempt}"}


def lines(timeline: Mapping[str, Any], locale: Locale) -> Iterator[str]:
    """The lines of a timeline; none where nothing but a start and an end happened."""
    entries = timeline["entries"]
    if all(entry["event"] in _PLAIN for entry in entries) and len(entries) <= len(_PLAIN):
        return
    if timeline["gone"]:
        yield _GONE[locale].format(count=timeline["gone"])
    names = _EVENTS[locale]
    shown = [names.get(entry["event"], formats.clean(entry["event"])) for entry in entries]
    width = max(map(formats.cells_of, shown))
    for entry, name in zip(entries, shown, strict=True):
        time = f"{datetime.fromisoformat(entry['time']):%Y-%m-%d %H:%M:%S %z}"
        yield f"{time}  {formats.padded(name, width)}  {_about(entry, locale)}".rstrip()


def _about(entry: Mapping[str, Any], locale: Locale) -> str:
    """ "attempt 2, celery@a, HTTPError: 503"."""
    about = []
    if (status := entry.get("status")) in STATUSES:
        about.append(formats.status(locale, status))
    if entry.get("attempt") and entry["event"] in ("started", "retried"):
        about.append(_ATTEMPT[locale].format(attempt=entry["attempt"]))
    about += (str(entry[name]) for name in ("by", "worker", "cause") if entry.get(name))
    if text := entry.get("text"):
        about.append(translated(locale, str(text)))
    return formats.text(locale, "comma").join(map(formats.clean, about))
