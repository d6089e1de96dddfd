"""The specification's running task, as the tests' sample of a record."""

from datetime import timedelta

from progress_backend.record.model import Task
from tests.strategies import NOW

RUNNING = Task(
    "t",
    "fetch_data",
    252,
    "7203.T",
    current_items=150,
    status="running",
    message="データを処理しています... (150/252)",
    created_at=NOW,
    started_at=NOW,
    updated_at=NOW + timedelta(seconds=30),
    rate=10.0,
    revision=3,
)
