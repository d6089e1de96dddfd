"""A Django site; its tasks run on Celery."""
