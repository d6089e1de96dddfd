"""Log lines as JSON, one line an event, for whoever collects the logs of services and workers."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

from .record.traces import trace_id_of

#: Characters that could forge a line or move a terminal's cursor, besides those that JSON escapes.
_CONTROLS: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: Attribute of a log record with values that stand in the line by themselves.
FIELDS: Final = "progress_fields"


class JsonLines(logging.Formatter):
    """A `logging.Formatter` whose lines are JSON objects: `at`, `level`, `logger` and `message`;
    within a Celery task `task_id`, `task` and, where its message has one, `trace_id`; `error` with
    the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's line.

        Args:
            record: a log record of any logger.
        """
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_of_the_task(),
        }
        fields = getattr(record, FIELDS, None)
        if isinstance(fields, dict):
            line.update(fields)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json_line(line)


def json_line(values: dict[str, Any]) -> str:
    """A JSON object as one line without control characters."""
    text = json.dumps(values, ensure_ascii=False, default=str)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _of_the_task() -> dict[str, str]:
    """The Celery task that runs in this thread; nothing outside of one, or without Celery."""
    state = sys.modules.get("celery._state")  # a process that has not imported it runs no task
    task = None if state is None else state.get_current_task()
    request = getattr(task, "request", None)
    if task is None or request is None or not request.id:
        return {}
    found = {"task_id": str(request.id), "task": str(task.name)}
    trace_id = trace_id_of(getattr(request, "traceparent", None))
    return found if trace_id is None else {**found, "trace_id": trace_id}
