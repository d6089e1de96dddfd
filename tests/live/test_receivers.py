"""A topic's items reach all its receivers."""

import asyncio

import pytest

from progress_backend.live.receivers import AT_ONCE, DeliveryCounts, Receivers


class Kept:
    """A receiver that keeps what it gets."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def put(self, item: int) -> None:
        self.items.append(item)

    def close(self) -> None:
        self.items.append(-1)


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
def counts() -> DeliveryCounts:
    return DeliveryCounts()


@pytest.fixture
def crowd(counts: DeliveryCounts) -> tuple[Receivers[int], list[Kept]]:
    topic: Receivers[int] = Receivers(counts)
    receivers = [Kept() for _ in range(3 * AT_ONCE)]
    for receiver in receivers:
        topic.add(receiver, receiver.put)
    return topic, receivers


async def test_very_many_get_an_item_in_turns(crowd) -> None:
    topic, receivers = crowd
    topic.publish(1)
    # Other work goes on before all have it.
    assert [r.items for r in receivers[AT_ONCE - 1 : AT_ONCE + 1]] == [[1], []]
    await turns(2)
    assert all(receiver.items == [1] for receiver in receivers)
    topic.publish(2)
    topic.leave(receivers[-1])
    await turns(2)
    assert [receivers[-2].items, receivers[-1].items] == [[1, 2], [1]]


async def test_who_waits_for_an_item_gets_the_newer_one_first(crowd, counts) -> None:
    topic, receivers = crowd
    topic.publish(1)
    topic.publish(2)  # one turn's work, however many still wait
    assert [r.items for r in receivers[::AT_ONCE]] == [[1], [2], []]
    await turns(1)
    assert [receivers[0].items, receivers[-1].items] == [[1], [2]]
    await turns(2)
    assert [receivers[0].items, receivers[-1].items] == [[1, 2], [2]]
    assert counts.dropped == 2 * AT_ONCE


async def test_items_without_end_reach_the_last_one_too(crowd) -> None:
    topic, receivers = crowd
    for item in range(9):
        topic.publish(item)
    assert {len(receiver.items) for receiver in receivers} == {3}


@pytest.mark.parametrize("others", [3, AT_ONCE + 3])
async def test_a_receiver_that_raises_is_closed_and_hinders_no_other(
    others: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Kept):
        def put(self, item: int) -> None:
            raise KeyError(item)

    topic: Receivers[int] = Receivers(DeliveryCounts())
    broken, *receivers = [Broken(), *(Kept() for _ in range(others))]
    for each in (broken, *receivers):
        topic.add(each, each.put)
    for item in (1, 2):
        topic.publish(item)
    await turns(1)  # in which the last of very many get it
    assert [receiver.items[-1] for receiver in receivers] == [2] * others
    assert broken.items == [-1, -1]
    (line,) = caplog.records
    assert line.getMessage() == "a watcher of a task did not accept an update and is closed"
    assert line.exc_info is not None
