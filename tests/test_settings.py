import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import Celery

from progress_backend import install, settings_of
from progress_backend.errors import SettingsError
from progress_backend.settings import Settings
from progress_backend.web.state import settings_of_environment


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
        "enabled": "0",
        "metrics": "0",
        "stacks": "0",
        "docs": "0",
        "read_only": "1",
        "show_errors": "1",
        "trace_url": "https://traces.example.com/{trace_id}",
        "flower_url": "https://flower.example.com/flower",
        "title_color": "red",
        "allowed_origins": "https://app.example.com",
        "allowed_hosts": "tasks.example.com",
        "redact": "json.dumps",
    }
    text = texts.get(field.name, "7")
    by_environ = Settings.from_sources(None, {f"PROGRESS_{field.name.upper()}": text})
    by_conf = Settings.from_sources({f"progress_{field.name}": text}, {})
    assert by_environ == by_conf
    value = getattr(by_environ, field.name)
    assert value != field.default
    assert value is json.dumps or str(value) in (text, f"{text}.0", "False", "True", f"('{text}',)")


def test_lists_are_texts_with_commas_or_lists_of_celery() -> None:
    wanted = ("https://app.example.com", "http://localhost:5173")
    text = " HTTPS://App.Example.com:443, http://localhost:5173 ,"
    assert Settings.from_sources(None, {"PROGRESS_ALLOWED_ORIGINS": text}).allowed_origins == wanted
    for kind in (list, tuple):
        conf = {"progress_allowed_origins": kind(wanted)}
        assert Settings.from_sources(conf, {}).allowed_origins == wanted
    hosts = Settings.from_sources(None, {"PROGRESS_ALLOWED_HOSTS": "A.example.com,b"}).allowed_hosts
    assert hosts == ("a.example.com", "b")
    assert Settings(allowed_origins=("http://[::1]:80/",)).allowed_origins == ("http://[::1]",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ORIGINS", "*"),
        ("ORIGINS", "app.example.com"),
        ("ORIGINS", "https://app.example.com/a"),
        ("ORIGINS", "https://*.example.com"),
        ("HOSTS", "*"),
        ("HOSTS", "app.example.com:80"),
        ("HOSTS", ".example.com"),
    ],
)
def test_names_of_the_web_that_cannot_be_used(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"PROGRESS_ALLOWED_{name} is .*; it must be .*example"):
        Settings.from_sources(None, {f"PROGRESS_ALLOWED_{name}": text})


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
        ("RETENTION_S", "nan"),
        ("RETENTION_S", "a day"),
        ("REAP_INTERVAL_S", "-3"),
        ("UPDATE_INTERVAL_S", "-0.1"),
        ("UPDATE_INTERVAL_S", "3601"),
        ("LOCALE", "fr"),
        ("TIMEZONE", "Mars/Olympus"),
        ("FLOWER_EVENTS", "maybe"),
        ("PARTITIONS", "1.5"),
        ("PARTITIONS", "1025"),
        ("REDIS_URL", "amqp://guest@broker//"),
        ("MAX_WRITES", "-1"),
        ("MAX_SOCKETS", "many"),
        ("FLOWER_URL", "flower:5555"),
        ("FLOWER_URL", "javascript:alert(1)//"),
    ],
)
def test_an_unusable_value_is_named_with_what_it_should_be(name, text) -> None:
    with pytest.raises(SettingsError, match=rf"PROGRESS_{name} is .*; it must be ") as caught:
        Settings.from_sources(None, {f"PROGRESS_{name}": text})
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:SECRET@one:6379/0", "redis://***@one:6379/0"),
        ("rediss://me:S,E@C/R//E?T@one/0", "rediss://***@one/0"),
        ("redis://one/0?password=SECRET&db=1", "redis://one/0?password=***&db=1"),
        (
            "sentinel://:SECRET@a:1;sentinel://:SECRET@b:2/0?sentinel_Password=SECRET",
            "sentinel://***@a:1;sentinel://***@b:2/0?sentinel_Password=***",
        ),
        ("redis+cluster://:SECRET@a:1,:SECRET@b:2/0", "redis+cluster://***@b:2/0"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    flower = "https://me:SECRET@flower:5555"
    given = {"signing_keys": ("SECRET" * 6,), "webhooks": '[{"secret": "SECRET"}]'}
    settings = Settings(redis_url=url, flower_url=flower, **given)
    text = repr(settings)
    assert f"redis_url='{shown}'" in text
    assert "flower_url='https://***@flower:5555'" in text
    assert not any(part in text for part in ("SECRET", "S,E", "E?T", "signing_keys", "webhooks="))


@pytest.mark.parametrize(
    "given",
    [
        {"redis_url": "SECRET@one"},
        {"redis_url": "http://:SECRET@one"},
        {"flower_url": "https://:SECRET@flower?a"},
        {"trace_url": "https://:SECRET@traces"},
        {"allowed_origins": ("https://:SECRET@app",)},
        {"signing_keys": 7_532_378},
    ],
    ids=lambda given: next(iter(given)),
)
def test_no_error_shows_a_password(given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(given)).upper()) as refused:
        Settings.from_sources({f"progress_{name}": value for name, value in given.items()}, {})
    assert not any(part in str(refused.value) for part in ("SECRET", "7532378"))


def test_given_texts_are_read_as_those_of_the_environment() -> None:
    assert Settings.from_sources(None, {}, lease_s="30", metrics="no") == Settings(metrics=False)
    with pytest.raises(SettingsError, match="PROGRESS_LEASE_S is 'soon'; it must be a number"):
        Settings.from_sources(None, {}, lease_s="soon")


def test_its_own_url_wins() -> None:
    environ = {"PROGRESS_REDIS_URL": "redis://own", "CELERY_RESULT_BACKEND": "redis://results"}
    assert Settings.from_sources(None, environ).redis_url == "redis://own"


def test_the_zone_is_celerys_unless_given() -> None:
    conf = {"timezone": "Asia/Tokyo"}
    assert Settings.from_sources(conf, {}).timezone == "Asia/Tokyo"
    assert Settings.from_sources(conf, {"PROGRESS_TIMEZONE": "UTC"}).zone() is UTC
    noon = datetime(2024, 1, 15, 12, tzinfo=Settings(timezone="Asia/Tokyo").zone())
    assert noon.utcoffset() == timedelta(hours=9)


def test_celerys_zone_may_be_an_object_or_djangos() -> None:
    for zone in (ZoneInfo("Asia/Tokyo"), timezone(timedelta(hours=9)), "Asia/Tokyo"):
        settings = Settings.from_sources({"timezone": zone}, {})
        assert datetime(2024, 1, 15, tzinfo=settings.zone()).utcoffset() == timedelta(hours=9)
    west = Settings.from_sources({"timezone": timezone(-timedelta(hours=3, minutes=30))}, {})
    assert datetime(2024, 1, 15, tzinfo=west.zone()).utcoffset() == -timedelta(hours=3, minutes=30)
    django = SimpleNamespace(TIME_ZONE="Asia/Tokyo", CELERY_BROKER_URL="redis://b")
    app = Celery("shop", set_as_current=False)
    app.config_from_object(django, namespace="CELERY")
    assert Settings.from_sources(app.conf, {}).timezone == "Asia/Tokyo"


def test_partitions_are_a_clusters_alone() -> None:
    assert Settings(redis_url="redis+cluster://h", partitions=4).partitions == 4
    with pytest.raises(SettingsError, match="PROGRESS_PARTITIONS is 4; it must be 0 unless"):
        Settings(redis_url="redis://h", partitions=4)


def test_celerys_prefix_is_the_default_where_the_url_was_taken_from() -> None:
    conf = {
        "broker_url": "redis://broker/0",
        "broker_transport_options": {"global_keyprefix": "b:"},
        "result_backend": "redis://results/0",
        "result_backend_transport_options": {"global_keyprefix": "r:"},
    }
    assert Settings.from_sources(conf, {}).key_prefix == "r:"
    del conf["result_backend"]
    assert Settings.from_sources(conf, {}).key_prefix == "b:"
    assert Settings.from_sources(conf, {}, key_prefix="own:").key_prefix == "own:"
    assert Settings.from_sources(conf, {"PROGRESS_KEY_PREFIX": "env:"}).key_prefix == "env:"
    assert Settings.from_sources(conf, {"PROGRESS_REDIS_URL": "redis://own/0"}).key_prefix == ""


def test_settings_of_an_app_are_those_it_was_installed_with() -> None:
    app, bare = Celery("given", set_as_current=False), Celery("bare", set_as_current=False)
    install(app, key_prefix="mine:", locale="en", redis_url="redis://127.0.0.1:1/0")
    found = settings_of(app)
    assert (found.key_prefix, found.locale, found.redis_url) == (
        *("mine:", "en"),
        "redis://127.0.0.1:1/0",
    )
    assert settings_of_environment(app) == found
    assert settings_of(bare) == Settings.from_sources(bare.conf, {})


@pytest.mark.parametrize("given", ["json.dumps", "json:dumps", json.dumps])
def test_a_function_is_given_by_its_dotted_name_or_as_it_is(given) -> None:
    assert Settings.from_sources({"progress_redact": given}, {}).redact is json.dumps


@pytest.mark.parametrize("given", ["dumps", "json.nothing", "nobody.has.this", "json.__name__", 5])
def test_what_is_no_function_says_so(given) -> None:
    with pytest.raises(SettingsError, match="PROGRESS_REDACT is .* dotted name of a function"):
        Settings.from_sources({"progress_redact": given}, {})


def test_the_keys_that_are_masked_can_be_others() -> None:
    settings = Settings.from_sources(None, {"PROGRESS_REDACT_KEYS": "iban, card_no"})
    assert settings.redaction.value("results", {"iban": 1, "token": 2}) == {
        "iban": "***",
        "token": 2,
    }
