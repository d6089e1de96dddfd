"""What a model reads: names and descriptions that come from code alone, and one line of ours for a
result. All that a job wrote is data, in fields; pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

#: Longest text of a field in characters.
LONGEST: Final = 2_000
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME: Final = 48
_SAFE_ID: Final = re.compile(r"[\w.:-]{1,64}", re.ASCII)
#: The fields of a task that an agent reads: no traceback, no metadata.
_FIELDS: Final = (
    "task_type", "symbol", "status", "progress", "current_status", "results", "error_message",
    "error_cause", "created_at", "start_time", "end_time", "final", "unread",
)  # fmt: skip


def plain(value: Any) -> str:
    """A text in one line, without characters that no reader sees, and not too long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST]).strip()


def fields(body: Mapping[str, Any], names: Iterable[str] = _FIELDS) -> dict[str, Any]:
    """These fields of a body, as data."""
    return {name: data(body[name]) for name in names if body.get(name) not in (None, {})}


def data(value: Any) -> Any:
    """A value with texts that can be read; a large one is the beginning of its JSON."""
    if isinstance(value, str) or len(json.dumps(value)) > LONGEST:
        return plain(value)
    if isinstance(value, dict):
        return {plain(key): data(one) for key, one in value.items()}
    return [data(one) for one in value] if isinstance(value, list) else value


def job(body: Mapping[str, Any]) -> dict[str, Any]:
    """A task's body as an agent reads it."""
    return {"job": plain(body["task_id"]), **fields(body)}


def log_line(one: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a log, without the traceback that logging has added to it."""
    text = str(one["text"]).partition("Traceback (most recent call last):")[0]
    return {**fields(one, ("id", "time", "level")), "text": plain(text)}


def line(body: Mapping[str, Any]) -> str:
    """A task in one line, without any text that a user or a job wrote."""
    named = f"job {body['task_id']}" if _SAFE_ID.fullmatch(body["task_id"]) else "the job"
    status, cause = body["status"], body.get("error_cause")
    if body.get("unread"):
        return f'{named}: {status}, and then the API stopped answering; read it with the tool "job"'
    if status not in ("completed", "error", "cancelled"):
        done = f"{body['progress']['percentage']:g} %"
        return f'{named}: {status}, {done}; it continues, read it with the tool "job"'
    ended = f"{named}: {status}" + (f" ({plain(cause)})" if cause else "")
    return ended if body["final"] else f"{ended}; it may still run again"


def tool_names(jobs: Iterable[str], own: Iterable[str]) -> dict[str, str]:
    """The jobs by the names of their tools. A name that is none for a tool is replaced by a
    similar one; where two would be the same, or a tool has it, a digest of the job's is added."""
    similar = {name: _NO_NAME.sub("_", name)[:_LONGEST_NAME] for name in jobs}
    taken = Counter([*similar.values(), *own])
    return {
        short if taken[short] == 1 else f"{short}_{_digest(name)}": name
        for name, short in similar.items()
    }


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
