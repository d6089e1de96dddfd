"""Where a function was before it moved."""

from tests.django.jobs import add

__all__ = ["add"]
