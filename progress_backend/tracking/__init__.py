"""Celery: from `install(app)` to each signal, header and result."""
