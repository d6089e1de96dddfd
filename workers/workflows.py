"""A workflow of jobs with one bar and one status: fetches, and a merge of their results."""

# mypy: disallow-untyped-decorators=false
# Celery ships no types, so app.task is unknown to the type checker.

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import chord
from celery.canvas import Signature

from progress_backend import progress_task

from .app import app
from .tasks import fetch_data


def fetch_and_merge(symbols: Sequence[str], periods: Sequence[str]) -> Signature:
    """Fetches each symbol in each period side by side, then merges what was saved."""
    fetches = [fetch_data.s(symbol, period) for symbol in symbols for period in periods]
    return chord(fetches, merge_results.s())


@app.task(name="merge_results")
@progress_task
def merge_results(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Adds up what several fetches have saved."""
    saved, skipped = (
        sum(result[name] for result in results) for name in ("records_saved", "records_skipped")
    )
    return {"fetches": len(results), "records_saved": saved, "records_skipped": skipped}
