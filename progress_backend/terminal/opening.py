"""Opens what the terminal reads: a store, or an API, in the language of whoever reads."""

from __future__ import annotations

import os
from typing import Any

from ..record.default_texts import Locale
from ..settings import Settings, is_set
from .source import Source


def opened(settings: Settings, app: Any, url: str | None, token: str | None) -> Source:
    """The API at the URL, or the store of the settings, which are those of the app, None without
    one; to be used by `with`.

    Raises:
        SettingsError: there is no store, or a URL or the token cannot be used.
    """
    locale = language(settings, app)
    if url is not None:
        return Source.of_api(url, token, locale)
    return Source.of_store(settings, locale, app)


def language(settings: Settings, app: Any) -> Locale:
    """That of the app's settings; where these name none, that of the terminal (LC_ALL, LC_MESSAGES,
    LANG): Japanese where it names that (ja_JP.UTF-8), English for any other and for none (C,
    POSIX). `app` is None without one."""
    tracker = conf = None
    if app is not None:
        from ..tracking.tracker import tracker_of  # Celery takes half a second to import

        tracker, conf = tracker_of(app), app.conf
    if tracker.is_set("locale") if tracker is not None else is_set("locale", conf, os.environ):
        return settings.locale
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    named = next((value for name in names if (value := os.environ.get(name))), "C")
    return "ja" if named.partition(".")[0].partition("_")[0].lower() in ("ja", "japanese") else "en"
