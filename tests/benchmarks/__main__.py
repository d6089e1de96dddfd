"""`make bench`: compares with the peers and limits; `python -m tests.benchmarks --help`."""

import argparse
import os
from importlib import import_module
from pathlib import Path

from .against import MEASUREMENTS, compare
from .machine import description
from .report import markdown, page_markdown, text
from .row import Row

#: It needs a browser, so that it has a page of its own, too.
LIVE_PAGE = "live_page"
#: The table's rows in their order: modules with `measure(quick: bool) -> list[Row]`. A module runs
#: all sides of its comparison itself, in turn, in one run. `quick` is for trying that it works: it
#: takes about a second and its figures say little.
MODULES = (
    "walks",
    "written_value",
    "tasks_per_second",
    "publishing",
    "get_status",
    "connecting",
    LIVE_PAGE,
)
RESULTS = Path(__file__).with_name("RESULTS.md")
PAGE = Path(__file__).with_name("PAGE.md")


def main() -> None:
    """Measures; a target that is missed is printed as MISSED and is no error."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Compares with peers and limits, in one run; all of it takes minutes.",
    )
    parser.add_argument(
        "rows",
        nargs="*",
        metavar="ROW",
        help=f"some of: {', '.join(MODULES)} (default: all); or "
        "`against COMMIT`: this tree beside that commit's, in turn; behind it some of: "
        f"{', '.join(MEASUREMENTS)}",
    )
    parser.add_argument("--quick", action="store_true", help="try that it works, nothing is kept")
    given = parser.parse_args()
    against = given.rows[1:] if given.rows[:1] == ["against"] else None
    known = MODULES if against is None else MEASUREMENTS
    if against == []:
        parser.error("against needs a commit")
    if unknown := set(given.rows if against is None else against[1:]) - set(known):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    # A person's own settings must not reach what is measured.
    for name in list(os.environ):
        if name.startswith(("PROGRESS_", "CELERY_")):
            del os.environ[name]
    machine = description()
    print("\n".join(machine), flush=True)
    if against is not None:
        compare(against[0], quick=given.quick, only=tuple(against[1:]) or MEASUREMENTS)
        return
    rows: list[Row] = []
    missed: list[str] = []
    for name in given.rows or MODULES:
        measured: list[Row] = import_module(f".{name}", __package__).measure(given.quick)
        for row in measured:
            print(f"\n{text(row)}", flush=True)
        if name != LIVE_PAGE:
            rows += measured
        elif measured and not given.quick:
            PAGE.write_text(page_markdown(measured, machine), encoding="utf-8")
            print(f"\nwritten: {PAGE}")
        missed += [row.what for row in measured if row.verdict == "MISSED"]
    if not given.rows and not given.quick:
        RESULTS.write_text(markdown(rows, machine), encoding="utf-8")
        print(f"\nwritten: {RESULTS}")
    if missed:
        print(f"\nMISSED: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
