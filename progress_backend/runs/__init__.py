"""One execution of a task, and how what it says reaches its record."""
