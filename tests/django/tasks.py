"""Tasks that fail once; overseer imports this module by its name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from django.tasks import task

from tests.django.jobs import Declined


def fail_once(mark: str) -> str:
    path = Path(mark)
    if not path.exists():
        path.touch()
        raise Declined("not yet")
    return "done"


@task
def send(mark: str) -> str:
    return fail_once(mark)


if find_spec("overseer"):
    import overseer

    @overseer.task(retries=1, backoff_base=1, jitter=False)
    def charge(mark: str) -> str:
        return fail_once(mark)
