"""The table: as text for the terminal, and as Markdown for RESULTS.md."""

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
