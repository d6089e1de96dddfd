"""Error replies, data that is no reply, and the longest reply."""

import pytest
from redis.exceptions import InvalidResponse, NoPermissionError, NoScriptError, ReadOnlyError

from progress_backend.store import resp
from progress_backend.store.resp import Replies


def test_a_refusal_is_a_reply_among_others() -> None:
    sent = b"+OK\r\n-NOPERM no\r\n*2\r\n:1\r\n-READONLY no\r\n-NOSCRIPT none\r\n:2\r\n"
    ok, refused, (one, nested), unknown, two = Replies().feed(sent)
    assert (ok, one, two) == (b"OK", 1, 2)
    assert type(refused) is NoPermissionError
    assert str(refused) == "NOPERM no"
    assert isinstance(nested, ReadOnlyError)
    assert isinstance(unknown, NoScriptError)


def test_a_reply_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resp, "LONGEST", 1000)
    replies = Replies()
    assert list(replies.feed(b"$2000\r\n" + b"x" * 900)) == []
    with pytest.raises(InvalidResponse):
        list(replies.feed(b"x" * 900))


def test_a_page_of_many_large_documents_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them is bounded, their sum is not."""
    monkeypatch.setattr(resp, "LONGEST", 10_000)
    document = b"$9000\r\n" + b"x" * 9000 + b"\r\n"
    sent, replies = b"*100\r\n" + document * 100, Replies()
    pieces = [sent[start : start + 64] for start in range(0, len(sent), 64)]
    assert [one for piece in pieces for one in replies.feed(piece)] == [[b"x" * 9000] * 100]
