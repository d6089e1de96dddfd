"""One execution (run) of a Celery task in a process, and the writing of its progress to the
record."""
