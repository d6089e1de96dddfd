"""An API for the commands."""

from tests.web.conftest import start_api

__all__ = ["start_api"]
