"""The language of what a person reads in a terminal."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from ..settings import Settings, is_set
from . import formats


def in_the_terminals_language(settings: Settings, app: Any) -> Settings:
    """The app's settings, with the language of the terminal (LC_ALL, LC_MESSAGES, LANG) where no
    setting names one; `app` is None without one."""
    from ..tracking.tracker import tracker_of  # Celery takes half a second to import

    tracker = None if app is None else tracker_of(app)
    if tracker is not None:
        named = tracker.is_set("locale")
    else:
        named = is_set("locale", None if app is None else app.conf, os.environ)
    return settings if named else replace(settings, locale=formats.locale_of(os.environ))
