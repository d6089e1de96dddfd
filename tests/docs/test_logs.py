"""The page about a task's log: its job, its commands, and its script in a browser's place."""

import pytest

from tests.docs.reading import blocks
from tests.docs.walking import Walk

pytestmark = pytest.mark.integration


def test_what_the_job_writes_is_read_in_each_way(walk: Walk) -> None:
    walk.follow(blocks("docs/logs.md", "Writing"))
    walk.follow(blocks("docs/logs.md", "Reading"))
    (printed,) = walk.printed
    entries = [line.split(maxsplit=2)[1:] for line in printed.splitlines()]
    assert entries == [["warning", "x100 is not listed any more"], ["info", "2 symbols fetched"]]
    lines = walk.answers[-1].json()["lines"]
    assert [[line["level"], line["text"]] for line in lines] == entries
    after = walk.command("curl http://127.0.0.1:8004/internal/task/$ID/log?after=1")
    assert [line["id"] for line in after.json()["lines"]] == [2]
