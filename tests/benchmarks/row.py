"""A row of the table: what was compared, what came out, and whether that is good enough."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `figures` are medians, ours first; all in `unit`.

    `ratio` is ours to `peer`'s: the median of the paired rounds' ratios, which bears a noisy
    machine better than the ratio of two medians does.
    """

    what: str
    unit: str
    figures: Mapping[str, float]
    peer: str
    ratio: float
    target: float
    stretch: float | None = None
    #: Whether a larger figure is the better one (a rate, not a time).
    more: bool = False
    #: Things the table has no column for: how it was measured, what was asserted.
    notes: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> str:
        """MISSED, reached or stretch, by the figure as it was seen, never rounded first."""
        if self._within(self.target):
            return "stretch" if self.stretch is not None and self._within(self.stretch) else "ok"
        return "MISSED"

    @property
    def goal(self) -> str:
        """The target and, if there is one, the stretch: "≤ 0.35× (0.2×)"."""
        sign = "≥" if self.more else "≤"
        further = "" if self.stretch is None else f" ({self.stretch:g}×)"
        return f"{sign} {self.target:g}×{further}"

    def _within(self, bound: float) -> bool:
        return self.ratio >= bound if self.more else self.ratio <= bound
