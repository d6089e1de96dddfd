"""Opens what the terminal reads: a store, or an API."""

from __future__ import annotations

from typing import Final

from ..errors import SettingsError
from ..record.default_texts import Locale
from ..settings import Settings
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


def opened(settings: Settings, locale: Locale, url: str | None, token: str | None) -> Source:
    """The API at the URL, or the store of the settings, for a reader of a language; to be used by
    `with`.

    Raises:
        SettingsError: there is no store, or a URL or the token cannot be used.
    """
    if url is not None:
        return ApiSource(url, _ANSWER_S, token or None, locale)
    return StoreSource(open_store(settings), locale)


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
