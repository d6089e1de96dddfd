"""Pictures of how time grows with size, from the rows that are points of a curve."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from .row import Row

#: A picture's name, its axis, its title, and how times are laid out: what stays the same over
#: sizes is seen from nought on, what grows with them along a line.
PICTURES = {
    "list": ("tasks in the store", "GET list of 20, any filter (ms)", "linear"),
    "push": ("sockets that watch one task", "One update to the last socket (ms)", "log"),
}
#: Where the README looks for them.
FOLDER = Path(__file__).parents[2] / "docs"


def draw(rows: Iterable[Row], folder: Path = FOLDER) -> list[Path]:
    """Writes each picture that the rows have points of, as `{name}-latency.svg`."""
    curves: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for row in rows:
        if row.plot is not None:
            name, size = row.plot
            for side, figure in row.figures.items():
                curves.setdefault(name, {}).setdefault(side, []).append((size, figure))
    return [_picture(name, sides, folder) for name, sides in curves.items()]


def _picture(name: str, sides: dict[str, list[tuple[int, float]]], folder: Path) -> Path:
    axis, title, scale = PICTURES[name]
    # The same figures give the same file, so that a change of it is one of the figures.
    with rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        for number, (side, points) in enumerate(sides.items()):
            sizes, times = zip(*sorted(points), strict=True)
            axes.plot(sizes, times, marker="o", linewidth=2.4 if number == 0 else 1.4, label=side)
        axes.set(xscale="log", yscale=scale, xlabel=axis, title=title)
        if scale == "linear":
            axes.set_ylim(0, 1.2 * max(time for points in sides.values() for _, time in points))
        axes.xaxis.set_major_formatter(lambda size, _: f"{size:,.0f}")
        axes.yaxis.set_major_formatter(lambda time, _: f"{time:g}")
        axes.grid(visible=True, alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        path = folder / f"{name}-latency.svg"
        figure.savefig(path, metadata={"Date": None})
    return path
