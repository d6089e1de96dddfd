"""What becomes of a task's record, whatever becomes of the task: one table.

The tests provoke every row on real workers; the documentation's table is printed from it:
`python -m tests.integration.matrix`.
"""

from collections.abc import Iterator

from tests.integration.dying_rows import DYING
from tests.integration.live_rows import LIVE
from tests.integration.row import POOLS, Row, Seen

ROWS: tuple[Row, ...] = (*LIVE, *DYING)


def markdown() -> Iterator[str]:
    """The table, line by line."""
    yield "| what happens | how | meanwhile | in the end |"
    yield "|---|---|---|---|"
    for row in ROWS:
        ends = [text_of(row.after)]
        for pool in POOLS:
            if pool in row.elsewhere:
                other = row.elsewhere[pool]
                ends.append(f"{pool}: {'–' if other is None else text_of(other)}")
        meanwhile = "–" if row.during is None else text_of(row.during)
        yield f"| {row.case} | {row.how} | {meanwhile} | {'; '.join(ends)} |"


def text_of(seen: Seen) -> str:
    """A status, with the cause of an error."""
    return f"{seen.status} ({seen.cause})" if seen.cause else seen.status


if __name__ == "__main__":
    print("\n".join(markdown()))
