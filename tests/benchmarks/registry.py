"""The table's rows in their order: modules with `measure(quick: bool) -> list[Row]`.

A module runs all sides of its comparison itself, in turn, in one run. `quick` is for trying that it
works: it takes about a second and its figures say little.
"""

from __future__ import annotations

from importlib import import_module

from .row import Row

#: Its figures are the same on each machine, so that they have a page of their own.
ESTIMATES = "estimates"
#: It needs a browser, so that it has a page of its own, too.
LIVE_PAGE = "live_page"
MODULES = (
    "startup",
    "walks",
    "track_loop",
    "update_call",
    "written_value",
    "tasks_per_second",
    "publishing",
    "get_status",
    "get_list",
    "socket_broadcast",
    "socket_many_tasks",
    "socket_one_task",
    ESTIMATES,
    LIVE_PAGE,
)


def measure(name: str, quick: bool) -> list[Row]:
    """The rows of one module."""
    rows: list[Row] = import_module(f".{name}", __package__).measure(quick)
    return rows
