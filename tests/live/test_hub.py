"""Mailboxes keep the newest item, and the hub brings items to all who joined."""

from __future__ import annotations

import asyncio

import pytest

from progress_backend.live.hub import AT_ONCE, Hub, HubClosed, Mailbox


def join(hub: Hub[int], topic: str) -> Mailbox[int]:
    mailbox: Mailbox[int] = Mailbox(hub.counts)
    hub.add(topic, mailbox)
    return mailbox


async def test_the_newest_wins() -> None:
    hub: Hub[int] = Hub()
    mailbox = join(hub, "a")
    for item in range(1000):
        hub.publish("a", item)
    assert await mailbox.get() == 999
    waiting = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    hub.publish("a", 7)
    hub.publish("a", 8)
    assert await waiting == 8


async def test_a_listener_that_gave_up_waiting_misses_nothing() -> None:
    hub: Hub[int] = Hub()
    mailbox = join(hub, "a")
    waiting = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    hub.publish("a", 1)
    assert await mailbox.get() == 1


async def test_closing_wakes_everybody_and_turns_newcomers_away() -> None:
    hub: Hub[int] = Hub()
    mailbox = join(hub, "a")
    waiting = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    hub.close()
    with pytest.raises(HubClosed):
        await waiting
    with pytest.raises(HubClosed):
        await join(hub, "b").get()


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
def crowd() -> tuple[Hub[int], list[Kept]]:
    hub: Hub[int] = Hub()
    receivers = [Kept() for _ in range(3 * AT_ONCE)]
    for receiver in receivers:
        hub.add("a", receiver)
    return hub, receivers


async def test_very_many_get_an_item_in_turns(crowd) -> None:
    hub, receivers = crowd
    hub.publish("a", 1)
    # Other work goes on before all have it.
    assert [r.items for r in receivers[AT_ONCE - 1 : AT_ONCE + 1]] == [[1], []]
    await turns(2)
    assert all(receiver.items == [1] for receiver in receivers)
    hub.publish("a", 2)
    hub.leave("a", receivers[-1])
    await turns(2)
    assert [receivers[-2].items, receivers[-1].items] == [[1, 2], [1]]


async def test_who_waits_for_an_item_gets_the_newer_one_first(crowd) -> None:
    hub, receivers = crowd
    hub.publish("a", 1)
    hub.publish("a", 2)  # one turn's work, however many still wait
    assert [r.items for r in receivers[::AT_ONCE]] == [[1], [2], []]
    await turns(1)
    assert [receivers[0].items, receivers[-1].items] == [[1], [2]]
    await turns(2)
    assert [receivers[0].items, receivers[-1].items] == [[1, 2], [2]]
    assert hub.counts.dropped == 2 * AT_ONCE


async def test_items_without_end_reach_the_last_one_too(crowd) -> None:
    hub, receivers = crowd
    for item in range(9):
        hub.publish("a", item)
    assert {len(receiver.items) for receiver in receivers} == {3}


@pytest.mark.parametrize("others", [3, AT_ONCE + 3])
async def test_a_receiver_that_raises_is_closed_and_hinders_no_other(
    others: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Mailbox[int]):
        def put(self, item: int) -> None:
            raise KeyError(item)

    hub: Hub[int] = Hub()
    broken = Broken(hub.counts)
    hub.add("a", broken)
    mailboxes = [join(hub, "a") for _ in range(others)]
    for item in (1, 2):
        hub.publish("a", item)
    await asyncio.sleep(0)  # the turn in which the last of very many get it
    assert [await mailbox.get() for mailbox in mailboxes] == [2] * others
    with pytest.raises(HubClosed):
        await broken.get()
    (line,) = caplog.records
    assert line.getMessage() == "a watcher of a task did not take an update and is closed"
    assert line.exc_info is not None
