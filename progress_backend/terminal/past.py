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


def lines(timeline: Mapping[str, Any], locale: Locale) -> Iterator[str]:
    """The lines of a timeline; none where nothing but a start and an end happened."""
    entries = timeline["entries"]
    if all(entry["event"] in _PLAIN for entry in entries) and len(entries) <= len(_PLAIN):
        return
    if timeline["gone"]:
        yield formats.text(locale, "entries_gone", count=timeline["gone"])
    shown = [formats.word(locale, entry["event"], "event") for entry in entries]
    width = max(map(formats.cells_of, shown))
    for entry, name in zip(entries, shown, strict=True):
        time = f"{datetime.fromisoformat(entry['time']):%Y-%m-%d %H:%M:%S %z}"
        yield f"{time}  {formats.padded(name, width)}  {_about(entry, locale)}".rstrip()


def _about(entry: Mapping[str, Any], locale: Locale) -> str:
    """ "attempt 2, celery@a, HTTPError: 503"."""
    about = []
    if (status := entry.get("status")) in STATUSES:
        about.append(formats.word(locale, status))
    if entry.get("attempt") and entry["event"] in ("started", "retried"):
        about.append(formats.text(locale, "attempt_number", attempt=entry["attempt"]))
    about += (str(entry[name]) for name in ("by", "worker", "cause") if entry.get(name))
    if text := entry.get("text"):
        about.append(translated(locale, str(text)))
    return formats.joined(locale, *map(formats.clean, about))
