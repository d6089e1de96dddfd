"""The table: as text for the terminal, and as Markdown for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .row import Row


def text(row: Row) -> str:
    """A row with its figures and notes, for people who watch it run."""
    lines = [
        f"{row.what}: {_ratio(row)} of {row.peer}, wanted {row.goal}: {row.verdict}",
        "    " + ", ".join(_figures(row)),
        *(f"    {note}" for note in row.notes),
    ]
    return "\n".join(lines)


def markdown(rows: Iterable[Row], machine: Sequence[str]) -> str:
    """The whole page. Figures are medians; ratios are cut, never rounded in our favour."""
    head = (
        "# Results",
        "",
        "Made by `make bench`. Each row ran with its peers in the same run, in paired rounds;",
        "figures are medians, a ratio is the median of the rounds' ratios.",
        "",
        *(f"- {line}" for line in machine),
    )
    return _page(head, rows)


def estimates_markdown(rows: Iterable[Row]) -> str:
    """The page of the estimates; their figures depend on no machine."""
    head = (
        "# Estimates",
        "",
        "Made by `make bench DURATIONS=…`, from recorded durations of the tasks of real workflows",
        "(a file that is not part of this project). Each job's items are replayed through the",
        "record's rules, with a value a second; figures are medians over the jobs. An error is the",
        "part of the rest by which a prediction misses it. The smoothing was chosen on one family",
        "of workflows (pegasus/epigenomics), the others judge it.",
        "",
        "The rule of the first estimate and of the range was chosen with these recordings in",
        "sight and with others, that were held back until the rule before it was written: take it",
        "as not worse than that one. Of the held-back recordings' ends 83 % are in the range at",
        "creation, 67 % at 10 %, 79 % at 25 %, 90 % at 50 % and 73 % at 75 % of the items (by",
        "the rule before 67, 75, 73, 87 and 79 %), and the likely end at creation misses by 20 %",
        "of the rest (36 %). 83-92 % of the starts of waiting tasks are in their range in bursts,",
        "84-90 % with one worker.",
        "",
        '"Other work" is a second series, in the tree, by which no rule was chosen: seven kinds of',
        "work that really ran once and was recorded, with other inputs in each",
        "job (files to compress and to parse, rows to import, pictures, commits of a repository,",
        "texts to search, processes to start). A millisecond of it is replayed as a second.",
        '"Where it is shown" is what a reader sees with both ends: a range wider than tenfold is',
        'shown as "up to" its latest end. At fourfold, as before, 28 % of the ranges of other work',
        "from 25 % on were hidden (eight at a time 35 %), and the shown ones held 82 % (79 %).",
    )
    return _page(head, rows)


def page_markdown(rows: Iterable[Row], machine: Sequence[str]) -> str:
    """The page of what a person sees, in a browser."""
    head = (
        "# The live page",
        "",
        "Made by `make bench ARGS=live_page`, in the system's Chromium,",
        "headless and without a graphics card; all processes share this machine.",
        "",
        *(f"- {line}" for line in machine),
    )
    return _page(head, rows)


def _page(head: Iterable[str], rows: Iterable[Row]) -> str:
    rows = list(rows)
    lines = [*head, "", "| what | ratio | wanted (stretch) | | figures |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (
            row.what,
            f"{_ratio(row)} {row.peer}",
            row.goal,
            row.verdict,
            "; ".join(_figures(row)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Notes", ""]
    lines += [f"- {row.what}: {'; '.join(row.notes)}." for row in rows if row.notes]
    return "\n".join(lines) + "\n"


def _ratio(row: Row) -> str:
    """Three decimals, away from the target's good side."""
    thousandths = row.ratio * 1000
    shown = int(thousandths) if row.more else -int(-thousandths // 1)
    return f"{shown / 1000:.3f}×"


def _figures(row: Row) -> list[str]:
    return [f"{name} {_short(value)} {row.unit}" for name, value in row.figures.items()]


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"
