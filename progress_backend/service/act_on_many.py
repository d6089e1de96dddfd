"""An act on many tasks: each goes through the same change as an act on one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from ..errors import ProgressError, StoreUnavailable
from ..record.act import Action
from ..record.act_refusal import FORBIDDEN, code_of
from ..record.answers import ActedOn, Refused
from ..record.events import Cancelled, Event, Paused, Resumed

#: Tasks that are asked side by side.
_TOGETHER: Final = 20


def event_of(action: Action, by: str | None, reason: str | None) -> Event:
    """The event that an action records."""
    if action == "cancel":
        return Cancelled(by=by, reason=reason)
    return Paused(by=by, reason=reason) if action == "pause" else Resumed(by=by)


async def act_on(
    task_ids: Sequence[str],
    act: Callable[[str], Awaitable[object]],
    together: int = _TOGETHER,
) -> ActedOn:
    """Acts on each task once; an error of one, or a text that says why the caller may not, does not
    keep the others from it. Returns how many were asked, and the others with what refused each.

    Raises:
        StoreUnavailable: the store does not answer; some tasks may have been asked.
    """
    ids, refused = list(dict.fromkeys(task_ids)), list[Refused]()
    for start in range(0, len(ids), together):
        some = ids[start : start + together]
        outcomes = await asyncio.gather(*map(act, some), return_exceptions=True)
        for task_id, outcome in zip(some, outcomes, strict=True):
            if isinstance(outcome, BaseException) and (
                isinstance(outcome, StoreUnavailable) or not isinstance(outcome, ProgressError)
            ):
                raise outcome
            if isinstance(outcome, (ProgressError, str)):
                code = FORBIDDEN if isinstance(outcome, str) else code_of(outcome)
                refused.append(Refused(task_id, code, str(outcome)))
    counts = Counter(one.code for one in refused).most_common()
    return ActedOn(len(ids) - len(refused), refused, dict(counts))
