"""The terminal as a client of an API that asks for tokens; it knows no store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner, Result

from progress_backend import tokens
from progress_backend.cli import main
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

READ, WRITE = tokens.new("reader", "read"), tokens.new("writer", "write")
Run = Callable[..., Result]


@pytest.fixture
def records(redis_url: str) -> Records:
    records = Records(redis_url, locale="en")
    records.start("job-one")
    records.create("job-two")
    records.member("member", "the-workflow")
    return records


@pytest.fixture
def api(records: Records, start_api: StartApi) -> RunningApi:
    lines = tuple(token.line() for _, token in (READ, WRITE))
    return start_api(redis_url=records.settings.redis_url, tokens=lines, locale="en")


@pytest.fixture
def run(api: RunningApi) -> Run:
    def call(*args: str, token: str | None = WRITE[0]) -> Result:
        env = {"PROGRESS_LOCALE": "en", "PROGRESS_REDIS_URL": "", "PROGRESS_TOKEN": token}
        url = f"http://127.0.0.1:{api.port}"
        return CliRunner().invoke(main, [*args, "--url", url], env=env)

    return call


def test_tasks_are_listed_and_shown(run: Run, api: RunningApi, records: Records) -> None:
    listed = run("tasks", "--type", "fetch_data")
    assert listed.exit_code == 0, listed.output
    assert "job-one" in listed.stdout
    assert f"http://127.0.0.1:{api.port}" in listed.stdout
    bodies = json.loads(run("tasks", "--json", "--status", "running").stdout)
    assert [body["task_id"] for body in bodies["tasks"]] == ["job-one"]
    assert bodies["summary"]["running"] == 1
    assert "job-one" in run("show", "job-on").stdout
    assert json.loads(run("show", "job-one", "--json").stdout)["status"] == "running"
    assert "the-workflow" in run("tasks", "--top").stdout
    records.start("job-one-more")
    ambiguous = run("show", "job-on")
    assert (ambiguous.exit_code, "2 task ids start with" in ambiguous.output) == (1, True)
    unknown = run("show", "nobody")
    assert (
        unknown.output
        == "Error: Task nobody not found (the command tasks lists what is recorded)\n"
    )


@pytest.mark.parametrize(
    ("token", "args", "says"),
    [
        (None, ["tasks"], "requires a token (--token, PROGRESS_TOKEN): send a token"),
        ("pb_wrong", ["show", "job-one"], "requires a token (--token, PROGRESS_TOKEN): this"),
        ("READ", ["cancel", "job-one"], "does not allow it: this token may read, not write"),
        (None, ["workers"], "requires a token"),
        (None, ["watch", "job-one"], "requires a token"),
        ("schlüssel", ["tasks"], "the token has characters that cannot be sent"),
    ],
)
def test_a_refusal_is_printed_in_one_line(
    run: Run, records: Records, token: str | None, args: list[str], says: str
) -> None:
    done = run(*args, token=READ[0] if token == "READ" else token)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert says in done.output
    assert done.output.count("\n") == 1
    assert records.get("job-one").status == "running"


def test_an_option_names_the_token_too(run: Run) -> None:
    assert run("tasks", "--token", READ[0], token=None).exit_code == 0


def test_a_server_that_is_no_api_is_one_line() -> None:
    """Such as a proxy that answers with its log-in page."""

    class LogIn(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Log in</title>")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), LogIn) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for words in (("tasks",), ("workers",), ("logs", "job-one")):
            result = CliRunner().invoke(main, [*words, "--url", url])
            assert result.exit_code == 1, result.output
            assert result.output == f"Error: {url} is not an API: it responds with text/html\n"
        server.shutdown()
