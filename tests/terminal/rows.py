"""Rows of the terminal for its tests."""

from __future__ import annotations

import json

from progress_backend.record.document import body_of
from progress_backend.record.model import Task
from progress_backend.record.task_json import encode
from progress_backend.terminal.rows import RecordRow


def row_of(task: Task, **computed: object) -> RecordRow:
    """The row of a task's body, with what readers of the body compute."""
    return RecordRow.of({**json.loads(body_of(encode(task))), **computed})
