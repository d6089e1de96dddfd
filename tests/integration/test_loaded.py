"""A worker loads what tracking needs, and nothing of lists, pages, webhooks or callers."""

from typing import Final

from tests import loaded

#: Rooms and modules that only an API, a command or another process needs.
OF_OTHERS: Final = {
    *("web", "terminal", "cli", "service", "live", "webhooks", "jobs", "django", "testing"),
    "credentials",
    *("flows/task_list.py", "flows/top_list.py"),
    *("flows/workflow_bodies.py", "flows/shown_record.py", "flows/parts/webhook_event.py"),
    *("record/list_request.py", "record/responses.py", "record/caller_events.py"),
    *("record/workflow_body.py", "record/read_timeline.py", "record/webhook_target.py"),
    *("operations/webhooks.py", "operations/places.py", "operations/starts.py"),
    *("store/async_store.py", "store/cluster_connection.py", "tracking/kept_message.py"),
    # The check for lost runs, which the worker's main process runs after its pool's fork.
    *(
        "tracking/lease_thread.py",
        "tracking/lost_runs.py",
        "flows/silent_runs.py",
        "flows/cleanup.py",
    ),
    *("flows/warning_checks.py", "operations/lists.py", "operations/sweeps.py", "embedded.py"),
}


def test_a_worker_loads_nothing_of_lists_pages_webhooks_and_callers() -> None:
    files = {path.relative_to(loaded.PACKAGE) for path in loaded.measured()}
    names = {path.as_posix() for path in files} | {path.parts[0] for path in files}
    assert "tracking" in names
    assert names & OF_OTHERS == set()
