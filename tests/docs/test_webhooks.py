"""What the page on webhooks says, tried."""

from __future__ import annotations

import re

from progress_backend.record import webhook_target
from progress_backend.record.model import ENDED, KINDS
from progress_backend.record.webhook_schedule import ATTEMPTS, JITTER, PAUSES_S
from progress_backend.store.command_table import webhooks as table
from progress_backend.tracking import webhooks as thread
from progress_backend.webhooks import sender
from progress_backend.webhooks.answer import TIMEOUT_S
from progress_backend.webhooks.post import post
from tests.docs.reading import blocks, text_of
from tests.docs.walking import Walk
from tests.ports import free_port
from tests.waiting import eventually
from tests.webhooks.targets import SECRET, target

PAGE = "docs/webhooks.md"


def test_the_receiver_takes_an_event_once(walk: Walk) -> None:
    (written,) = blocks(PAGE, "What comes", "python")
    walk.write(written)
    port = free_port()
    walk.variables |= {"WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    service = walk.start("python receiver.py")
    event = b'{"id":"a:1:2:error","type":"progress.task.error","subject":"a"}'
    url = f"http://127.0.0.1:{port}/"
    eventually(lambda: post(target(url), "a:1:2:error", event).delivered)
    assert post(target(url), "a:1:2:error", event).delivered
    assert eventually(lambda: "progress.task.error a" in service.log)
    assert service.log.count("progress.task.error") == 1
    assert post(target(url, secret="whsec_" + "b" * 44), "a:1:2:error", event).status == 401


def test_the_target_that_is_shown_can_be_used() -> None:
    (shown, event) = blocks(PAGE, language="json")
    (found,) = webhook_target.read(shown.text)
    assert (found.name, found.status, found.remark) == ("ops", ("error",), ("stalled",))
    assert '"progress.task.completed"' in event.text


def test_the_table_of_fields_has_each() -> None:
    table = text_of(PAGE).partition("| Field |")[2].partition("Without `status`")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert named == ["name", "url", "secret", *webhook_target._READERS]
    for word in (*ENDED, *KINDS):
        assert f"`{word}`" in table


def test_the_numbers_are_the_codes() -> None:
    said = text_of(PAGE)
    units = {"s": 1, "min": 60, "h": 3_600}
    schedule = said.partition("sent again: after ")[2].partition(", each")[0]
    pauses = [int(n) * units[unit] for n, unit in re.findall(r"(\d+) (s|min|h)\b", schedule)]
    assert tuple(pauses) == PAUSES_S
    assert JITTER == 1 / 5
    assert f"After {ATTEMPTS} attempts" in said
    assert f"none within {TIMEOUT_S:.0f} seconds" in said
    assert f"{table.MOST:,} events wait at most, and {table.MOST_BYTES >> 20} MiB" in said
    assert f"{webhook_target.MOST} targets at most" in said
    assert (sender.LEASE_S, sender.STEP_S) == (60, 1)
    assert f"within {thread.LOCK_MS // 1000} seconds. They look" in said
    assert table._KEPT == 100
    assert table._KEPT_MS == 7 * 86_400_000
