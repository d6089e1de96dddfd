"""Where the store is, as Celery's own configuration says it."""

import ssl

import pytest

from progress_backend.addresses import CLUSTER_SCHEMES, one_by_one, store_url_of_celery
from progress_backend.errors import SettingsError
from progress_backend.settings import Settings
from progress_backend.store.async_connection import async_client
from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.connection import sync_client
from progress_backend.store.drivers import Store


@pytest.mark.parametrize(
    ("conf", "environ", "url"),
    [
        ({}, {}, None),
        ({"result_backend": "redis://r/1", "broker_url": "redis://b/0"}, {}, "redis://r/1"),
        ({"result_backend": None}, {"CELERY_RESULT_BACKEND": "sentinel://s"}, "sentinel://s"),
        ({"broker_url": "redis://b"}, {"CELERY_BROKER_URL": "amqp://b"}, None),
        ({}, {"CELERY_BROKER_URL": "unix:///run/redis.sock"}, "unix:///run/redis.sock"),
        # As Celery has it: the environment wins, of several brokers the first is tried first.
        ({"result_backend": "redis://a"}, {"CELERY_RESULT_BACKEND": "redis://b"}, "redis://b"),
        ({"broker_url": "redis://a/0;redis://b/0"}, {}, "redis://a/0"),
        ({"result_backend": "redis://:pa;ss@h/0"}, {}, "redis://:pa;ss@h/0"),
        ({"broker_url": ["sentinel://a", "sentinel://b"]}, {}, "sentinel://a;sentinel://b"),
        ({"broker_write_url": "redis://w", "broker_read_url": "redis://r"}, {}, "redis://w"),
        ({"broker_url": "sentinel://a;sentinel://b"}, {}, "sentinel://a;sentinel://b"),
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
def test_beside_a_store_of_its_own_celerys_urls_are_celerys_affair(url: str) -> None:
    for broker in ("redis://b", url, None):
        settings = Settings.from_sources({"broker_url": broker, "result_backend": url}, OWN)
        assert settings.clustered


HEROKU = {"ssl_cert_reqs": ssl.CERT_NONE}
PRIVATE = {
    "ssl_cert_reqs": ssl.CERT_REQUIRED,
    "ssl_ca_certs": "/etc/our authority.pem",
    "ssl_keyfile": None,
    "ssl_check_hostname": False,
}


@pytest.mark.parametrize(
    ("conf", "options"),
    [
        ({"broker_url": "rediss://:p%40ss@h:6380/2", "broker_use_ssl": HEROKU}, "none"),
        ({"result_backend": "redis://:p%40ss@h:6380/2", "redis_backend_use_ssl": HEROKU}, "none"),
        (
            {"broker_url": "rediss://:p%40ss@h:6380/2", "broker_use_ssl": {"ssl_cert_reqs": None}},
            "none",
        ),
        (
            {"result_backend": "redis://:p%40ss@h:6380/2", "redis_backend_use_ssl": PRIVATE},
            "required",
        ),
    ],
)
def test_tls_uses_the_settings_of_celery(conf: dict[str, object], options: str) -> None:
    settings = Settings.from_sources(conf, {})
    for client in (sync_client(settings, Deadline(1.0)), async_client(settings, Deadline(1.0))):
        pool = client.connection_pool
        assert "SSL" in pool.connection_class.__name__
        found = pool.connection_kwargs
        assert (found["host"], found["port"], found["db"]) == ("h", 6380, 2)
        assert found["password"] == "p@ss"
        assert found["ssl_cert_reqs"] == options
        if options == "required":
            assert found["ssl_ca_certs"] == "/etc/our authority.pem"
            assert found["ssl_check_hostname"] is False


def test_what_the_url_says_of_tls_wins() -> None:
    conf = {"broker_url": "rediss://h?ssl_cert_reqs=required", "broker_use_ssl": HEROKU}
    assert Settings.from_sources(conf, {}).redis_url == "rediss://h?ssl_cert_reqs=required"


@pytest.mark.parametrize(
    "conf",
    [
        {"broker_url": "redis://h/0", "broker_use_ssl": True},  # as Kombu: for RabbitMQ alone
        {"broker_url": "redis://h/0", "redis_backend_use_ssl": HEROKU},  # of another server
        {"broker_url": "redis://h/0", "broker_use_ssl": None},
        {"broker_url": "redis+socket:///run/redis.sock", "broker_use_ssl": HEROKU},
    ],
)
def test_other_words_on_tls_leave_the_url_as_it_is(conf: dict[str, object]) -> None:
    assert Settings.from_sources(conf, {}).redis_url == conf["broker_url"]


def test_tls_behind_sentinel_is_refused_with_what_to_do() -> None:
    conf = {"broker_url": "sentinel://:secret@h:26379", "broker_use_ssl": HEROKU}
    with pytest.raises(SettingsError, match="broker_use_ssl requires TLS.*PROGRESS_REDIS_URL") as e:
        Settings.from_sources(conf, {})
    assert "secret" not in str(e.value)
    own = {"PROGRESS_REDIS_URL": "redis://own"}
    assert Settings.from_sources(conf, own).redis_url == "redis://own"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("sentinel://a:26379/0;sentinel://b", "sentinel://a:26379/0;sentinel://b?service=cache+1"),
        ("sentinel://a/0?x=1", "sentinel://a/0?x=1&service=cache+1"),
        ("redis://a/0", "redis://a/0"),
    ],
)
def test_the_masters_name_is_celerys(url: str, found: str) -> None:
    options = {"master_name": "cache 1", "sentinel_kwargs": {}}
    for conf in (
        {"broker_url": url, "broker_transport_options": options},
        {"result_backend": url, "result_backend_transport_options": options},
    ):
        settings = Settings.from_sources(conf, {})
        assert settings.redis_url == found
        if url.startswith("sentinel"):
            client = sync_client(settings, Deadline(0.1))
            assert client.connection_pool.service_name == "cache 1"
            client.close()


@pytest.mark.parametrize(
    ("url", "each"),
    [
        (
            "redis+cluster://a:1,b:2/0?x=1",
            ["redis+cluster://a:1/0?x=1", "redis+cluster://b:2/0?x=1"],
        ),
        ("redis+cluster://:p,w@a:1,b", ["redis+cluster://:p,w@a:1", "redis+cluster://:p,w@b"]),
        ("sentinel://:p@a,:q@b/0", ["sentinel://:p@a/0", "sentinel://:q@b/0"]),
        ("sentinel://:p;w@a:1;sentinel://b/0", ["sentinel://:p;w@a:1", "sentinel://b/0"]),
        ("rediss+cluster://[::1]:1,b", ["rediss+cluster://[::1]:1", "rediss+cluster://b"]),
    ],
)
def test_several_addresses_are_taken_one_by_one(url: str, each: list[str]) -> None:
    assert one_by_one(url) == each


@pytest.mark.parametrize(
    "url", ["redis+cluster://a:x", "redis+cluster://a:1,b:x", "sentinel://a,b:x"]
)
def test_an_address_that_cannot_be_read_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(SettingsError, match="no host and port"):
        Store(Settings(redis_url=url))


def test_an_option_that_is_none_is_refused_for_a_cluster_too() -> None:
    with pytest.raises(SettingsError, match="unusable option"):
        Store(Settings(redis_url="redis+cluster://a:1?health_check_interval=often"))
