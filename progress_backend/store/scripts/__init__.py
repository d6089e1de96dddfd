"""The Lua scripts: one file a script, called by its SHA-1 (EVALSHA)."""

from __future__ import annotations

from hashlib import sha1
from importlib.resources import files
from typing import Final, NamedTuple


class Script(NamedTuple):
    """A script's text and the SHA-1 that EVALSHA calls it by."""

    text: str
    sha: str


def _read(verb: str, *parts: str) -> Script:
    """A script's text, after the texts of the parts that it shares with others."""
    names = [f"{name}.lua" for name in (*parts, verb)]
    text = "".join((files(__name__) / name).read_text(encoding="utf-8") for name in names)
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


COMMIT: Final = _read(
    "commit", *("_tolerant", "_document", "_ran", "_took", "_noted", "_remembered")
)
COMMIT_FIRST: Final = _read("commit_first", "_tolerant", "_document")
COMMIT_IN_PLACE: Final = _read("commit_in_place", "_tolerant", "_document")
COMMIT_MEMBER: Final = _read(
    "commit_member",
    *("_tolerant", "_document", "_ran", "_took", "_noted", "_remembered", "_finished"),
)
COMMIT_MEMBERS: Final = _read("commit_members", "_tolerant", "_document")
FIGURES: Final = _read("figures", "_tolerant")
PUBLISHING: Final = _read("publishing")
DIRECT: Final = _read("direct", "_tolerant")
DROP_ACT: Final = _read("drop_act", "_tolerant")
PAGE: Final = _read("page", "_tolerant", "_document", "_documents")
TOP: Final = _read("top", "_tolerant")
SWEEP: Final = _read("sweep", "_tolerant")
LOCK: Final = _read("lock")
UNLOCK: Final = _read("unlock")
FORGET: Final = _read("forget")
FORGET_WORKFLOW: Final = _read("forget_workflow", "_tolerant")
LEAVE_MARKINGS: Final = _read("leave_markings")
READ: Final = _read("read", "_document", "_documents")
COUNT: Final = _read("count")
LOG: Final = _read("log", "_tolerant")
SAMPLES: Final = _read("samples", "_tolerant")
BEFORE: Final = _read("before", "_tolerant")
NOTE: Final = _read("note", "_tolerant", "_noted")
TAKE: Final = _read("take", "_tolerant")
SETTLE: Final = _read("settle", "_tolerant")
MAY_HAVE_ENDED: Final = _read("may_have_ended", "_tolerant")
LOOKED_FOR_END: Final = _read("looked_for_end", "_tolerant")
ALL: Final = (
    *(COMMIT, COMMIT_FIRST, COMMIT_IN_PLACE, COMMIT_MEMBER, COMMIT_MEMBERS),
    *(READ, PAGE, TOP, COUNT, BEFORE, SWEEP),
    *(FIGURES, PUBLISHING, FORGET_WORKFLOW, DIRECT, DROP_ACT),
    *(LOCK, UNLOCK, FORGET, LEAVE_MARKINGS),
    *(LOG, SAMPLES),
    *(NOTE, TAKE, SETTLE, MAY_HAVE_ENDED, LOOKED_FOR_END),
)
