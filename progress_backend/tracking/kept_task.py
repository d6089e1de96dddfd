"""A task's record with what is kept beside it, for Django's results."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from celery import Celery

from ..errors import SettingsError
from ..operations import records, stacks, starts
from ..operations.call import all_of
from ..record import document, kept_message, responses
from ..record.fields import Body
from .kept_message import loaded
from .tracker import tracker_of


def kept_task(app: Celery, task_id: str) -> tuple[Body | None, dict[str, Any] | None, str | None]:
    """The record of a task that one of ours runs: other programs have not named its type; what it
    was published with (task, args, kwargs, options and header), where that is kept and this site
    has signed it; the newest traceback. Raises as `get_task`."""
    if (tracker := tracker_of(app)) is None:
        raise SettingsError("results of Django's tasks are records: call install(app) first")
    store = tracker.reader()
    calls = records.read((task_id,)), starts.kept_message(task_id), stacks.kept(task_id)
    (stored,), text, entries = store.execute(all_of(*calls))
    found = None if stored is None else document.read_stored(stored, task_id)
    if found is None or found.bookkeeping is None or not found.bookkeeping.keeps_message:
        return None, None, None
    settings, message = store.settings, None
    with contextlib.suppress(ValueError, KeyError, AttributeError, kept_message.NotSigned):
        given = loaded(text)
        about = settings.key_prefix, task_id, str(given["task"]), found.owner or ""
        kept_message.check(text, settings.signing_keys, *about)
        message = given
    failures = [one["traceback"] for one in map(json.loads, entries) if "traceback" in one]
    record = responses.as_of(found, store.measured_now(), settings.locale)
    return record, message, failures[-1] if failures else None
