"""A task's record and what each Celery event does to it: pure rules."""
