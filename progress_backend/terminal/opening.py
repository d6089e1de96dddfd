"""Opens what the terminal reads: a store, or an API, in the language of whoever reads."""

from __future__ import annotations

import os
from typing import Any, Final

from ..addresses import without_password
from ..errors import SettingsError
from ..record.default_texts import Locale
from ..settings import Settings, is_set
from . import formats
from .api_client import ApiClient
from .source import Source

NO_STORE: Final = (
    "no store is configured: set PROGRESS_REDIS_URL (such as redis://127.0.0.1:6379/0), "
    "or name a Celery app (-A APP) with a result backend or broker on Redis"
)


def no_store(app: Any) -> SettingsError:
    """The error of settings without a store; of an app's it names the broker that was found."""
    if app is None:
        return SettingsError(NO_STORE)
    broker = str(app.conf.broker_url)
    if "://" not in broker:  # what stands before the "@" may be a password
        broker = broker.rpartition("@")[2]
    return SettingsError(
        f"the Celery app's broker is {without_password(broker)!r}, which is not a Redis URL, and "
        "it has no result backend on Redis: set PROGRESS_REDIS_URL, e.g. redis://127.0.0.1:6379/0"
    )


def opened(settings: Settings, app: Any, url: str | None, token: str | None) -> Source:
    """The API at the URL, or the store of the settings, which are those of the app, None without
    one; to be used by `with`.

    Raises:
        SettingsError: there is no store, or a URL or the token cannot be used.
    """
    locale = language(settings, app)
    if url is not None:
        return of_api(url, token, locale)
    return of_store(settings, locale, app)


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


def of_store(settings: Settings, locale: Locale, app: Any = None) -> Source:
    """The store of the settings, which are those of the app, None without one; it is connected
    to at the first request.

    Raises:
        SettingsError: there is no store.
    """
    if settings.redis_url is None:
        raise no_store(app)
    from .store_client import StoreClient  # redis-py takes a quarter of a second to import

    address = without_password(settings.redis_url)
    if settings.key_prefix:
        address += formats.text(locale, "prefix", prefix=settings.key_prefix)
    return StoreClient(settings, app, address, locale)


def of_api(url: str, token: str | None, locale: Locale) -> Source:
    """The API at a URL (`progress-backend serve`), with a token where it asks for one.

    Raises:
        SettingsError: the URL is not one of HTTP, or the token cannot be sent.
    """
    return ApiClient(url.rstrip("/"), token, locale)
