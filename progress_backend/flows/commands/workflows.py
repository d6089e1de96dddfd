"""Commands about workflows: their figures, members and publishes in progress, and those that are
quiet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FiguresOf:
    """-> Figures: a workflow's counts; all are 0 where no member is stored."""

    workflow_id: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class FiguresOfEach:
    """-> list[Figures]: the counts of several workflows, in order."""

    workflow_ids: tuple[str, ...]
    now_ms: int


@dataclass(frozen=True, slots=True)
class OwnedIn:
    """-> tuple[int, int]: how many members a workflow has, and how many of them are one owner's."""

    workflow_id: str
    owner: str


@dataclass(frozen=True, slots=True)
class Publishing:
    """-> None: a publish that may add members to a workflow goes on, for `ttl_ms` at most after
    `now_ms`; 0 ends it."""

    workflow_id: str
    token: str
    now_ms: int
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """-> list[str]: ids of workflows with planned members that had no commit since a time, the
    longest quiet first."""

    before_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class Looked:
    """-> None: a quiet workflow was looked at; it is looked at again once it is quiet since
    `at_ms`."""

    workflow_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Oldest:
    """-> list[tuple[int, str]]: creation times (µs), after `after_us`, and ids of a workflow's
    members with a status, oldest first."""

    workflow_id: str
    #: None: of the planned ones.
    status: str | None
    limit: int
    after_us: int = 0
