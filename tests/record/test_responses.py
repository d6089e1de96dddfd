"""HTTP responses that are made from stored documents."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from progress_backend.errors import ForeignValue
from progress_backend.record import responses, task_json
from progress_backend.record.model import Task

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
    tag = responses.entity_tag(task_json.stored_of(task), task_json.encode(task))
    assert tag == 'W/"2024-01-15T01:30:00.000+00:00/12"'


class TestAnEndThatMayBeTakenBack:
    def test_is_final_once_the_time_has_passed_and_has_another_tag(self) -> None:
        until = NOW + timedelta(minutes=5)
        shown = {"message": "Worker lost; may run again until …", "error_message": "why"}
        lost = replace(TASK, status="error", error_cause="lost", again_until=until, **shown)
        before, later = (
            responses.as_of(task_json.stored_of(lost), NOW + timedelta(minutes=passed), "en")
            for passed in (0, 5)
        )
        assert before == task_json.stored_of(lost)
        assert (before.final, later.final) == (False, True)
        assert later.current_status == "An error occurred"
        assert later.message_code == {"code": "failed", "args": {}}
        same = dict.fromkeys(("final", "current_status", "message_code"))
        assert structs.asdict(before) | same == structs.asdict(later) | same
        tag = responses.entity_tag(before, b"")
        assert responses.entity_tag(later, b"") == f'{tag[:-1]}/final"'


class TestWithoutErrors:
    """What a holder of a share token reads."""

    def test_a_time_of_another_program_shows_no_exceptions_text(self) -> None:
        failed = replace(TASK, status="error", error_message="no such host db-7.internal")
        code = {"code": "retry_at", "args": {"number": 1, "reason": "db-7", "time": "soon"}}
        body = {**json.loads(task_json.encode(failed)), "message_code": code}
        entry = {"time": "x", "event": "retried", "text": "db-7", "text_code": code}
        for document in (body, {"tasks": [body]}, {"entries": [entry, {**body, "text": "db-7"}]}):
            shown = responses.in_language(json.dumps(document).encode(), "ja", "en")
            assert b"db-7" not in shown

    @pytest.mark.parametrize(
        "document", [b'{"error_message":"db-7"', b'{"a":NaN}', b'{"tasks":[3]}']
    )
    def test_what_cannot_be_searched_for_them_is_not_shown(self, document: bytes) -> None:
        with pytest.raises(ForeignValue):
            responses.in_language(document, "en", "en")
        assert responses.in_language(document, None) == document
