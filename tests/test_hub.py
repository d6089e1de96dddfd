"""Mailboxes keep the newest item, and the hub brings items to all who joined."""

from __future__ import annotations

import asyncio

import pytest

from progress_backend.hub import Hub, HubClosed


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
