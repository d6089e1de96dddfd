"""The API's description, and an API that keeps to it (schemathesis): its examples are sent too."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from pydantic import ValidationError
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from progress_backend import progress_task
from progress_backend.errors import InvalidEvent
from progress_backend.settings import Settings
from progress_backend.web import create_app
from progress_backend.web.openapi.queries import ListQuery
from tests.apps import in_process
from tests.conftest import Install
from tests.records import Records
from tests.web.serving import RunningApi

DESCRIPTION: dict[str, Any] = create_app(Settings(redis_url="redis://127.0.0.1:1")).openapi()
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    positive_data_acceptance,
]
#: So many requests are made up in all, at random if the variable says how many (`make fuzz`); the
#: calls in which there is something to make up share them.
CASES = os.environ.get("PROGRESS_TEST_FUZZ_CASES")
SHARING = 5
#: The statuses of all answers to them; who is answered what: test_rights_matrix.
answered: Counter[int] = Counter()
#: This phase makes its requests up at collection, in each process of a run, for half a minute: in
#: `make fuzz` alone.
PHASES = {"coverage": {"enabled": CASES is not None}}
# A stream of events has no end as long as its task has none.
schema = schemathesis.openapi.from_dict(
    DESCRIPTION, config=schemathesis.Config.from_dict({"phases": PHASES})
).exclude(path_regex="/events$")


@pytest.fixture(scope="module", autouse=True)
def figures() -> Iterator[None]:
    yield
    failed = sum(count for status, count in answered.items() if status >= 500)
    by_status = ", ".join(f"{status}: {count}" for status, count in sorted(answered.items()))
    print(f"\n{answered.total()} requests, {failed} answered with 5xx ({by_status})")


def as_others_can_read(value: Any) -> Any:
    """Without what is refused wherever it stands, which no description can say."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="ignore").decode()
    if isinstance(value, dict):
        return {as_others_can_read(name): as_others_can_read(of) for name, of in value.items()}
    if isinstance(value, list):
        return [as_others_can_read(one) for one in value]
    return 0 if isinstance(value, int) and value.bit_length() > 64 else value


def _goes_together(query: dict[str, Any]) -> bool:
    """Whether a list's query has nothing that no description can say; that of another route has."""
    try:
        ListQuery.model_validate(query).asked.check_together()
    except InvalidEvent:
        return False
    except ValidationError:
        pass
    return True


def made_up(cases: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=(int(CASES) if CASES else cases) // SHARING,
        derandomize=CASES is None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def _as_it_may_be_sent(case: schemathesis.Case, task_ids: list[str]) -> None:
    """Changes a case that every description takes for a good one; some are of what is there."""
    if "task_id" in (case.path_parameters or {}) and len(str(case.path_parameters["task_id"])) % 2:
        case.path_parameters["task_id"] = task_ids[len(case.path_parameters["task_id"]) % 3]
    if len(str((case.path_parameters or {}).get("workflow_id", ""))) % 2:
        case.path_parameters["workflow_id"] = "group"
    while not _goes_together(query := case.query or {}):
        query.popitem()
    case.body = as_others_can_read(case.body)
    body = case.body if isinstance(case.body, dict) else {}
    if body.get("status") not in ("completed", "error"):
        body.pop("force", None)
    if body.get("status") != "error":
        body.pop("error_message", None)
    if body.get("status") != "paused" and not body.get("force") and case.path.endswith("update"):
        body.pop("reason", None)
        body.pop("by", None)
    if body.get("terminate") is True:
        body["terminate"] = False  # this API has no broker, which no description can say


@schema.parametrize()
@made_up(40)
def test_the_api_keeps_to_its_description(
    case: schemathesis.Case, session_api: RunningApi, task_ids: list[str]
) -> None:
    _as_it_may_be_sent(case, task_ids)
    answer = case.call(base_url=f"http://127.0.0.1:{session_api.port}")
    answered[answer.status_code] += 1
    case.validate_response(answer, checks=CHECKS)


@schema.include(path_regex="/jobs|/again$").parametrize()
@made_up(60)
def test_an_api_that_starts_jobs_keeps_to_its_description(
    case: schemathesis.Case, jobs_api: RunningApi, task_ids: list[str]
) -> None:
    _as_it_may_be_sent(case, task_ids)
    if "job_name" in (given := case.path_parameters or {}):
        size = len(given["job_name"])
        given["job_name"] = given["job_name"] if size % 3 == 0 else "fetch"
        case.body = {"rows": size} if size % 3 == 1 else case.body
    answer = case.call(base_url=f"http://127.0.0.1:{jobs_api.port}", timeout=60)
    answered[answer.status_code] += 1
    # Which arguments a job takes, and what can be run again, no description says.
    case.validate_response(answer, checks=[c for c in CHECKS if c != positive_data_acceptance])


@pytest.fixture
def jobs_api(installed: Install, redis_url: str) -> Iterator[RunningApi]:
    app = installed(in_process("described"))

    def fetch(rows: int = 0) -> int:
        return rows

    app.task(name="fetch", shared=False)(progress_task(start=True)(fetch))
    running = RunningApi(
        create_app(Settings(redis_url=redis_url), celery_app=app.celery, start=True)
    )
    yield running.start()
    running.stop()


@pytest.fixture
def task_ids(api: RunningApi, redis_url: str) -> list[str]:
    """Of a task in each state that matters; and the members of a workflow."""
    records = Records(redis_url)
    for task_id in ("one", "two"):
        records.member(task_id, "group", name="two")
    records.fail("two", "why")
    created, running, ended = (api.create() for _ in range(3))
    api.update(running, current_items=3, details={"a": 1})
    api.update(ended, "completed", results={"b": None})
    return [created, running, ended]
