"""Many tasks that are cancelled, paused and resumed by one command."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from progress_backend.cli import main
from tests.records import Records

Run = Callable[..., Result]


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url, locale="en")


@pytest.fixture
def run(records: Records) -> Run:
    env = {"PROGRESS_REDIS_URL": records.settings.redis_url, "PROGRESS_LOCALE": "en"}

    def call(*args: str) -> Result:
        return CliRunner().invoke(main, args, env=env)

    return call


def test_several_ids_and_what_refuses_some(run: Run, records: Records) -> None:
    for task_id in ("one-1", "two-222", "done-3", "done-4"):
        records.start(task_id)
    for task_id in ("done-3", "done-4"):
        records.complete(task_id)
    done = run(
        "pause", "one-1", "two-22", "two-222", "done-3", "done-4", "nobody", "--reason", "lunch"
    )
    assert done.exit_code == 1
    assert done.stdout == (
        "pause of 2 tasks (one-1, two-222) is requested: a waiting task does not start, and a "
        "running task waits at its next update\n"
    )
    assert done.stderr == (
        "pause of 2 tasks (done-3, done-4) was refused: already ended (completed)\n"
        "pause of task nobody was refused: not found\n"
    )
    control = records.get("two-222").control
    assert control is not None
    assert control["reason"] == "lunch"
    assert str(control["by"]).startswith("cli")
    again = run("resume", "one-1", "two-222")
    assert (again.exit_code, again.output) == (
        0,
        "resume of 2 tasks (one-1, two-222) is requested: waiting tasks continue\n",
    )


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((), "give either TASK_IDs or --workflow ID"),
        (("a", "--workflow", "w"), "give either TASK_IDs or --workflow ID"),
        (tuple(f"t{n}" for n in range(201)), "give 200 TASK_IDs at most, not 201"),
    ],
)
def test_what_cannot_be_asked(run: Run, args: tuple[str, ...], why: str) -> None:
    refused = run("cancel", *args)
    assert (refused.exit_code, why in refused.output) == (2, True), refused.output
