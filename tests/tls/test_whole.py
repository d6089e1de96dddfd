"""Broker, results, records and watchers over TLS; and a server that is not who it says it is."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
import trustme

from progress_backend.errors import StoreUnavailable
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.integration.conftest import running, worker
from tests.integration.world import World
from tests.records import without_books
from tests.tls.secured import Secured
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.test_websockets import closed, received, rest


@pytest.fixture
def url(server: Secured) -> str:
    """In Celery's spelling, as one URL serves all three."""
    return server.secured_url(ssl_cert_reqs="CERT_REQUIRED")


@pytest.fixture
def world(server: Secured, url: str, tmp_path: Path) -> Iterator[World]:
    with running(worker("prefork", tmp_path, url)):
        with closing(World(tmp_path, broker=url, results=url, store=server.secured_url())) as world:
            yield world


async def test_a_jobs_watcher_sees_its_end_also_when_every_connection_broke(
    server: Secured, url: str, world: World, start_api: StartApi
) -> None:
    api = start_api(redis_url=url, timezone="UTC")
    task_id = world.send()
    await asyncio.to_thread(world.begun, task_id)
    await asyncio.to_thread(world.until, task_id, status="running", current_status="half way")
    async with api.watch(task_id) as socket:
        first = await received(socket)
        assert (first["status"], first["progress"]["current"]) == ("running", 1)
        with redis.Redis.from_url(server.url) as client:
            client.client_kill_filter(_type="normal", skipme=True)
            client.client_kill_filter(_type="pubsub")
        world.go(task_id)
        messages = [message async for message in rest(socket)]
        assert messages[-1]["status"] == "completed"
        assert messages[-1]["results"] == {"records_saved": 4}
        assert await closed(socket) == 1000
    assert api.status(task_id).json() == without_books(world.record(task_id))


def test_tls_that_celerys_settings_alone_ask_for(
    server: Secured, tmp_path: Path, start_api: StartApi
) -> None:
    url = f"redis://127.0.0.1:{server.tls_port}/0"
    options = {"ssl_cert_reqs": "required", "ssl_ca_certs": str(server.authority)}
    conf = {"broker_use_ssl": options, "redis_backend_use_ssl": options}
    env = {"PROGRESS_REDIS_URL": ""}
    with running(worker("prefork", tmp_path, url, conf=conf, env=env)):
        with closing(World(tmp_path, broker=url, results=url, store=None, conf=conf)) as world:
            task_id = world.send()
            world.begun(task_id)
            world.go(task_id)
            api = start_api(redis_url=server.secured_url())
            eventually(lambda: api.status(task_id).json().get("status") == "completed")


def test_a_server_with_an_untrusted_certificate_is_refused(server: Secured, tmp_path: Path) -> None:
    other_ca = tmp_path / "strangers.pem"
    trustme.CA().cert_pem.write_to_path(other_ca)
    settings = Settings(redis_url=server.secured_url(ssl_ca_certs=other_ca))
    with Store(settings) as store, pytest.raises(StoreUnavailable, match="certificate"):
        store.run(store.flows.get("t"))
