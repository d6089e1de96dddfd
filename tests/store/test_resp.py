"""A subscriber's replies, however the bytes come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import InvalidResponse, NoPermissionError, NoScriptError, ReadOnlyError

from progress_backend.store import resp
from progress_backend.store.resp import Replies

SENT = (
    b"+PONG\r\n"
    b"*3\r\n$9\r\nsubscribe\r\n$13\r\ntask_update:a\r\n:1\r\n"
    b"*3\r\n$7\r\nmessage\r\n$13\r\ntask_update:a\r\n$9\r\n{\r\n*3\r\n}\xff\r\n"
    b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
    b"*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n"
    b"*3\r\n*0\r\n*2\r\n*1\r\n:7\r\n*-1\r\n*1\r\n$1\r\na\r\n"
)
MEANT = [
    b"PONG",
    [b"subscribe", b"task_update:a", 1],
    [b"message", b"task_update:a", b"{\r\n*3\r\n}\xff"],
    [b"pong", b""],
    [b"unsubscribe", None, 0],
    [[], [[7], None], [b"a"]],
]


@given(st.lists(st.integers(0, len(SENT)), max_size=12).map(sorted))
def test_replies_come_whole_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    replies = Replies()
    read = []
    for start, end in zip([0, *cuts], [*cuts, len(SENT)], strict=True):
        read += replies.feed(SENT[start:end])
    assert read == MEANT


def test_a_refusal_is_a_reply_among_others() -> None:
    sent = b"+OK\r\n-NOPERM no\r\n*2\r\n:1\r\n-READONLY no\r\n-NOSCRIPT none\r\n:2\r\n"
    ok, refused, (one, nested), unknown, two = Replies().feed(sent)
    assert (ok, one, two) == (b"OK", 1, 2)
    assert type(refused) is NoPermissionError
    assert str(refused) == "NOPERM no"
    assert isinstance(nested, ReadOnlyError)
    assert isinstance(unknown, NoScriptError)


def test_what_is_no_reply_is_refused() -> None:
    with pytest.raises(InvalidResponse, match="got .H. as reply type"):
        list(Replies().feed(b"HTTP/1.1 400 Bad Request\r\n"))


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
    read = [
        reply
        for start in range(0, len(sent), 64)
        for reply in replies.feed(sent[start : start + 64])
    ]
    assert read == [[b"x" * 9000] * 100]
