"""The default texts, and what a watcher is sent, from the code and from an example record."""

from __future__ import annotations

import json
from typing import Final

from progress_backend.record import messages
from progress_backend.record.default_texts import LOCALES, text
from progress_backend.web.openapi import examples

from .tables import markdown

_BLANKS: Final = {
    "current": 150,
    "total": 252,
    "worker": "celery@host",
    "reason": "OperationalError: …",
    "name": "shop.fetch",
    "time": "14:05",
}
#: Key of a text -> when it is used.
_WHEN: Final = {
    "en": {
        "progressed": "`update()` without a message",
        "progressed_unknown_total": "the same, total unknown",
        "completed": "completed",
        "failed": "error",
        "cancelled": "cancelled",
        "failed_until": "error, while its message may come again",
        "worker_lost_until": "the same, cause `lost` or `worker_lost`",
        "lost": "error, cause `lost`",
        "not_published": "error, cause `not_published`",
        "revoked": "cancelled by Celery's revoke",
        "expired": "cancelled because its `expires` passed",
        "unknown_task": "error, cause `unknown_task`",
    },
    "ja": {
        "progressed": "メッセージなしの `update()`",
        "progressed_unknown_total": "同上、総数が不明の場合",
        "completed": "完了（completed）",
        "failed": "エラー（error）",
        "cancelled": "キャンセル（cancelled）",
        "failed_until": "エラー、メッセージが再び届く可能性がある間",
        "worker_lost_until": "同上、原因 `lost` または `worker_lost`",
        "lost": "エラー、原因 `lost`",
        "not_published": "エラー、原因 `not_published`",
        "revoked": "Celery の revoke によるキャンセル",
        "expired": "`expires` を過ぎたためのキャンセル",
        "unknown_task": "エラー、原因 `unknown_task`",
    },
}
_HEAD: Final = {"en": ("When", "`ja`", "`en`"), "ja": ("いつ", "`ja`", "`en`")}


def table(lang: str) -> str:
    """Every default text, in each language."""
    rows = [
        (when, *(text(locale, key, **_BLANKS) for locale in LOCALES))
        for key, when in _WHEN[lang].items()
    ]
    return markdown(_HEAD[lang], rows)


def message(lang: str) -> str:
    """A WebSocket message, made from the example record."""
    made = json.loads(messages.update_message(examples.RUNNING, "progress_update"))
    return f"```json\n{json.dumps(made, ensure_ascii=False, indent=2)}\n```"
