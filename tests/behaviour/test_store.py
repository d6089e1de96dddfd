"""What only the stores over Redis have: scripts, errors, clocks, event loops."""

import asyncio
import re

import pytest
import redis

from progress_backend.errors import SettingsError, StoreUnavailable
from progress_backend.flows import shown_record
from progress_backend.flows.cleanup import cleanup
from progress_backend.flows.flow import together
from progress_backend.record import events as ev
from progress_backend.record.document import written
from progress_backend.record.model import Warnings
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.drivers import Store
from tests.asked import page_of
from tests.behaviour.driving import identity_of, over
from tests.conftest import StartServer
from tests.waiting import PATIENCE_S, aeventually

KINDS = pytest.mark.parametrize("kind", ["sync", "async"])


def test_without_a_url_there_is_no_store() -> None:
    for store in (Store, AsyncStore):
        with pytest.raises(SettingsError, match="set PROGRESS_REDIS_URL"):
            store(Settings())


@KINDS
def test_scripts_are_loaded_when_the_server_has_forgotten_them(redis_url, kind) -> None:
    with over(kind, Settings(redis_url=redis_url)) as driver:
        driver.start("t")
        for action in (
            lambda: driver.apply("t", ev.Progressed(current=1)),
            driver.ids,
            lambda: driver.run(cleanup(driver.settings, driver.now(), "token")),
        ):
            driver.raw.script_flush()
            action()
        assert driver.task("t").current_items == 1


@KINDS
def test_an_unknown_script_alone_is_sent_again(redis_url, kind) -> None:
    """Of a call's requests the others are done: a second time the end would be refused."""
    with over(kind, Settings(redis_url=redis_url)) as driver:
        driver.start("first")
        base = driver.start("t")
        driver.raw.script_flush()
        driver.apply("first", ev.Cancelled())
        flows = [
            driver.flows.apply("t", (ev.Cancelled(),), driver.now(), base=base),
            driver.flows.apply("u", (ev.Created(identity=identity_of()),), driver.now()),
        ]
        cancelled, created = driver.run(together(flows))
        assert (cancelled.refused, cancelled.task.revision) == (None, base.task.revision + 1)
        assert created.task.status == "created"


@KINDS
def test_a_store_that_is_away_is_unavailable_and_comes_back(
    start_server: StartServer, kind
) -> None:
    server = start_server()
    with over(kind, Settings(redis_url=server.url)) as driver:
        driver.create("t")
        server.stop()
        with pytest.raises(StoreUnavailable, match="does not answer"):
            driver.create("u")
        server.start()
        driver.create("u")
        assert driver.ids() == ["u"]


@KINDS
def test_a_store_that_refuses_is_unavailable(start_server: StartServer, kind) -> None:
    server = start_server()
    with over(kind, Settings(redis_url=server.url)) as driver:
        base = driver.create("t")
        used = driver.raw.info("memory")["used_memory"]
        driver.raw.config_set("maxmemory", used // 2)
        with pytest.raises(StoreUnavailable, match="refuses: .*memory"):
            driver.apply("t", ev.Progressed(current=1))
        driver.raw.config_set("maxmemory", 0)
        assert driver.task("t") == base.task  # nothing half-written


async def test_a_wrong_password_is_unavailable(start_server: StartServer) -> None:
    server = start_server()
    with redis.Redis.from_url(server.url) as raw:
        raw.config_set("requirepass", "secret")
    settings = Settings(redis_url=server.url.replace("redis://", "redis://:wrong@"))
    with Store(settings) as store, pytest.raises(StoreUnavailable) as caught:
        store.run(store.flows.get("t"))
    assert str(caught.value).startswith("the progress store refuses: ")
    assert "wrong@" not in str(caught.value)
    async with AsyncStore(settings) as async_store:
        with pytest.raises(StoreUnavailable):
            await async_store.run(async_store.flows.get("t"))


def test_a_record_has_one_offset_whoever_writes_it(redis_url) -> None:
    tokyo, utc = (Settings(redis_url=redis_url, timezone=zone) for zone in ("Asia/Tokyo", "UTC"))
    with over("sync", tokyo) as publisher, over("sync", utc) as worker:
        publisher.create("t")
        with publisher.raw.pubsub() as channel:
            channel.subscribe("task_update:t")
            assert channel.get_message(timeout=60)["type"] == "subscribe"
            worker.start("t")
            worker.apply("t", ev.Progressed(current=3))
            worker.apply("t", ev.Warned(warnings=Warnings(late=worker.now()), revision=3))
            worker.apply("t", ev.Cancelled(by="api"))
            sent = [channel.get_message(timeout=60)["data"] for _ in range(4)]
        read = written(worker.run(shown_record.current(worker.flows, "t", worker.now())))
    for body in (*sent, publisher.raw.get("task:t"), read):
        assert body is not None
        assert {*re.findall(rb"T\d\d:\d\d:\d\d\.\d{3}([^\"]+)", body)} == {b"+09:00"}


async def test_an_async_store_serves_many_at_once(start_server: StartServer) -> None:
    """200 calls share 64 connections, and none of these is left."""
    server = start_server()
    with redis.Redis.from_url(server.url) as raw:
        own = [client["id"] for client in raw.client_list()]
        assert len(own) == 1
        async with AsyncStore(Settings(redis_url=server.url), timeout_s=PATIENCE_S) as store:
            created = ev.Created(identity=identity_of())
            await store.ready()
            await asyncio.gather(
                *(
                    store.run(store.flows.apply(f"t{n}", (created,), store.now()))
                    for n in range(200)
                )
            )
            paged = await store.run(page_of(store.flows, 1, 100))
            assert (paged.total, len(paged.rows)) == (200, 100)
            assert len(raw.client_list()) == len(own) + 64
        await aeventually(lambda: [client["id"] for client in raw.client_list()] == own)
