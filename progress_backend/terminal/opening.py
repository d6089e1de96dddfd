"""Opens what the terminal reads: a store, or an API, in the language of whoever reads."""

from __future__ import annotations

import os
from typing import Any, Final

from ..errors import SettingsError
from ..record.default_texts import Locale
from ..settings import Settings, is_set
from ..store.drivers import Store
from .api_source import ApiSource
from .source import Source
from .store_source import StoreSource

#: Seconds of one read at most.
_ANSWER_S: Final = 3.0
_NO_STORE: Final = (
    "no store is configured: set PROGRESS_REDIS_URL (such as redis://127.0.0.1:6379/0), "
    "or name a Celery app (-A APP) whose result backend or broker is Redis"
)


def opened(settings: Settings, app: Any, url: str | None, token: str | None) -> Source:
    """The API at the URL, or the store of the settings, which are those of the app, None without
    one; to be used by `with`.

    Raises:
        SettingsError: there is no store, or a URL or the token cannot be used.
    """
    if url is not None:
        return ApiSource(url, _ANSWER_S, token or None, language(settings, app))
    return StoreSource(open_store(settings), language(settings, app))


def open_store(settings: Settings) -> Store:
    """The store; it connects at the first flow.

    Raises:
        SettingsError: there is no store, or its URL cannot be used.
    """
    if settings.redis_url is None:
        raise SettingsError(_NO_STORE)
    try:
        return Store(settings, _ANSWER_S)
    except ValueError as error:
        raise SettingsError(f"PROGRESS_REDIS_URL cannot be used: {error}") from error


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
