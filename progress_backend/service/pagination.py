"""The pagination of a list's body."""

from __future__ import annotations

from typing import Any


def pagination(page: int, limit: int, total: int | None) -> dict[str, Any]:
    """The list's pagination; an empty list has one page, as in the specification. How many tasks
    there are is not known (None) where they are looked at."""
    if total is None:
        return {"page": page, "limit": limit, "total": None, "pages": None}
    return {
        "page": page,
        "limit": limit,
        "total": total,
        "pages": max((total + limit - 1) // limit, 1),
    }
