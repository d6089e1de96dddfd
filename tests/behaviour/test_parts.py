"""What a commit's parts touch, and what becomes of those that a user may not run."""

import re
from collections.abc import Iterator

import pytest
import redis

from progress_backend.operations.commit import Committed
from progress_backend.operations.scripts import PARTS
from progress_backend.settings import Settings
from tests.behaviour.driving import Driver, in_parts, over
from tests.behaviour.parts import EACH, commit
from tests.conftest import StartServer


def needs(part: str) -> list[str]:
    """The commands that its header names."""
    head, _, _ = PARTS[part].text.partition("\n]]\n")
    return re.findall(r"^  '([A-Z]+)'", head, re.MULTILINE)


@pytest.mark.parametrize("part", [part for part in PARTS if needs(part)])
def test_a_part_that_a_user_may_not_run_is_left_out(redis_url: str, part: str) -> None:
    url = redis_url.replace("://", "://few:x@")
    with redis.Redis.from_url(redis_url) as client:
        for verb in needs(part):
            client.execute_command("ACL", "SETUSER", "few", "on", ">x", "~*", "&*", "+@all")
            client.execute_command("ACL", "SETUSER", "few", f"-{verb.lower()}")
            with over("sync", Settings(redis_url=url)) as driver:
                left_out = tuple(one for one in EACH if verb in needs(one))
                assert commit(driver, *EACH) == Committed(True, left_out=left_out)
                assert part in left_out
            client.execute_command("ACL", "DELUSER", "few")
            client.flushdb()


@pytest.fixture
def in_partitions(start_server: StartServer) -> Iterator[Driver]:
    with over("parts", in_parts(Settings(redis_url=start_server().url))) as driver:
        yield driver


def test_a_commit_touches_no_key_that_its_request_does_not_name(in_partitions: Driver) -> None:
    """As a Redis Cluster asks of a script. (Runs of workflows by name are not kept there.)"""
    parts = [part for part in EACH if part != "past_workflow"]
    commit(in_partitions, *parts)  # the scripts are loaded
    in_partitions.lose("t")
    in_partitions.raw.hdel(in_partitions.names("t").facets, "t")
    given, touched = set[str](), set[str]()
    with in_partitions.raw.monitor() as watched:
        assert commit(in_partitions, *parts) == Committed(True)
        in_partitions.raw.echo("done")
        for seen in watched.listen():
            verb, *words = seen["command"].split(" ")
            if verb == "ECHO":
                break
            if verb == "EVALSHA":
                given.update(words[2 : 2 + int(words[1])])
            elif seen["client_type"] == "lua" and verb not in ("TIME", "PUBLISH"):
                touched.add(words[0])
    assert len(touched) > len(parts)
    assert touched <= given
