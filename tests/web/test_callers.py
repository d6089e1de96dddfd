"""Where no token is asked for, and what happens to those who watch when a token is revoked."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from progress_backend.credentials import tokens
from progress_backend.settings import Settings
from progress_backend.web.callers import HINT, Callers
from progress_backend.web.request_token import presented
from progress_backend.web.rights import Refusal, Resource
from tests.records import Records
from tests.waiting import PATIENCE_S, eventually
from tests.web.conftest import StartApi
from tests.web.test_websockets import closed, received

TASK = Resource("task", "job")
TEXT, TOKEN = tokens.new("one", "read")


async def not_owner(*_: str) -> bool:
    return False


async def no_record(_: str) -> bytes | None:
    raise AssertionError("nothing has to be read")


def scope(server: tuple[str, int | None] | None, **more: Any) -> dict[str, Any]:
    return {"type": "http", "server": server, "headers": [], "query_string": b"", **more}


HERE = ("127.0.0.1", 8004)
PROXIED = [(b"x-forwarded-for", b"192.0.2.2")]


@pytest.mark.parametrize(
    ("server", "headers", "passes"),
    [
        (HERE, [], True),
        (HERE, PROXIED, False),
        (("/run/progress.sock", None), [], True),
        (("/run/progress.sock", None), PROXIED, False),
        (("10.0.0.5", 8004), [], False),
    ],
)
async def test_without_tokens_this_machine_alone_is_answered(
    server: tuple[str, int | None], headers: list[tuple[bytes, bytes]], passes: bool
) -> None:
    """What comes from this machine: test_loopback."""
    asked = scope(server, client=None if server[1] is None else (server[0], 1), headers=headers)
    refusal = await Callers(Settings()).refusal(asked, "cancel", TASK, no_record, not_owner)
    assert refusal == (None if passes else Refusal(403, HINT))
    # A share token may be sent to this one, so it is asked for.
    shared = Callers(Settings(signing_keys=("k" * 32,)))
    refusal = await shared.refusal(asked, "read", TASK, no_record, not_owner)
    assert (refusal and refusal.status) == (None if passes else 401)
    trusting = Callers(Settings(), trusted=True)
    assert await trusting.refusal(asked, "read", TASK, no_record, not_owner) is None
    # A token is asked for everywhere.
    with_tokens = Callers(Settings(tokens=(TOKEN.line(),)), trusted=True)
    refused = await with_tokens.refusal(asked, "read", TASK, no_record, not_owner)
    assert refused.status == 401


@pytest.mark.parametrize(
    ("headers", "subprotocols", "text"),
    [
        ([(b"authorization", b"Bearer abc")], (), "abc"),
        ([(b"authorization", b"bearer  abc ")], (), "abc"),
        ([(b"authorization", b"Basic abc")], (), None),
        ([(b"authorization", b"Basic abc")], ("progress-backend", "token.abc"), "abc"),
        ([], ("progress-backend",), None),
        ([], (), None),
    ],
)
def test_where_a_token_stands(
    headers: list[tuple[bytes, bytes]], subprotocols: tuple[str, ...], text: str | None
) -> None:
    assert presented(scope(None, headers=headers, subprotocols=list(subprotocols))) == text


async def test_a_revoked_token_ends_sockets_and_streams(
    redis_url: str, start_api: StartApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.web.callers._LOOK_S", 0.1)
    monkeypatch.setattr("progress_backend.credentials.file_version.LOOK_S", 0.1)
    records = Records(redis_url)
    records.start("job")
    path = tmp_path / "tokens"
    tokens.write_file(path, [TOKEN, kept := tokens.new("two", "read")[1]])
    api = start_api(redis_url=redis_url, tokens_file=str(path))
    sent = {"Authorization": f"Bearer {TEXT}"}

    def stream() -> tuple[str, int]:
        with api.http.stream("GET", "/internal/task/job/events", headers=sent) as answer:
            text = "".join(answer.iter_text())
        return text, api.http.get("/internal/task/job/events", headers=sent).status_code

    async with (
        api.watch("job", additional_headers=sent) as one,
        api.socket("tasks", additional_headers=sent) as all_,
    ):
        streaming = asyncio.create_task(asyncio.to_thread(stream))
        assert (await received(one))["status"] == "running"
        await asyncio.to_thread(
            eventually, lambda: api.app.state.progress.listener.watches.receivers["task"] == 2
        )
        tokens.write_file(path, [], removed=["one"])
        assert await closed(one) == 4401
        assert "revoked" in str(one.close_reason)
        assert await closed(all_) == 4401
        text, again = await streaming
    assert "progress_update" in text or "task_" in text
    assert again == 401
    assert tokens.read_file(path) == (kept,)
    eventually(
        lambda: not api.app.state.progress.listener.watches.receivers["task"], what="all have left"
    )


async def test_a_look_at_tokens_that_fails_is_not_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.web.callers._LOOK_S", 0.01)
    callers = Callers(Settings(tokens=(TOKEN.line(),)))
    sent = scope(None, headers=[(b"authorization", f"Bearer {TEXT}".encode())])
    assert await callers.refusal(sent, "list", Resource("tasks"), no_record, not_owner) is None
    ends, ended, still = list[str](), asyncio.Event(), iter([OSError(), False, False])

    def looked(_: tokens.Token) -> bool:
        found = next(still)
        if isinstance(found, OSError):
            raise found
        return found

    def fails_once() -> None:
        ends.append("failed" if not ends else "ended")
        if len(ends) == 1:
            raise OSError
        ended.set()

    monkeypatch.setattr(callers.tokens, "still", looked)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    callers.watch(sent, fails_once)
    async with asyncio.timeout(PATIENCE_S):
        await ended.wait()
    assert ends == ["failed", "ended"]
    monkeypatch.undo()
    callers.watch(sent, fails_once)()  # a stream that ends by itself, and another one after it
    assert callers._next_look is not None


@pytest.mark.parametrize("setting", ["metrics", "docs"])
def test_metrics_and_description_have_a_switch_each(
    redis_url: str, start_api: StartApi, setting: str
) -> None:
    api = start_api(redis_url=redis_url, **{setting: False})
    answers = {
        path: api.http.get(path).status_code for path in ("/metrics", "/docs", "/openapi.json")
    }
    off = {"metrics": ["/metrics"], "docs": ["/docs", "/openapi.json"]}[setting]
    assert answers == {path: 404 if path in off else 200 for path in answers}
