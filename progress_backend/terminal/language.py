"""The language of what a person reads in a terminal."""

from __future__ import annotations

import os
from typing import Any

from ..record.default_texts import Locale
from ..settings import Settings, is_set


def language(settings: Settings, app: Any) -> Locale:
    """That of the app's settings; where these name none, that of the terminal (LC_ALL, LC_MESSAGES,
    LANG): Japanese where it names that (ja_JP.UTF-8), English for any other and for none (C,
    POSIX). `app` is None without one."""
    from ..tracking.tracker import tracker_of  # Celery takes half a second to import

    tracker = None if app is None else tracker_of(app)
    conf = None if app is None else app.conf
    if tracker.is_set("locale") if tracker is not None else is_set("locale", conf, os.environ):
        return settings.locale
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    named = next((value for name in names if (value := os.environ.get(name))), "C")
    return "ja" if named.partition(".")[0].partition("_")[0].lower() in ("ja", "japanese") else "en"
