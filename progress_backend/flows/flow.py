"""A flow: a generator that yields calls of a store, receives their replies and does no I/O; and
several flows that share round trips."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

from ..operations.call import Call, each
from ..operations.commits import CommitCall, commit_all

T = TypeVar("T")
Flow = Generator[Call[Any], object, T]


def together(flows: Sequence[Flow[T]]) -> Flow[list[T | Exception]]:
    """Runs several flows; returns each one's result or exception, in order. An exception in one
    does not end the others.

    An error of the store itself ends all of them, since any of the commits may have been done.
    """
    outcomes: dict[int, T | Exception] = {}
    asked: dict[int, Call[Any]] = {}

    def go_on(place: int, reply: object) -> None:
        try:
            flow = flows[place]
            asked[place] = flow.throw(reply) if isinstance(reply, Exception) else flow.send(reply)
        except StopIteration as end:
            outcomes[place] = end.value
        except Exception as error:  # ends this flow alone
            outcomes[place] = error

    for place in range(len(flows)):
        go_on(place, None)
    while asked:
        now, asked = asked, {}
        commits = {place: call.commit for place, call in now.items() if type(call) is CommitCall}
        if commits:
            committed = yield from commit_all(tuple(commits.values()))
            for place, reply in zip(commits, committed, strict=True):
                go_on(place, reply)
        calls = {place: call for place, call in now.items() if place not in commits}
        if calls:
            replies = yield from each([*calls.values()])
            for place, one in zip(calls, replies, strict=True):
                go_on(place, one)
    return [outcomes[place] for place in range(len(flows))]
