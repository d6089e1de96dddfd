"""A running task."""

import pytest

from progress_backend.record import events as ev
from progress_backend.record.model import Task
from tests.record.steps.given import IDENTITY, OURS, after


@pytest.fixture
def running() -> Task:
    return after(None, ev.Created(identity=IDENTITY), ev.Started(identity=IDENTITY, worker=OURS))
