"""Share tokens: what they permit, until when, and by which key."""

import re

import pytest

from progress_backend import Settings, SettingsError, sign
from progress_backend.credentials.share_tokens import BEGINS, MOST_TTL_S, Share, ShareTokens
from progress_backend.errors import InvalidEvent
from tests.clocks import Clock

OLD, NEW = "o" * 32, "n" * 32


def test_a_token_counts_until_it_expires() -> None:
    clock = Clock(1_000.0)
    shares = ShareTokens((NEW,), clock)
    share = Share("task", "job é/1", clock.time + 10)
    text = shares.sign(share)
    assert text.startswith(BEGINS)
    # Of characters that a WebSocket's subprotocol and a query take as they are.
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", text)
    assert shares.read(text) == share
    clock.time += 10
    assert shares.read(text) is None


def test_two_keys_count_while_they_are_rotated() -> None:
    by_old = sign(task_id="a", settings=Settings(signing_keys=(OLD,)))
    assert ShareTokens((NEW, OLD)).read(by_old) is not None
    by_both = sign(task_id="a", settings=Settings(signing_keys=(NEW, OLD)))
    assert ShareTokens((NEW,)).read(by_both) is not None
    assert ShareTokens((OLD,)).read(by_both) is None
    assert ShareTokens((NEW,)).read(by_old) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        # Of the last character two bits stand for nothing.
        lambda text: text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:],
        lambda text: text.removeprefix(BEGINS),
        lambda text: BEGINS + "." + text[len(BEGINS) :],
        lambda text: BEGINS,
        lambda text: text + "\0",
        lambda text: text + "é\udc80",
        lambda text: text * 50,
    ],
)
def test_what_was_changed_permits_nothing(change) -> None:
    text = sign(workflow_id="w", settings=Settings(signing_keys=(NEW,)))
    shares = ShareTokens((NEW,))
    assert shares.read(change(text)) is None
    assert shares.read(text) is not None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"task_id": "a", "workflow_id": "b"},
        {"task_id": ""},
        {"task_id": "a", "ttl": 0},
        {"task_id": "a", "ttl": MOST_TTL_S + 1},
        {"task_id": "a", "ttl": float("nan")},
    ],
)
def test_what_cannot_be_signed_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidEvent):
        sign(**given, settings=Settings(signing_keys=(NEW,)))  # type: ignore[arg-type]


def test_keys_are_needed_long_and_in_no_text_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROGRESS_SIGNING_KEYS", raising=False)
    with pytest.raises(SettingsError, match="PROGRESS_SIGNING_KEYS"):
        sign(task_id="a")
    with pytest.raises(SettingsError, match="less than 32") as raised:
        ShareTokens(("short-secret",))
    assert "short-secret" not in str(raised.value)
    assert NEW not in repr(Settings(signing_keys=(NEW,)))
    monkeypatch.setenv("PROGRESS_SIGNING_KEYS", f"{NEW},{OLD}")
    assert ShareTokens((NEW,)).read(sign(task_type="t")) is not None
