"""A Django app with a template tag and no models: `"progress_backend.django"` in INSTALLED_APPS;
and `CeleryBackend` for the setting TASKS of Django 6."""

from typing import Any


def __getattr__(name: str) -> Any:
    """The backend, imported at its first use: Django 5.2 has no tasks."""
    if name != "CeleryBackend":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .backend import CeleryBackend

    return CeleryBackend
