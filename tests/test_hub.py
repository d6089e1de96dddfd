"""Mailboxes keep the newest item, and the hub brings items to all who joined."""

from __future__ import annotations

import asyncio

import pytest

from progress_backend.hub import AT_ONCE, Hub, HubClosed


async def test_all_who_joined_get_what_is_published() -> None:
    hub: Hub[int] = Hub()
    one, two, other = hub.join("a"), hub.join("a"), hub.join("b")
    hub.publish("a", 1)
    assert (await one.get(), await two.get()) == (1, 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await other.get()


async def test_the_newest_wins() -> None:
    hub: Hub[int] = Hub()
    mailbox = hub.join("a")
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
    mailbox = hub.join("a")
    waiting = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    hub.publish("a", 1)
    assert await mailbox.get() == 1


async def test_leaving() -> None:
    hub: Hub[int] = Hub()
    one, two = hub.join("a"), hub.join("a")
    assert hub.listeners() == 2
    assert hub.leave("a", one) is True
    assert hub.leave("a", one) is True  # a second time harms nobody
    assert hub.leave("a", two) is False
    assert (hub.listeners(), list(hub.topics())) == (0, [])
    hub.publish("a", 1)  # nobody listens


async def test_closing_wakes_everybody_and_turns_newcomers_away() -> None:
    hub: Hub[int] = Hub()
    mailbox = hub.join("a")
    waiting = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    hub.close()
    with pytest.raises(HubClosed):
        await waiting
    with pytest.raises(HubClosed):
        await hub.join("b").get()


class Kept:
    """A receiver that keeps what it gets."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def put(self, item: int) -> None:
        self.items.append(item)

    def close(self) -> None:
        self.items.append(-1)


async def test_very_many_get_an_item_in_turns_and_each_in_order() -> None:
    hub: Hub[int] = Hub()
    receivers = [Kept() for _ in range(3 * AT_ONCE)]
    for receiver in receivers:
        hub.add("a", receiver)
    hub.publish("a", 1)
    # Other work goes on before all have it.
    assert [r.items for r in receivers[AT_ONCE - 1 : AT_ONCE + 1]] == [[1], []]
    hub.publish("a", 2)  # nobody gets it before what came first
    assert [receivers[0].items, receivers[-1].items] == [[1, 2], [1]]
    for _ in range(3):
        await asyncio.sleep(0)
    assert all(receiver.items == [1, 2] for receiver in receivers)
    hub.publish("a", 3)
    hub.leave("a", receivers[-1])
    for _ in range(3):
        await asyncio.sleep(0)
    assert [receivers[-2].items, receivers[-1].items] == [[1, 2, 3], [1, 2]]
    hub.publish("a", 4)
    for receiver in receivers:
        hub.leave("a", receiver)
    await asyncio.sleep(0)
    assert (receivers[0].items[-1], receivers[-2].items[-1]) == (4, 3)
