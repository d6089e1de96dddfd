"""Jobs that other programs may start: Celery tasks marked `@progress_task(start=…)`."""
