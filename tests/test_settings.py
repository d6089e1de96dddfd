from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime, timedelta

import kombu
import pytest

from progress_backend.errors import SettingsError
from progress_backend.settings import CLUSTER_SCHEMES, Settings, store_url_of_celery


def test_defaults_are_the_documented_ones() -> None:
    assert {f.name: f.default for f in fields(Settings)} == {
        "redis_url": None,
        "key_prefix": "",
        "retention_s": 86_400,
        "update_interval_s": 1.0,
        "lease_s": 30,
        "reap_interval_s": 15,
        "cleanup_interval_s": 3_600,
        "locale": "ja",
        "timezone": "UTC",
        "flower_events": True,
        "partitions": 0,
    }


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().lease_s = 1  # type: ignore[misc]  # that is the mistake


def test_given_wins_over_environment_over_conf() -> None:
    conf = {"progress_lease_s": 10, "progress_retention_s": 20, "progress_key_prefix": "conf:"}
    environ = {"PROGRESS_LEASE_S": "11", "PROGRESS_RETENTION_S": "21"}
    settings = Settings.from_sources(conf, environ, lease_s=12)
    assert (settings.lease_s, settings.retention_s, settings.key_prefix) == (12, 21.0, "conf:")


def test_an_empty_variable_says_nothing() -> None:
    settings = Settings.from_sources({"progress_lease_s": 10}, {"PROGRESS_LEASE_S": ""})
    assert settings.lease_s == 10


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_field_is_read_from_environment_and_conf(field) -> None:
    texts = {
        "redis_url": "redis://10.0.0.1/0",
        "key_prefix": "p:",
        "locale": "en",
        "timezone": "Asia/Tokyo",
        "flower_events": "0",
    }
    text = texts.get(field.name, "7")
    by_environ = Settings.from_sources(None, {f"PROGRESS_{field.name.upper()}": text})
    by_conf = Settings.from_sources({f"progress_{field.name}": text}, {})
    assert by_environ == by_conf
    value = getattr(by_environ, field.name)
    assert value != field.default
    assert str(value) in (text, f"{text}.0", "False")


@pytest.mark.parametrize(
    ("words", "value"),
    [(("1", "true", "YES", " on ", True), True), (("0", "False", "no", "OFF", False), False)],
)
def test_yes_and_no(words, value) -> None:
    for word in words:
        assert Settings.from_sources({"progress_flower_events": word}, {}).flower_events is value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RETENTION_S", "0"),
        ("RETENTION_S", "-1"),
        ("RETENTION_S", "nan"),
        ("RETENTION_S", "inf"),
        ("RETENTION_S", "a day"),
        ("LEASE_S", "0"),
        ("REAP_INTERVAL_S", "-3"),
        ("CLEANUP_INTERVAL_S", "0"),
        ("UPDATE_INTERVAL_S", "-0.1"),
        ("UPDATE_INTERVAL_S", "3601"),
        ("LOCALE", "fr"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../etc/passwd"),
        ("FLOWER_EVENTS", "maybe"),
        ("PARTITIONS", "1.5"),
        ("PARTITIONS", "-1"),
        ("PARTITIONS", "1025"),
        ("REDIS_URL", "amqp://guest@broker//"),
    ],
)
def test_an_unusable_value_is_named_with_what_it_should_be(name, text) -> None:
    with pytest.raises(SettingsError, match=rf"PROGRESS_{name} is .*; it must be ") as caught:
        Settings.from_sources(None, {f"PROGRESS_{name}": text})
    assert isinstance(caught.value, ValueError)


def test_a_bad_url_is_refused_without_its_password() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(redis_url="http://user:secret@host/0")
    assert "secret" not in str(caught.value)


def test_no_interval_is_allowed() -> None:
    assert Settings(update_interval_s=0).update_interval_s == 0


@pytest.mark.parametrize(
    ("conf", "environ", "url"),
    [
        ({}, {}, None),
        ({"result_backend": "redis://r/1", "broker_url": "redis://b/0"}, {}, "redis://r/1"),
        ({"result_backend": "rpc://", "broker_url": "rediss://b/0"}, {}, "rediss://b/0"),
        ({"result_backend": None}, {"CELERY_RESULT_BACKEND": "sentinel://s"}, "sentinel://s"),
        ({"broker_url": "amqp://b"}, {"CELERY_BROKER_URL": "redis://b"}, None),
        ({}, {"CELERY_BROKER_URL": "unix:///run/redis.sock"}, "unix:///run/redis.sock"),
    ],
)
def test_the_store_is_found_where_celery_keeps_things(conf, environ, url) -> None:
    assert store_url_of_celery(conf, environ) == url
    assert Settings.from_sources(conf, environ).redis_url == url


CLUSTERS = [f"{scheme}://user:secret@h:7000/0" for scheme in CLUSTER_SCHEMES]
OWN = {"PROGRESS_REDIS_URL": "redis+cluster://h:7000"}


def refused(conf: dict[str, str], environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError, match="cannot be on a Redis Cluster: give it") as caught:
        Settings.from_sources(conf, environ)
    assert "secret" not in str(caught.value)
    return str(caught.value).partition(" ")[0]


@pytest.mark.parametrize("url", CLUSTERS)
def test_celerys_own_urls_cannot_be_a_cluster(url: str) -> None:
    assert refused({"result_backend": url, "broker_url": "redis://b"}, {}) == (
        "CELERY_RESULT_BACKEND"
    )
    assert refused({"result_backend": "redis://r", "broker_url": url}, {}) == "CELERY_BROKER_URL"
    assert refused({}, {"CELERY_BROKER_URL": url}) == "CELERY_BROKER_URL"


@pytest.mark.parametrize("url", CLUSTERS)
def test_beside_a_store_of_its_own_only_a_broker_that_celery_misreads_is_refused(url: str) -> None:
    for broker in ("redis://b", "amqp://b", "sentinel://b", None):
        settings = Settings.from_sources({"broker_url": broker, "result_backend": url}, OWN)
        assert settings.clustered
    for given in ({"redis_url": "redis://own"}, {}):
        environ = {"CELERY_BROKER_URL": url} | ({} if given else OWN)
        if "+" in url:
            with pytest.raises(SettingsError, match="CELERY_BROKER_URL is"):
                Settings.from_sources(None, environ, **given)
        else:  # Celery says so itself, unless a package has taught it the name
            assert Settings.from_sources(None, environ, **given).redis_url


def test_celery_reads_such_a_broker_as_one_redis_on_this_machine() -> None:
    """Why it is refused, and why the others are not."""
    connection = kombu.Connection(CLUSTERS[0])
    assert (connection.transport_cls, connection.port) == ("redis", None)
    with pytest.raises(KeyError, match="No such transport"):
        _ = kombu.Connection(CLUSTERS[2]).transport


def test_its_own_url_wins() -> None:
    environ = {"PROGRESS_REDIS_URL": "redis://own", "CELERY_RESULT_BACKEND": "redis://results"}
    assert Settings.from_sources(None, environ).redis_url == "redis://own"


def test_the_zone_is_celerys_unless_given() -> None:
    conf = {"timezone": "Asia/Tokyo"}
    assert Settings.from_sources(conf, {}).timezone == "Asia/Tokyo"
    assert Settings.from_sources(conf, {"PROGRESS_TIMEZONE": "UTC"}).zone() is UTC
    noon = datetime(2024, 1, 15, 12, tzinfo=Settings(timezone="Asia/Tokyo").zone())
    assert noon.utcoffset() == timedelta(hours=9)
