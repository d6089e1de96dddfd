"""The app's configuration for Django."""

from __future__ import annotations

from django.apps import AppConfig


class ProgressConfig(AppConfig):  # type: ignore[misc]  # Django ships no types
    """The app, by a name of its own: Django would call it after its folder."""

    name = "progress_backend.django"
    label = "progress_backend"
