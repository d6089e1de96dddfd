"""The bound of a wait is that of the whole of it: connecting, login, sending and every piece of the
reply; and what is no Redis counts as away."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from progress_backend.errors import StoreUnavailable
from progress_backend.operations import lists, records
from progress_backend.operations.lists import Filters
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.drivers import Store
from tests import strangers
from tests.stopwatch import FACTOR, Stopwatch
from tests.strangers import OtherServer, Serve, Way, answering, greeting
from tests.waiting import aeventually, eventually
from tests.web.conftest import start_api

__all__ = ["start_api"]

WAIT_S = 0.2
CREATED = ev.Created(identity=ev.Identity(task_type="x"))

SERVERS: dict[str, Serve] = {
    "http": answering(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "ssh": greeting(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    "tls_alert": answering(b"\x15\x03\x01\x00\x02\x02\x46"),
    "no_number": answering(b"$many\r\n"),
    "no_utf8": answering(b":\xff\xfe\r\n"),
    "endless": answering(b"$99999999999\r\n" + b"x" * 1_000),
    "hangs_up": strangers.hanging_up,
    "silent": strangers.silent,
}


@pytest.fixture
def way(redis_url: str) -> Iterator[Way]:
    with Way(redis_url) as way:
        yield way


def bounded(action: Callable[[], object]) -> None:
    with Stopwatch() as watch, pytest.raises(StoreUnavailable):
        action()
    assert watch.seconds < FACTOR * WAIT_S


def create(store: Store, task_id: str) -> object:
    return store.run(store.flows.apply(task_id, (CREATED,), store.now()))


def created(store: Store, task_id: str) -> None:
    """Where nothing is away, a busy machine may take its time."""
    with store.within(20):
        create(store, task_id)


@pytest.mark.parametrize("connected", [False, True])
def test_a_reply_that_drips_is_no_longer_waited_for_than_none(way: Way, connected: bool) -> None:
    with Store(Settings(redis_url=way.url), timeout_s=WAIT_S) as store:
        if connected:
            created(store, "before")
        way.drip_s = 0.15
        bounded(lambda: store.execute(records.read(("before",))))
        bounded(lambda: store.execute(lists.tally(Filters())))
        bounded(store.measure_clock)
        way.drip_s = 0
        created(store, "after")


def test_each_step_of_a_login_is_a_part_of_it(way: Way) -> None:
    """Each reply comes in time, all of them together do not."""
    way.delay_s = WAIT_S * 0.6
    login = way.url.replace("redis://", "redis://default:any@").removesuffix("/0") + "/3"
    with Store(Settings(redis_url=login), timeout_s=WAIT_S) as store:
        bounded(lambda: create(store, "t"))


def test_who_finds_the_connection_busy_is_bounded_as_well(way: Way) -> None:
    with Store(Settings(redis_url=way.url), timeout_s=WAIT_S) as store:
        created(store, "before")
        way.drip_s = 0.15

        def patiently() -> None:
            with pytest.raises(StoreUnavailable), store.within(30):
                store.execute(records.read(("before",)))

        before = way.requests
        busy = threading.Thread(target=patiently)
        busy.start()
        eventually(lambda: way.requests > before)
        bounded(lambda: store.execute(records.read(("before",))))
        assert busy.is_alive(), "each thread has its own bound"
        way.hang_up()
        busy.join()


def test_what_is_not_taken_is_not_sent_for_longer(way: Way) -> None:
    with Store(Settings(redis_url=way.url), timeout_s=WAIT_S) as store:
        created(store, "before")
        way.takes = False
        many = tuple(f"{number}-{'x' * 1_000_000}" for number in range(20))
        bounded(lambda: store.execute(records.read(many)))


def test_several_calls_may_be_one_wait(way: Way) -> None:
    with Store(Settings(redis_url=way.url), timeout_s=5) as store:
        created(store, "before")
        way.delay_s = WAIT_S * 0.6

        def several() -> None:
            with store.within(WAIT_S):
                for _ in range(3):
                    store.execute(records.read(("before",)))

        bounded(several)


@pytest.mark.parametrize("connected", [False, True])
async def test_so_it_is_with_asyncio(way: Way, connected: bool) -> None:
    async with AsyncStore(Settings(redis_url=way.url), timeout_s=WAIT_S) as store:
        if connected:

            async def answers() -> bool:
                with contextlib.suppress(StoreUnavailable):
                    return await store.execute(records.read(("before",))) == [None]
                return False

            await aeventually(answers)
        way.drip_s = 0.15
        for command in (records.read(("before",)), lists.tally(Filters())):
            with Stopwatch() as watch, pytest.raises(StoreUnavailable):
                await store.execute(command)
            # Two waits: one of them is for a connection.
            assert watch.seconds < FACTOR * 2 * WAIT_S


@pytest.mark.parametrize("kind", SERVERS)
async def test_what_is_no_redis_counts_as_away(kind: str) -> None:
    with OtherServer(SERVERS[kind]) as server:
        settings = Settings(redis_url=server.url)
        with Store(settings, timeout_s=WAIT_S) as store:
            bounded(lambda: create(store, "t"))
            bounded(lambda: store.execute(records.read(("t",))))
        async with AsyncStore(settings, timeout_s=WAIT_S) as later:
            for command in (records.read(("t",)), lists.tally(Filters())):
                with pytest.raises(StoreUnavailable):
                    await later.execute(command)
