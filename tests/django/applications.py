"""One flow of an application on Django's tasks: `python -m tests.django.applications NAME FOLDER`
prints what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from tests.waiting import eventually


def having(rows: Any, **values: Any) -> Any:
    """The row with these values, once there is one."""
    return eventually(rows.filter(**values).first, 60)


def overseer(mark: Path) -> Any:
    """It publishes a failed task again, a second later."""
    from overseer.models import Job

    from tests.django.tasks import charge

    charge.enqueue(str(mark))
    job = having(Job.objects, status="SUCCEEDED")
    runs = job.runs.order_by("attempt")
    return [[run.status, run.exception_class, run.return_value] for run in runs]


def tasks_monitor(mark: Path) -> Any:
    """A person publishes a failed task again."""
    from tasks_monitor.models import TaskRecord
    from tasks_monitor.retry import retry

    from tests.django.tasks import send

    result = send.enqueue(str(mark))
    failed = having(TaskRecord.objects, result_id=result.id, status="FAILED")
    again = having(TaskRecord.objects, pk=retry(failed).pk, status="SUCCESSFUL")
    traced = "in fail_once" in failed.traceback
    return [failed.exception_class, traced, again.retry_of_id == failed.pk, again.args]


def maintenance_tasks(file: Path) -> Any:
    """A backfill in four jobs, each published by the one before it."""
    from maintenance_tasks import runner
    from maintenance_tasks.models import Run

    run = runner.start("tests.django.maintenance_tasks.Backfill", {"file": str(file)})
    run = having(Run.objects, pk=run.pk, status="succeeded")
    return [run.tick_count, run.generation, file.read_text()]


if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    from tests.django.proj import app

    app.set_default()
    call_command("migrate", verbosity=0)
    flow: Callable[[Path], Any] = globals()[sys.argv[1]]
    sys.stdout.write(json.dumps(flow(Path(sys.argv[2]) / "mark")))
