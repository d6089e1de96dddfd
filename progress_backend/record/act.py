"""A caller's request for a whole workflow: to cancel, pause or resume its members; pure."""

from __future__ import annotations

import json
from typing import Any, Final, Literal, NamedTuple

from .json_text import dumps

Action = Literal["cancel", "pause", "resume"]
ACTIONS: Final[tuple[Action, ...]] = ("cancel", "pause", "resume")
#: Most tasks that one request names.
MOST_NAMED: Final = 200


class Act(NamedTuple):
    """A caller's request for all members of a workflow."""

    #: Two requests for one workflow have different ids; a member's record has the id of the request
    #: that it has applied.
    id: str
    action: Action
    by: str | None = None
    reason: str | None = None
    #: In milliseconds since 1970.
    at_ms: int = 0

    @classmethod
    def made(cls, action: Action, at_ms: int, by: str | None, reason: str | None) -> Act:
        """A request that is made at this time."""
        return cls(f"{action}@{at_ms}", action, by, reason, at_ms)

    @classmethod
    def of(cls, act_id: str, text: str | bytes | None) -> Act:
        """Reads a stored request; a text that is no request is read as a resume."""
        try:
            given: dict[str, Any] = json.loads(text or "")
            asked = cls(act_id, *(given[name] for name in cls._fields[1:]))
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls(act_id, "resume")
        sound = asked.action in ACTIONS and isinstance(asked.at_ms, int)
        return asked if sound else cls(act_id, "resume")

    @property
    def text(self) -> str:
        """The request as it is stored."""
        return dumps({name: value for name, value in self._asdict().items() if name != "id"})

    @property
    def is_last(self) -> bool:
        """Whether no other request may follow it: what is cancelled is not resumed."""
        return self.action == "cancel"


def merged(several: list[Act]) -> Act | None:
    """The request that counts if partitions have different ones: a cancel, else the newest."""
    return max(several, key=lambda act: (act.is_last, act.at_ms), default=None)
