"""`make bench`: compares with the peers and limits; `python -m tests.benchmarks --help`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .machine import description
from .plots import draw
from .registry import ESTIMATES, MODULES, measure
from .report import estimates_markdown, markdown, text
from .row import Row

RESULTS = Path(__file__).with_name("RESULTS.md")
ESTIMATED = Path(__file__).with_name("ESTIMATES.md")


def main() -> None:
    """Measures; a target that is missed is printed as MISSED and is no error."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Compares with peers and limits, in one run; all of it takes minutes. The "
        "variable DURATIONS names a file of recorded durations for the row `estimates`.",
    )
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"some of: {', '.join(MODULES)} (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help="try that it works, nothing is kept")
    given = parser.parse_args()
    if unknown := set(given.rows) - set(MODULES):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}")
    # A person's own settings must not reach what is measured.
    for name in list(os.environ):
        if name.startswith(("PROGRESS_", "CELERY_")):
            del os.environ[name]
    machine = description()
    print("\n".join(machine), flush=True)
    rows: list[Row] = []
    missed: list[str] = []
    for name in given.rows or MODULES:
        measured = measure(name, given.quick)
        for row in measured:
            print(f"\n{text(row)}", flush=True)
        if name == ESTIMATES and measured and not given.quick:
            ESTIMATED.write_text(estimates_markdown(measured), encoding="utf-8")
            print(f"\nwritten: {ESTIMATED}")
        elif name != ESTIMATES:
            rows += measured
        missed += [row.what for row in measured if row.verdict == "MISSED"]
    if not given.rows and not given.quick:
        RESULTS.write_text(markdown(rows, machine), encoding="utf-8")
        print(f"\nwritten: {', '.join(map(str, (RESULTS, *draw(rows))))}")
    if missed:
        print(f"\nMISSED: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
