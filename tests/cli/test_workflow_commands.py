"""Workflows in the terminal, on a real store."""

import json
import re
from datetime import datetime

import pytest
from click.testing import CliRunner

from progress_backend.cli import main
from tests.cli.conftest import Run
from tests.records import Records

W = "0f8c8a4e-5f0b-4c0e-9a53-2b1f0f6f7a10"
UNUSED = "http://127.0.0.1:1"


@pytest.fixture
def records(records: Records) -> Records:
    records.workflow(W)
    return records


def test_tasks_and_workflows_that_nothing_else_started(run: Run, records: Records) -> None:
    records.create("single")
    head, newer, older, counted, _ = run("tasks", "--top").output.splitlines()
    assert head.split() == ["ID", "STATUS", "%", "AGE", "TASK"]
    assert re.fullmatch(r"single +waiting +0% +0:\d\d +fetch_data 7203.T", newer)
    assert re.fullmatch(W + r" +running +37\.5% +0:\d\d +fetch ×3 → merge", older)
    assert counted == (
        "page 1 of 1, tasks and workflows: 2; all tasks: waiting 2, running 1, completed 1, error 1"
    )
    assert (
        "タスクとワークフロー 2 件；全タスク："
        in run("tasks", "--top", PROGRESS_LOCALE="ja").output
    )
    _, second, *_ = run("tasks", "--top", "--limit", "1", "--page", "2").output.splitlines()
    assert second.startswith(W)
    listed = json.loads(run("tasks", "--top", "--json").output)
    assert [row.get("workflow_id") for row in listed["tasks"]] == [None, W]
    assert listed["pagination"]["total"] == 2


def test_one_workflow_in_full(run: Run, records: Records) -> None:
    printed = run("show", "--workflow", W).output
    for fact in (
        rf"Workflow +{W}",
        "Name +fetch ×3 → merge",
        "Status +running",
        r"Progress +2/4 \(37\.5%\)",
        "Tasks +waiting 1, running 1, completed 1, error 1, not sent yet 1",
        r"Elapsed +\d+:\d\d",
        r"Created +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000",
        "Failures\n  failed +fetch_data +接続が切れました",
    ):
        assert re.search(fact, printed), (fact, printed)
    assert "Ended" not in printed
    for args in (("show", "--workflow", W[:8]), ("show", W), ("show", W[:8])):
        elapsed = re.compile(r"Elapsed .*")  # which goes on
        shown = elapsed.sub("", run(*args).output)
        assert shown == elapsed.sub("", printed), "its id alone, and a short one"
    records.member("chain", "chain")
    assert "show --workflow chain" in run("show", "chain").output, "the last task's id, too"
    body = json.loads(run("show", "--workflow", W, "--json").output)
    assert (body["workflow_id"], body["counts"]["planned"]) == (W, 1)
    assert datetime.fromisoformat(body["created_at"]).tzinfo is not None
    assert re.search("状態 +実行中", run("show", "--workflow", W, PROGRESS_LOCALE="ja").output)


def test_watch_ends_with_the_workflow(run: Run, records: Records) -> None:
    for task_id in ("half", "merge"):
        records.complete(task_id)
    result = run("watch", "--workflow", W)
    assert result.exit_code == 1, "one of it failed"
    first, *members = result.output.splitlines()
    assert re.search(
        rf"  error +75%  .*fetch ×3 → merge  4 of 4 tasks have ended \(error 1\)  {W}$", first
    )
    assert sorted(line.split()[-1] for line in members) == ["done", "failed", "half", "merge"]
    records.member("one", "all-well")
    records.complete("one")
    assert run("watch", "--workflow", "all-well").exit_code == 0
    by_its_id = run("watch", "all-well")
    assert (by_its_id.exit_code, "1 of 1 tasks have ended" in by_its_id.output) == (0, True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (UNUSED, "http://127.0.0.1:1 does not answer: "),
        ("ftp://host", "--url takes the address of an API, http://HOST:PORT, not 'ftp://host'"),
        ("127.0.0.1:8004", "--url takes the address of an API, http://HOST:PORT, not '127"),
        ("http://[::1", "--url takes the address of an API, http://HOST:PORT, not 'http://[::1'"),
        ("http://host/?a=b", "--url takes the address of an API, http://HOST:PORT, not 'http"),
    ],
)
def test_an_address_without_an_api_is_one_line(url: str, why: str) -> None:
    result = CliRunner().invoke(main, ["tasks", "--url", url], env={"PROGRESS_REDIS_URL": ""})
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {why}")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume"])
def test_an_act_is_about_a_task_or_a_workflow(run: Run, records: Records, verb: str) -> None:
    for args in ((), ("half", "--workflow", W)):
        result = run(verb, *args)
        assert (result.exit_code, "--workflow" in result.output) == (2, True)
    unknown = run(verb, "--workflow", "nobody")
    assert (unknown.exit_code, "nobody" in unknown.output) == (1, True)
