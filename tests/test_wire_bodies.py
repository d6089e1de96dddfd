"""The bodies that are made from stored documents."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from progress_backend import wire
from progress_backend.model import Task

NOW = datetime(2024, 1, 15, 1, 30, tzinfo=UTC)
TASK = Task("t", "fetch_data", 252, "7203.T", created_at=NOW, updated_at=NOW, revision=12)
#: Texts that try to look like the document's own fields.
TRICKY = st.sampled_from(
    ['"created_at":"x",', '","revision":99}', "created_at", "revision", '\\"revision\\":5}', "進捗"]
)
VALUES = st.dictionaries(TRICKY, st.one_of(TRICKY, st.dictionaries(TRICKY, TRICKY)))


@given(VALUES, VALUES, VALUES, TRICKY, TRICKY)
def test_a_tag_names_creation_and_revision_whatever_a_caller_writes(
    metadata: dict[str, object],
    results: dict[str, object],
    details: dict[str, object],
    message: str,
    reason: str,
) -> None:
    task = replace(
        TASK,
        metadata=metadata,
        results=results,
        processing_details=details,
        message=message,
        error_message=message,
        group_id=message,
        control={"action": "cancel", "by": "api", "reason": reason, "at": "now"},
    )
    tag = wire.entity_tag(wire.encode(task))
    assert tag == 'W/"2024-01-15T01:30:00.000+00:00/12"'


def test_a_list_is_the_documents_as_they_are() -> None:
    documents = [wire.encode(TASK), wire.encode(replace(TASK, task_id="u"))]
    body = wire.list_body(documents, {"page": 1}, {"running": 2})
    assert b",".join(documents) in body
    assert json.loads(body) == {
        "tasks": [json.loads(document) for document in documents],
        "pagination": {"page": 1},
        "summary": {"running": 2},
    }
    assert json.loads(wire.list_body([], {}, {})) == {"tasks": [], "pagination": {}, "summary": {}}


def test_only_an_end_tells_results_and_error() -> None:
    running = json.loads(wire.encode(replace(TASK, status="running", results={"a": 1})))
    assert "results" not in json.loads(wire.update_message(running, "progress_update"))
    failed = replace(TASK, status="error", results={"a": 1}, error_message="why")
    said = json.loads(wire.update_message(json.loads(wire.encode(failed)), "progress_update"))
    assert (said["results"], said["error_message"]) == ({"a": 1}, "why")


def test_a_message_always_has_a_time() -> None:
    body = json.loads(wire.encode(replace(TASK, updated_at=None)))
    said = json.loads(wire.update_message(body, "task_created"))
    assert (said["type"], said["timestamp"]) == ("task_created", "2024-01-15T01:30:00.000+00:00")


def test_only_a_lost_run_is_suspected() -> None:
    for status, cause, suspected in (
        ("error", "lost", True),
        ("error", "exception", False),
        ("running", None, False),
    ):
        body = json.loads(wire.encode(replace(TASK, status=status, error_cause=cause)))
        assert wire.suspected(body) is suspected
