"""What each event writes into a task; the table in `transition` has the status.

Pure functions `(task, event, context) -> Task`; `transition` adds status, updated_at and attempt.
"""
