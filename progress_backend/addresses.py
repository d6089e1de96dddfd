"""Redis URLs: the schemes that a store can be opened on, and the URL in Celery's configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from .errors import SettingsError

#: URL schemes that a store can be opened on; redis+socket is Celery's name for unix.
STORE_SCHEMES: Final = ("redis", "rediss", "unix", "redis+socket", "sentinel")
#: Schemes of a Redis Cluster: the store can be on one, Celery's broker and results cannot.
CLUSTER_SCHEMES: Final = ("redis+cluster", "rediss+cluster", "rediscluster", "redisscluster")

#: Between two URLs of Celery's list; a semicolon alone may be part of a password.
_NEXT_URL = re.compile(r";(?=[a-z+]+://)")
#: A login, up to the last "@" before the next URL; and an option of a URL with a secret.
_LOGIN = re.compile(r"//(?:(?![;,][a-z+]+://).)*@", re.DOTALL)
_SECRET_OPTION = re.compile(r"([?&][^=&\s]*(?:pass|secret|token)[^=&\s]*=)[^&;\s]*", re.IGNORECASE)

#: Celery's settings that hold a URL, and their environment variables, in the order in which a store
#: is looked for.
_CELERY_URLS = {"result_backend": "CELERY_RESULT_BACKEND", "broker_url": "CELERY_BROKER_URL"}
#: Celery's settings with the TLS options of each URL, and with the other options of its client.
_CELERY_TLS = {"result_backend": "redis_backend_use_ssl", "broker_url": "broker_use_ssl"}
_CELERY_OPTIONS = {
    "result_backend": "result_backend_transport_options",
    "broker_url": "broker_transport_options",
}


def scheme_of(url: str | None) -> str:
    """A URL's scheme, the part before `://`; "" if there is none."""
    return (url or "").partition("://")[0]


def one_by_one(url: str) -> list[str]:
    """A URL for each Redis address in `scheme://a:1,b:2/0`, or in Celery's list
    `scheme://a:1/0;scheme://b:2/0`. Login, database and options are copied into each."""
    urls = []
    for part in _NEXT_URL.split(url):
        scheme, _, rest = part.partition("://")
        end = next((at for at, sign in enumerate(rest) if sign in "/?#"), len(rest))
        place, more = rest[:end], rest[end:]
        login, at, hosts = place.rpartition("@")
        if "@" in login:  # each address has a login of its own
            login, at, hosts = "", "", place
        urls += [f"{scheme}://{login}{at}{host}{more}" for host in hosts.split(",") if host]
    return urls or [url]


def without_password(url: str) -> str:
    """A URL, or a list of them, with `***` in place of each login and of the options that are named
    like a secret, for logs and errors. A password may have signs that should have been escaped."""
    return _SECRET_OPTION.sub(r"\1***", _LOGIN.sub("//***@", url))


def store_url_of_celery(conf: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """The URL of Celery's result backend if a store can be opened on it, else the broker's, else
    None; with the TLS options that Celery's configuration has for that URL.

    Raises:
        SettingsError: one of the URLs is a Redis Cluster's, or has TLS options behind Sentinel.
    """
    urls = [(name, _celery_url(name, conf, environ)) for name in _CELERY_URLS]
    for name, url in urls:
        if scheme_of(url) in CLUSTER_SCHEMES:
            raise SettingsError(
                f"{_CELERY_URLS[name]} is {scheme_of(url)}://…, but Celery's broker and result "
                "backend cannot be on a Redis Cluster: give it one Redis, Sentinel or RabbitMQ, "
                "and name the cluster in PROGRESS_REDIS_URL alone"
            )
    for name, url in urls:
        if url is not None and scheme_of(url) in STORE_SCHEMES:
            named = _of_master(url, conf.get(_CELERY_OPTIONS[name]))
            return _over_tls(named, name, conf.get(_CELERY_TLS[name]))
    return None


def key_prefix_of_celery(conf: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Celery's `global_keyprefix` of the result backend or broker that gives the store's URL, ""
    without one: two apps that share a Redis database by that prefix share no record either."""
    for name in _CELERY_URLS:
        if scheme_of(_celery_url(name, conf, environ)) in STORE_SCHEMES:
            options = conf.get(_CELERY_OPTIONS[name])
            return str(options.get("global_keyprefix") or "") if isinstance(options, dict) else ""
    return ""


def _celery_url(name: str, conf: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """The URL that Celery uses for this setting: the environment variable before the configuration,
    and the first of several brokers."""
    given = environ.get(_CELERY_URLS[name]) or conf.get(name)
    if name == "broker_url":
        given = _first(given or conf.get("broker_write_url"))
    return given if isinstance(given, str) and "://" in given else None


def _first(brokers: Any) -> Any:
    """The first broker of a list, or of a text with semicolons; several sentinels count as one."""
    if isinstance(brokers, (list, tuple)):
        brokers = ";".join(map(str, brokers))
    if not isinstance(brokers, str) or scheme_of(brokers) == "sentinel":
        return brokers
    return brokers.partition(";")[0]


def _of_master(url: str, options: Any) -> str:
    """A Sentinel URL with the `master_name` of Celery's transport options, if that is set."""
    name = options.get("master_name") if isinstance(options, Mapping) else None
    if not name or scheme_of(url) != "sentinel":
        return url
    return f"{url}{'&' if '?' in url.rpartition(';')[2] else '?'}{urlencode({'service': name})}"


def _over_tls(url: str, name: str, options: Any) -> str:
    """The URL with these TLS options in its query; as in Celery, an option that the query already
    has wins.

    Raises:
        SettingsError: the URL is Sentinel's.
    """
    scheme, _, rest = url.partition("://")
    if not options or not isinstance(options, Mapping) or scheme in ("unix", "redis+socket"):
        return url
    if scheme == "sentinel":
        raise SettingsError(
            f"{_CELERY_TLS[name]} requires TLS behind Sentinel, which is not supported: name "
            "another Redis in PROGRESS_REDIS_URL"
        )
    address, _, query = rest.partition("?")
    # A ssl.VerifyMode by its name.
    texts = {n: str(getattr(v, "name", v)) for n, v in options.items() if v is not None}
    if "ssl_cert_reqs" in options and options["ssl_cert_reqs"] is None:
        texts["ssl_cert_reqs"] = "none"  # as redis-py takes it, where None is given
    query = urlencode({**texts, **dict(parse_qsl(query))})
    return f"rediss://{address}?{query}" if query else f"rediss://{address}"
