"""The demo's guide, on real records, and how a demo is judged."""

from __future__ import annotations

import pytest

from progress_backend.store.drivers import Store
from tests.records import Records
from tests.waiting import eventually
from workers import launch_jobs as jobs
from workers.launch_jobs import Guide, Job, unexpected

PAUSED = Job("fetch_data", ("MSFT", "2y"), touch="pause")
CANCELLED = Job("fetch_data", ("GOOG", "5y"), ends="cancelled", touch="cancel")
LEFT_ALONE = Job("fetch_data", ("AAPL", "2y"))


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url)


def test_the_guide_lays_hands_on_those_that_are_far_enough(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_PAUSE_S", 0.2)
    touched = {"one": PAUSED, "two": CANCELLED, "three": LEFT_ALONE}
    said: list[str] = []
    for task_id in touched:
        records.start(task_id, total=100)
    with Store(records.settings) as store:
        guide = Guide(store, touched, said.append)

        def look() -> dict[str, str]:
            seen = [records.get(task_id) for task_id in touched]
            guide.look(seen)
            return {task.task_id: records.get(task.task_id).status for task in seen}

        assert set(look().values()) == {"running"}, "none is far enough"
        for task_id in touched:
            records.progress(task_id, 50)
        assert look() == {"one": "paused", "two": "cancelled", "three": "running"}
        eventually(lambda: look()["one"] == "running", 5)
        assert look() == {"one": "running", "two": "cancelled", "three": "running"}
    assert said == [
        "demo: paused 7203.T at 50%",
        "demo: cancelled 7203.T at 50%",
        "demo: resumed 7203.T at 50%",
    ]


def test_a_workflow_is_one_row_among_the_jobs(records: Records) -> None:
    whole = Job("fetch_and_merge", (["IBM"], ["1mo"]))
    records.start("one", total=100)
    for task_id in ("a", "W"):
        records.member(task_id, "W", name="fetch → merge")
    with Store(records.settings) as store:
        reader = jobs.JobsReader(store, {"one": LEFT_ALONE, "W": whole}, "en")
        view = reader.read()
        assert [(task.task_id, task.task_type) for task in view.tasks] == [
            ("one", "fetch_data"),
            ("W", "fetch → merge"),
        ]
        assert not view.ended
        for task_id in ("one", "a", "W"):
            records.complete(task_id)
        view = reader.read()
        assert view.ended
        assert unexpected({"one": LEFT_ALONE, "W": whole}, view.tasks) == []


def test_a_demo_is_judged_by_how_its_jobs_ended(records: Records) -> None:
    records.start("one")
    records.start("two")
    tasks = [records.complete("one"), records.complete("two")]
    assert unexpected({"one": LEFT_ALONE, "two": PAUSED}, tasks) == []
    wrong = unexpected({"one": LEFT_ALONE, "two": CANCELLED, "three": LEFT_ALONE}, tasks)
    assert wrong == [
        "fetch_data('GOOG', '5y') should be cancelled, but is completed",
        "fetch_data('AAPL', '2y') should be completed, but is without a record",
    ]
