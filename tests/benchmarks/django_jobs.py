"""The job of `after_kill` for backends of Django's tasks."""

from threading import Event

from django.tasks import task


@task
def hang() -> None:
    """Waits for ever."""
    Event().wait()


hang.using(backend="peer")  # which registers it with Celery
