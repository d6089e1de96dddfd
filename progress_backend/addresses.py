"""Where Redis is: schemes of a store's URL, and the URL that Celery's configuration leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ssl import VerifyMode
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from .errors import SettingsError

#: URL schemes that a store can be opened on; redis+socket is Celery's name for unix.
STORE_SCHEMES: Final = ("redis", "rediss", "unix", "redis+socket", "sentinel")
#: Schemes of a Redis Cluster: the store can be on one, Celery's broker and results cannot.
CLUSTER_SCHEMES: Final = ("redis+cluster", "rediss+cluster", "rediscluster", "redisscluster")

#: Where the next URL of a list begins; a semicolon may stand in a password.
_NEXT_URL = re.compile(r";(?=[a-z+]+://)")

#: Celery's names of the settings, in the order in which a store is looked for.
_CELERY_URLS = {"result_backend": "CELERY_RESULT_BACKEND", "broker_url": "CELERY_BROKER_URL"}
#: Those of its settings that say how TLS is spoken there, and what else its client is told.
_CELERY_TLS = {"result_backend": "redis_backend_use_ssl", "broker_url": "broker_use_ssl"}
_CELERY_OPTIONS = {
    "result_backend": "result_backend_transport_options",
    "broker_url": "broker_transport_options",
}


def scheme_of(url: str | None) -> str:
    """What stands before `://`; "" if nothing does."""
    return (url or "").partition("://")[0]


def one_by_one(url: str) -> list[str]:
    """A URL for each address: of `scheme://a:1,b:2/0`, and of Celery's list,
    `scheme://a:1/0;scheme://b:2/0`. What is said of all stands in each."""
    urls = []
    for part in _NEXT_URL.split(url):
        scheme, _, rest = part.partition("://")
        end = next((at for at, sign in enumerate(rest) if sign in "/?#"), len(rest))
        place, more = rest[:end], rest[end:]
        login, at, hosts = place.rpartition("@")
        if "@" in login:  # each has its own
            login, at, hosts = "", "", place
        urls += [f"{scheme}://{login}{at}{host}{more}" for host in hosts.split(",") if host]
    return urls or [url]


def without_password(url: str) -> str:
    """A store's URL as it may be shown."""
    return re.sub(r"//[^/@;,]*@", "//***@", url)


def store_url_of_celery(conf: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """The result backend's URL if a store can be opened on it, else the broker's, else None; with
    the TLS options that Celery is given for it.

    Raises:
        SettingsError: one of them is a Redis Cluster's, or TLS is asked for behind Sentinel.
    """
    urls = [(name, _celery_url(name, conf, environ)) for name in _CELERY_URLS]
    for name, url in urls:
        if scheme_of(url) in CLUSTER_SCHEMES:
            raise _no_cluster(name, scheme_of(url))
    for name, url in urls:
        if url is not None and scheme_of(url) in STORE_SCHEMES:
            named = _of_master(url, conf.get(_CELERY_OPTIONS[name]))
            return _over_tls(named, name, conf.get(_CELERY_TLS[name]))
    return None


def key_prefix_of_celery(conf: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """The `global_keyprefix` of the transport or result backend that the store's URL is taken from:
    two apps that share a database by it share no record either. "" without one."""
    for name in _CELERY_URLS:
        url = _celery_url(name, conf, environ)
        if url is not None and scheme_of(url) in STORE_SCHEMES:
            options = conf.get(_CELERY_OPTIONS[name])
            return str(options.get("global_keyprefix") or "") if isinstance(options, dict) else ""
    return ""


def refuse_misread_broker(conf: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    """Of these Celery takes what stands before the plus, and connects to Redis on this machine. Of
    the other names it says itself that it knows none; a package may have taught it one.

    Raises:
        SettingsError: the broker's URL is one of these.
    """
    scheme = scheme_of(_celery_url("broker_url", conf, environ))
    if scheme in CLUSTER_SCHEMES and "+" in scheme:
        raise _no_cluster("broker_url", scheme)


def _celery_url(name: str, conf: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """As Celery finds it: the environment first, of several brokers the first."""
    given = environ.get(_CELERY_URLS[name]) or conf.get(name)
    if name == "broker_url":
        given = _first(given or conf.get("broker_write_url"))
    return given if isinstance(given, str) and "://" in given else None


def _first(brokers: Any) -> Any:
    """Of several brokers, in a list or with semicolons; several sentinels are one."""
    if isinstance(brokers, (list, tuple)):
        brokers = ";".join(map(str, brokers))
    if not isinstance(brokers, str) or scheme_of(brokers) == "sentinel":
        return brokers
    return brokers.partition(";")[0]


def _of_master(url: str, options: Any) -> str:
    """A sentinel's URL with the name of the master, where Celery is told it."""
    name = options.get("master_name") if isinstance(options, Mapping) else None
    if not name or scheme_of(url) != "sentinel":
        return url
    return f"{url}{'&' if '?' in url.rpartition(';')[2] else '?'}{urlencode({'service': name})}"


def _no_cluster(name: str, scheme: str) -> SettingsError:
    return SettingsError(
        f"{_CELERY_URLS[name]} is {scheme}://…, but Celery's broker and result backend cannot be "
        "on a Redis Cluster: give it one Redis, Sentinel or RabbitMQ, and name the cluster in "
        "PROGRESS_REDIS_URL alone"
    )


def _over_tls(url: str, name: str, options: Any) -> str:
    """The URL with these options in its query, which has the last word, as Celery has it."""
    scheme, _, rest = url.partition("://")
    if not options or not isinstance(options, Mapping) or scheme in ("unix", "redis+socket"):
        return url
    if scheme == "sentinel":
        raise SettingsError(
            f"{_CELERY_TLS[name]} asks for TLS behind Sentinel, which the progress store does not "
            "speak: name another Redis in PROGRESS_REDIS_URL"
        )
    address, _, query = rest.partition("?")
    said = {option: _written(value) for option, value in options.items() if value is not None}
    if "ssl_cert_reqs" in options and options["ssl_cert_reqs"] is None:
        said["ssl_cert_reqs"] = "none"  # as redis-py takes it, where None is given
    asked = urlencode({**said, **dict(parse_qsl(query))})
    return f"rediss://{address}?{asked}" if asked else f"rediss://{address}"


def _written(value: Any) -> str:
    return value.name if isinstance(value, VerifyMode) else str(value)
