"""Commands about requests for whole workflows: a cancel, pause or resume of all members."""

from __future__ import annotations

from dataclasses import dataclass

from ...record.act import Act


@dataclass(frozen=True, slots=True)
class Direct:
    """-> Act | None: stores a request about all members of a workflow, with which their commits are
    compared from then on; the request that stands instead, where that is a cancel or newer."""

    workflow_id: str
    act: Act
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class DropAct:
    """-> None: deletes a workflow's request: its canvas was sent again."""

    workflow_id: str
    act_id: str


@dataclass(frozen=True, slots=True)
class Acts:
    """-> list[tuple[str, str]]: ids of requests that are not carried out yet, and of their
    workflows, oldest first."""

    limit: int


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """-> None: a request is carried out."""

    workflow_id: str
    act_id: str
