"""Tracking of Celery tasks: `install(app)`, and the handlers of Celery's signals, headers and
results."""
