"""What a storm came to: the table of verdicts, and the history of each wrong record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.verdict import Verdict

if TYPE_CHECKING:
    from tests.chaos.storm import Storm

#: Wrong records to show with their whole history.
_SHOWN = 5
#: Lines of a process's log on one task.
_LINES = 30


@dataclass(frozen=True)
class Report:
    """Made when all is over; `problems` is empty if all was right."""

    storm: Storm
    verdicts: dict[str, Verdict]
    #: Where lists and documents disagree.
    lists: list[str]
    took_s: float

    @property
    def wrong(self) -> list[str]:
        """The tasks with a wrong record."""
        return [task_id for task_id, verdict in self.verdicts.items() if not verdict.right]

    @property
    def problems(self) -> list[str]:
        """One line each."""
        records = [f"{task_id}: {self.verdicts[task_id].row}" for task_id in self.wrong]
        return [*records, *self.lists, *self.storm.reader.wrong[:20]]

    def table(self) -> str:
        """The final table."""
        storm = self.storm
        rows = Counter((verdict.right, verdict.row) for verdict in self.verdicts.values())
        lines = [
            f"chaos: seed {storm.plan.seed}, {len(storm.traffic.published)} published, "
            f"{len(self.verdicts)} judged, {self.took_s:.0f} s",
            "injuries: "
            + ", ".join(f"{what} {n}" for what, n in sorted(storm.fleet.injuries.items())),
            f"onlooker: {storm.reader.reads} reads, {storm.reader.away} while the store was away",
        ]
        for (right, row), count in sorted(rows.items(), key=lambda item: (item[0][0], -item[1])):
            lines.append(f"{count:6d}  {'' if right else 'WRONG '}{row}")
        lines += [f"        WRONG {problem}" for problem in (*self.lists, *storm.reader.wrong[:20])]
        return "\n".join(lines)

    def histories(self) -> str:
        """All that is known of the first wrong records, and what was done meanwhile."""
        parts = [self.history(task_id) for task_id in self.wrong[:_SHOWN]]
        return "\n\n".join([*parts, "\n".join(["what was done:", *self.storm.fleet.done])])

    def history(self, task_id: str) -> str:
        """All that is known of one task."""
        storm = self.storm
        sent = storm.traffic.published.get(task_id)
        lines = [f"=== {task_id}: {self.verdicts[task_id].row}", f"sent: {sent}", "facts:"]
        lines += storm.facts.lines(task_id)
        for name, log in sorted(storm.fleet.logs().items()):
            about = [line for line in log.splitlines() if task_id in line]
            lines += [f"log of {name}:", *about[-_LINES:]]
        return "\n".join(lines)
