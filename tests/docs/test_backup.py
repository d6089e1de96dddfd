"""A copy of the store is taken and put back as the page for operators says, under a real worker."""

import contextlib
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from tests.conftest import missing
from tests.docs.reading import blocks
from tests.integration.conftest import running, worker
from tests.integration.world import World
from tests.records import Records
from tests.servers import Server, ran
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.slow]
REDIS = "docs/redis.md"
KEYS = Keys()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """The records' own server, with the append-only file that the page recommends."""
    server = Server(data_dir=folder / "store", appendonly=True).start()
    yield server
    server.stop()


@pytest.fixture
def world(folder: Path, redis_url: str, server: Server) -> Iterator[World]:
    """A worker for two jobs at a time, and the tests' side; broker and results stay as they are."""
    env = {
        "PROGRESS_REDIS_URL": server.url,
        "PROGRESS_LEASE_S": "2",
        "PROGRESS_REAP_INTERVAL_S": "1",
    }
    with running(worker("backup", folder, redis_url, env=env)):
        urls = {"broker": redis_url, "results": redis_url, "store": server.url}
        with contextlib.closing(World(folder, **urls)) as world:
            yield world


def copied(server: Server, folder: Path) -> Path:
    """The file that the page's command writes."""
    if shutil.which("redis-cli") is None:
        missing("redis-cli (apt-get install redis-tools)")
    (block,) = blocks(REDIS, "Backup", "sh")
    line = block.text.replace("redis://127.0.0.1:6379", server.url.removesuffix("/0"))
    done = ran(shlex.split(line), cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / shlex.split(line)[-1]


def restored(server: Server, copy: Path, folder: Path) -> Server:
    """The server on its port again with the state of the copy, and a new append-only file."""
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    server.stop()
    (folder / "store" / "appendonlydir").rename(folder / "appendonlydir")
    copy.replace(folder / "store" / "dump.rdb")
    again = Server(port=port, data_dir=folder / "store").start()
    (block,) = blocks(REDIS, "Backup", "text")
    with redis.Redis.from_url(again.url) as client:
        client.execute_command(*shlex.split(block.text))
        eventually(
            lambda: not client.info("persistence")["aof_rewrite_in_progress"], what="it is written"
        )
    assert list((folder / "store" / "appendonlydir").iterdir())
    return again


def test_a_restored_copy_gets_the_end_of_tasks_that_ended_since(
    world: World, server: Server, folder: Path
) -> None:
    ended_later, silent = world.send("return", {"saved": 1}), world.send(job="job_ignored")
    for each in (ended_later, silent):
        world.begun(each)
        world.until(each, status="running")
    waiting = world.send("return", {"saved": 2})
    world.until(waiting, status="created")
    held = world.send("return", {"saved": 5}, countdown=600)
    over = world.send("return", {"saved": 6}, countdown=600)
    assert world.store.pexpire(KEYS.task(over), 2_000)
    copy = copied(server, folder)

    Records(server.url).apply(held, ev.Cancelled(by="api"))
    assert world.record(held)["status"] == "cancelled"
    for each in (ended_later, silent, waiting):
        world.go(each)
    later = world.send("return", {"saved": 3})
    world.go(later)
    under_way = world.send("return", {"saved": 4})
    world.begun(under_way)
    for each in (ended_later, silent, waiting, later):
        world.until(each, status="completed")  # a busy worker's lease may have run out meanwhile
    eventually(lambda: world.record(over) == {}, what="its time is over")

    again = restored(server, copy, folder)
    try:
        for each, saved in ((ended_later, 1), (waiting, 2)):
            record = world.until(each, status="completed")
            assert record["results"] == {"saved": saved}
        record = world.until(silent, status="error")
        assert record.get("error_cause") == "lost"
        assert world.record(later) == world.record(over) == {}
        assert world.record(held)["status"] == "created"
        world.go(under_way)
        record = world.until(under_way, status="completed")
        assert (record["attempt"], record["results"]) == (1, {"saved": 4})
    finally:
        again.stop()
