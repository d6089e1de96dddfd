"""The page on starts: its task, its request that waits, its command."""

from dataclasses import replace

import pytest

from tests.docs.reading import blocks
from tests.docs.walking import Walk

pytestmark = pytest.mark.integration
START = "docs/start.md"


def test_a_marked_task_is_started_by_curl_and_by_the_command(walk: Walk) -> None:
    code, commands = blocks(START, "Mark a task and start it")[:2]
    walk.write(code)
    # Of commands other than curl the walk keeps the port.
    walk.run(replace(commands, text=commands.text.replace(":8004", f":{walk.port}")))
    listed, started = walk.answers
    (job,) = listed.json()["jobs"]
    assert (job["name"], job["schema"]["required"]) == ("prices", ["day"])
    assert (started.status_code, started.json()["results"]) == (200, {"rows": 10})
    task_id = walk.printed[-1].split()[0]
    assert walk.record(task_id)["results"] == {"rows": 3}
