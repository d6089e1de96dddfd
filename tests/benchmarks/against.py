"""`make bench ARGS="against COMMIT"`: this tree beside another commit's, round by round in turn."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import IO, Any

from tests.servers import ROOT

THIS, OTHER = "this tree", "the other"
MEASUREMENTS = ("value", "handed_over", "publish", "groups", "scripts", "status")
#: Longest time for one round, its preparation included.
_ROUND_S = 120.0


class Other:
    """A process of one side."""

    def __init__(self, library: Path, folder: Path, stack: ExitStack) -> None:
        folder.mkdir()
        (folder / "progress_backend").symlink_to(library / "progress_backend")
        (folder / "tests").symlink_to(ROOT / "tests")
        self._errors = stack.enter_context((folder / "errors").open("w+"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.against_side"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        stack.callback(self._end)
        found = Path(self._answer()["library"])
        assert found.parent.parent == folder, f"measures {found}"

    def round(self, measurement: str) -> dict[str, Any]:
        """The answer to one round: its figures, or why there are none."""
        print(measurement, file=self._pipe(self._process.stdin), flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"a side has ended:\n{self._errors.read()[-2_000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        self._pipe(self._process.stdin).close()
        try:
            self._process.wait(_ROUND_S)
        finally:
            self._process.kill()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """A folder with the tree of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def compare(commit: str, *, quick: bool, only: tuple[str, ...] = MEASUREMENTS) -> None:
    """Prints the table: medians of both, and the median of the rounds' ratios."""
    rounds = 2 if quick else 40
    with worktree(commit) as tree, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())).resolve()
        sides = {
            THIS: Other(ROOT, folder / "this", stack),
            OTHER: Other(tree, folder / "other", stack),
        }
        print(f"\n{'':44}{THIS:>12}{commit[:10]:>12}{'ratio':>8}  of single rounds")
        for measurement in only:
            _print(*_rounds(measurement, sides, rounds))
    print(
        f"    medians of {rounds} rounds in turn, the ratio is the median of theirs; µs are "
        "processor time of the process's threads and the server, but for the scripts, which the "
        "server counts; load average now " + ", ".join(f"{one:.1f}" for one in os.getloadavg())
    )


def _rounds(
    measurement: str, sides: dict[str, Other], count: int
) -> tuple[str, dict[str, list[dict[str, float]]]]:
    """The figures of each round of both sides; or why there are none."""
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    order = list(sides)
    for number in range(1 + count):  # the first one prepares
        for name in order:
            answer = sides[name].round(measurement)
            if "error" in answer:
                return f"{measurement}: skipped, {name}: {answer['error']}", {}
            if number:
                figures[name].append(answer["figures"])
        order.reverse()
    return "", figures


def _print(skipped: str, figures: dict[str, list[dict[str, float]]]) -> None:
    if skipped:
        print(skipped, flush=True)
        return
    for row in figures[THIS][0]:
        ours, theirs = ([one[row] for one in figures[side]] for side in (THIS, OTHER))
        ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True) if b)
        if not ratios:
            print(f"{row:44}{median(ours):>12,.1f}{median(theirs):>12,.1f}", flush=True)
            continue
        spread = f"{ratios[0]:.2f}-{ratios[-1]:.2f}"
        both = f"{median(ours):>12,.1f}{median(theirs):>12,.1f}"
        print(f"{row:44}{both}{median(ratios):>8.3f}  {spread}", flush=True)
