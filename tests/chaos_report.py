"""Runs parts of `make chaos` by their names, and keeps in CHAOS.md on which commit each part last
ran, for how long and how that ended: `python -m tests.chaos_report [PART ...]`, all by default."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "tests" / "CHAOS.md"
#: Each part's files and folders; the rest is all that is in no other.
PARTS = {
    "drivers": ("tests/behaviour",),
    "cluster": ("tests/cluster",),
    "celery": ("tests/celery_suite",),
    "storms": ("tests/chaos",),
    "kills": ("tests/integration", "tests/outages", "tests/webhooks", "tests/workers"),
    "canvases": ("tests/canvases",),
    "rabbitmq": ("tests/rabbitmq",),
    "wheel": ("tests/test_wheel.py", "tests/docs/test_fresh.py"),
    "browsers": ("tests/browser",),
    "rest": (),
}
HEAD = """# When `make chaos` last ran

| part | commit | minutes | load at its end | result |
| --- | --- | --- | --- | --- |
"""
_SUMMARY = re.compile(r"^=* ?(.*\d+ (?:passed|failed|error|skipped|deselected).*?) in .*$")


def arguments(part: str) -> list[str]:
    """pytest's, for one part."""
    if part != "rest":
        return list(PARTS[part])
    return ["tests", *(f"--ignore={path}" for paths in PARTS.values() for path in paths)]


def run(part: str) -> str:
    """Runs it; its row."""
    head = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True)
    began, last = time.monotonic(), ""
    command = [sys.executable, "-m", "pytest", "-q", "--tier", "chaos", *arguments(part)]
    print(f"== {part}: {' '.join(command[1:])}", flush=True)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            last = line.strip() or last
    minutes, load = (time.monotonic() - began) / 60, os.getloadavg()[0]
    result = result_of(last, running.returncode)
    return f"| {part} | {head.strip()} | {minutes:.1f} | {load:.1f} | {result} |"


def result_of(last: str, code: int) -> str:
    """A part's result by pytest's last line; pytest ends with 5 where it has run no test."""
    summary = _SUMMARY.match(last)
    return summary[1] if summary and code in (0, 1) else f"ended with {code}"


def table(text: str, newest: str = "") -> str:
    """The file's new text: each part's last run, or that there was none."""
    found = re.findall(r"^\| (\w+) (\|.*)$", f"{text}\n{newest}", re.MULTILINE)
    known = {part: row for part, row in found if part in PARTS}
    rows = (f"| {part} {known.get(part, '| – | – | – | not yet |')}\n" for part in PARTS)
    return HEAD + "".join(rows)


def main(parts: list[str]) -> None:
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    bad = False
    for part in parts or PARTS:
        newest = run(part)
        FILE.write_text(table(FILE.read_text(), newest))
        bad |= re.search(r"failed|error|ended with", newest) is not None
    sys.exit(bad)


if __name__ == "__main__":
    main(sys.argv[1:])
