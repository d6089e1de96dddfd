"""The table of what becomes of a task's record, as tests/integration/matrix.py prints it."""

from __future__ import annotations

from tests.integration.matrix import markdown


def table() -> str:
    """One row a case; the tests provoke each on real workers."""
    return "\n".join(markdown())
