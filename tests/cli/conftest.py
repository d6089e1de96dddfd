"""An API for the commands."""

from __future__ import annotations

from tests.web.conftest import start_api

__all__ = ["start_api"]
