"""The permissions that the page for operators gives are enough for all that the library does."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import redis

from progress_backend import Settings
from progress_backend.live.all_tasks import ALL
from progress_backend.live.update import Update
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.cluster_connection import sync_cluster
from progress_backend.store.connection import sync_client
from tests.behaviour.driving import Driver, over
from tests.behaviour.each_call import (
    test_each_call_is_carried_out,
    test_each_set_of_parts_is_committed,
    test_what_is_over_is_swept,
)
from tests.cluster.conftest import nodes
from tests.cluster.nodes import Node
from tests.cluster.test_sockets import CREATED, listening, record
from tests.docs.reading import blocks, text_of
from tests.servers import Server
from tests.watching import Mailbox, watching
from tests.webhooks.targets import spec

__all__ = [
    "nodes",
    "test_each_call_is_carried_out",
    "test_each_set_of_parts_is_committed",
    "test_what_is_over_is_swept",
]
pytestmark = [pytest.mark.integration, pytest.mark.slow]
REDIS = "docs/redis.md"


def rule() -> list[str]:
    """The user, and what all the lines let it do: each is a command that can be pasted."""
    (shown,) = blocks(REDIS, "Redis", "redis")
    lines = [line.split() for line in shown.text.splitlines()]
    assert all(line[:3] == ["ACL", "SETUSER", "progress"] for line in lines)
    return ["progress", *(word for line in lines for word in line[3:])]


def rule_on_cluster() -> list[str]:
    passage = text_of(REDIS).partition("On a cluster the keys are")[2].partition("\n\n")[0]
    others = [word for word in rule() if word[0] != "~"]
    return [
        *others,
        *(word for quoted in re.findall(r"`(.*?)`", passage) for word in quoted.split()),
    ]


def permitted(url: str) -> str:
    """The URL for the user of the rule."""
    return url.replace("://", "://progress:PASSWORD@")


def refusals(clients: Sequence[redis.Redis]) -> list[object]:
    """What servers have refused to any client, which may have caught it."""
    return [entry for client in clients for entry in client.acl_log()]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server, redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL SETUSER", *rule())
        yield server
        assert refusals([client]) == []


@pytest.fixture(scope="module")
def cluster(nodes: list[Node]) -> Iterator[list[Node]]:
    clients = [node.client for node in nodes]
    for client in clients:
        client.execute_command("ACL SETUSER", *rule_on_cluster())
    yield nodes
    assert refusals(clients) == []


#: The driver, and what it connects to: each once.
PAIRS = [("sync", "one"), ("async", "cluster")]


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def settings(request: pytest.FixtureRequest, pair: tuple[str, str]) -> Settings:
    """Of an empty store, for who may do anything there."""
    if pair[1] == "one":
        servers = [redis.Redis.from_url(url := request.getfixturevalue("server").url)]
    else:
        nodes = request.getfixturevalue("cluster")
        servers, url = [node.client for node in nodes], f"redis+cluster://127.0.0.1:{nodes[0].port}"
    for client in servers:
        if client.info("replication")["role"] == "master":
            client.flushall()
        client.close()
    return Settings(redis_url=url, webhooks=spec())


@pytest.fixture
def driver(pair: tuple[str, str], settings: Settings) -> Iterator[Driver]:
    """In the place of the suite's own; what looks behind the store may do anything."""
    with over(pair[0], replace(settings, redis_url=permitted(settings.redis_url))) as driver:
        driver.raw.close()
        driver.raw = (sync_cluster if settings.clustered else sync_client)(settings, Deadline(5.0))
        yield driver


MEMBER = ev.Created(identity=ev.Identity(task_type="fetch_data", member=Member(("W",))))


class Every(Mailbox[Update]):
    """A receiver of all tasks' updates."""

    filters = only = ALL
    values = True

    def reload(self) -> None:
        return


async def test_watchers_receive_updates(settings: Settings) -> None:
    allowed = replace(settings, redis_url=permitted(settings.redis_url))
    async with listening(allowed) as (store, listener), asyncio.timeout(60):
        await record(store, "t", CREATED)
        async with watching(listener, "t") as mailbox:
            every = Every()
            await listener.watches.join("all", "", every)
            await record(store, "t", ev.Progressed(current=3))
            for each in (mailbox, every):
                while (await each.get()).revision < 2:
                    pass  # what was there when the subscription stood
            listener.watches.leave("all", "", every)
        await record(store, "member", MEMBER)
        whole: Mailbox[Update] = Mailbox()
        await listener.watches.join("workflow", "W", whole)
        await record(store, "member", ev.Completed())
        while not (await whole.get()).ended:
            pass
        listener.watches.leave("workflow", "W", whole)
